import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildRun, runToEnd } from './childRun.ts';
import type { ChildEventName, ChildResult, ChildRunOptions } from './childRunOptions.ts';

/** Epochs of 70 steps and 68 of evaluation, so that the loader tells when steps of either have begun. */
const RUN = { sizes: [24, 160, 80, 6], rows: 2240, validationRows: 2176, seed: 21 } as const;
const FIT = { batchSize: 32, epochs: 15 } as const;

/** What the run must end in, whatever happens to it. */
export function undisturbed(): Promise<ChildResult> {
  return runToEnd({ ...RUN, fit: { ...FIT, workers: 1 } });
}

export interface Stopped {
  readonly result: ChildResult;
  readonly restarts: readonly unknown[];
  readonly warnings: readonly unknown[];
}

/** Stops the process for a while, as a laptop that sleeps does, after the `count`th such event, and lets it go on. */
export async function stopFor(
  seconds: number,
  at: { readonly event: ChildEventName; readonly count: number },
  fit: ChildRunOptions['fit'],
): Promise<Stopped> {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-stopped-'));
  const child = new ChildRun({ ...RUN, fit: { ...FIT, checkpoint: { directory, everySteps: 10 }, ...fit } });
  if (!(await child.reached(at.event, at.count))) throw new Error(`the run ended before ${at.event} ${at.count}`);
  child.kill('SIGSTOP');
  while (!child.isStopped()) await new Promise((resolve) => setImmediate(resolve));
  await sleep(seconds * 1000);
  if (child.has('done')) throw new Error(`the run had ended before it was stopped at ${at.event} ${at.count}`);
  child.kill('SIGCONT');
  const result = await child.result();
  rmSync(directory, { recursive: true });
  const { restarts } = child.events.at(-1)!;
  return { result, restarts: restarts!, warnings: child.events.filter(({ event }) => event === 'warning') };
}

/** Where a process is told to end. All but `starting` hold still there until it is told, so that it surely is there. */
export const PHASES = {
  starting: { event: 'fit', holds: false },
  'started, before the first step': { event: 'train begin', holds: true },
  stepping: { event: 'loading training', holds: true },
  evaluating: { event: 'loading evaluation', holds: true },
  'in onEpochEnd': { event: 'epoch end', holds: true },
  'opening a checkpoint': { event: 'file opened', holds: true },
  'writing a checkpoint': { event: 'file writing', holds: true },
  'renaming a checkpoint': { event: 'file renaming', holds: true },
  'removing an old checkpoint': { event: 'file removing', holds: true },
} as const satisfies Readonly<Record<string, { readonly event: ChildEventName; readonly holds: boolean }>>;
export type Phase = keyof typeof PHASES;

export interface Terminated {
  /** The last event of the terminated process. */
  readonly end: { readonly event: string; readonly message?: string | undefined };
  /** Files in the folder after that. */
  readonly files: readonly string[];
  /** Steps of the checkpoint from which the next process went on, 0 without. */
  readonly resumedAt: number;
  readonly result: ChildResult;
}

/** Sends SIGTERM in a phase, to a program that ends its run then; another process takes it up on `nextWorkers`. */
export async function terminateIn(phase: Phase, workers: number, nextWorkers: number): Promise<Terminated> {
  const { event, holds } = PHASES[phase];
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-terminated-'));
  const fit = { ...FIT, workers, checkpoint: { directory, everySteps: 10, keepLast: 1 } };
  const child = new ChildRun({ ...RUN, fit, ...(holds ? { holdAt: { event, count: 1 } } : {}) });
  if (!(await child.reached(holds ? 'holding' : event))) throw new Error(`the run ended before ${event}`);
  child.kill('SIGTERM');
  await child.ended;
  const end = child.events.at(-1)!;
  const files = readdirSync(directory);
  const next = new ChildRun({ ...RUN, fit: { ...fit, workers: nextWorkers, resume: true } });
  const result = await next.result();
  const resumedAt = next.events.find((one) => one.event === 'train begin')?.steps ?? -1;
  rmSync(directory, { recursive: true });
  return { end: { event: end.event, message: end.message }, files, resumedAt, result };
}
