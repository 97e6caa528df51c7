import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '@lockstep/core';
import { expect } from 'vitest';
import { ChildRun, runToEnd } from './childRun.ts';
import type { ChildEventName, ChildRunOptions } from './childRunOptions.ts';
import { Choices } from './soak.ts';

const KEEP_LAST = 2;

/**
 * Events at which a process is killed, and how many of them may pass before. A checkpoint is being written most of the
 * time, so that those of files come again and again; the others are rare.
 */
const MOMENTS: readonly { readonly event: ChildEventName; readonly most: number }[] = [
  { event: 'ready', most: 1 },
  { event: 'fit', most: 1 },
  { event: 'train begin', most: 1 },
  { event: 'epoch end', most: 3 },
  { event: 'loading training', most: 2 },
  { event: 'loading evaluation', most: 2 },
  { event: 'file writing', most: 100 },
  ...(['file opened', 'file synced', 'file renaming', 'file renamed'] as const).map((event) => ({
    ...{ event, most: 12 },
  })),
  { event: 'file removing', most: 12 },
  { event: 'checkpoint', most: 12 },
];

export interface KillCounts {
  kills: number;
  runs: number;
  /** Kills by the event that they followed. */
  readonly moments: Record<string, number>;
  /** Kills that left a temporary file behind. */
  leftHalf: number;
  resumed: number;
  /** Processes in which a thread was replaced. */
  replaced: number;
}

/** 69 steps an epoch. */
function describeRun(seed: number, epochs: number): ChildRunOptions {
  const draw = new Choices(seed);
  return {
    ...{ sizes: [20, draw.between(60, 300), draw.between(30, 100), 5], rows: 2200, validationRows: 2100, seed },
    fit: {
      ...{ batchSize: 32, epochs },
      ...(draw.chance(0.4) ? { gradientClipNorm: 0.5 } : {}),
      ...(draw.chance(0.4) ? { accumulateGradBatches: 3 } : {}),
    },
  };
}

/**
 * Kills runs at random moments, resuming each with another number of workers until it ends, and compares it with the same
 * run left alone. Another run begins when one has ended before there were enough kills.
 */
export async function killRuns(kills: number, seed: number, epochs: number): Promise<KillCounts> {
  const counts: KillCounts = { kills: 0, runs: 0, moments: {}, leftHalf: 0, resumed: 0, replaced: 0 };
  while (counts.kills < kills) {
    await killRun(kills, describeRun(seed * 1000 + counts.runs, epochs), counts);
  }
  return counts;
}

async function killRun(most: number, run: ChildRunOptions, counts: KillCounts): Promise<void> {
  const draw = new Choices(run.seed);
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-killed-'));
  const title = `run ${counts.runs}: ${JSON.stringify(run)}`;
  const history: string[] = [];
  counts.runs++;
  const untroubled = await runToEnd({ ...run, fit: { ...run.fit, workers: 2 } });
  for (;;) {
    const workers = draw.between(1, 8);
    const checkpoint = { directory, everySteps: 2, keepLast: KEEP_LAST, keepBest: 'valLoss' };
    // Some lose a thread as well, at once or a while later.
    const fault: Fault = {
      ...{ thread: draw.below(workers), step: draw.below(1000), action: 'terminate' },
      at: draw.pick(['compute', 'reduce', 'end']),
    };
    const faults = draw.chance(0.4) ? [fault] : [];
    const options = { ...run, fit: { ...run.fit, workers, checkpoint, resume: true, faults } };
    const { child, moment } = await startAndKill(options, counts.kills < most ? draw : null);
    const { signal } = await child.ended;
    history.push(`${workers} workers, ${moment}: ${signal ?? 'ended'}`);
    const message = `${title}\n${history.join('\n')}`;
    // A file is renamed into its place when it is whole: no kill ever leaves a torn one under a checkpoint's name.
    expect(
      child.events.filter(({ code }) => code === 'LOCKSTEP_CHECKPOINT_SKIPPED'),
      message,
    ).toEqual([]);
    const temporary = readdirSync(directory).filter((name) => name.endsWith('.tmp'));
    // Those of earlier kills are gone when training begins.
    if (child.has('train begin')) expect(temporary.length, message).toBeLessThanOrEqual(1);
    if (child.events.some(({ event, steps = 0 }) => event === 'train begin' && steps > 0)) counts.resumed++;
    if (child.events.some(({ code }) => code === 'LOCKSTEP_THREAD_REPLACED')) counts.replaced++;
    if (signal === 'SIGKILL') {
      counts.kills++;
      counts.moments[moment.split(' +')[0]] = (counts.moments[moment.split(' +')[0]] ?? 0) + 1;
      if (temporary.length > 0) counts.leftHalf++;
      continue;
    }
    expect(await child.result(), message).toEqual(untroubled);
    expect(temporary, message).toEqual([]);
    // The newest, and the best one.
    expect(readdirSync(directory).length, message).toBeLessThanOrEqual(KEEP_LAST + 1);
    rmSync(directory, { recursive: true });
    return;
  }
}

/** Starts a run and kills it at a moment that `draw` chooses; null: lets it end. The moment may never come. */
async function startAndKill(
  options: ChildRunOptions,
  draw: Choices | null,
): Promise<{ readonly child: ChildRun; readonly moment: string }> {
  if (draw === null) return { child: new ChildRun(options), moment: 'left alone' };
  const { event, most } = draw.pick(MOMENTS);
  const count = draw.between(1, most);
  if (draw.chance(0.5)) {
    // By itself, at once or a moment later, while its threads and the system go on.
    const spinMicroseconds = draw.chance(0.5) ? 0 : draw.below(2000);
    const child = new ChildRun({ ...options, dieAt: { event, count, spinMicroseconds } });
    return { child, moment: `${event} + ${count}th, ${spinMicroseconds} µs later, by itself` };
  }
  // From outside, while all of it goes on.
  const milliseconds = event === 'ready' || event === 'fit' ? draw.below(300) : draw.below(8);
  const child = new ChildRun(options);
  if (await child.reached(event, count)) {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
    child.kill('SIGKILL');
  }
  return { child, moment: `${event} + ${count}th, ${milliseconds} ms later` };
}
