import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, FitOptions, History, ThreadRestart } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { createDataset, createModel, metricsOf } from '../cases.ts';
import { countInSummary, soakSeed, soakSize } from '../support/soak.ts';
import { describeSchedule, drawSchedule, drawTerminations, type FaultSchedule } from '../support/soakSchedules.ts';

/**
 * Random runs with random faults end in the bits of the same runs without. To repeat one alone: LOCKSTEP_SOAK_SEED as it
 * was, and LOCKSTEP_SOAK_ONLY the number in its title.
 */
const SCHEDULES = soakSize('FAULTS', 200);
/** Runs of many terminations each. */
const LONG_RUNS = soakSize('TERMINATED_RUNS', 12);
const TERMINATIONS = 40;
const ONLY = process.env['LOCKSTEP_SOAK_ONLY'];
const numbers = ONLY === undefined ? Array.from({ length: SCHEDULES }, (_, index) => index) : [Number(ONLY)];

const restarts: ThreadRestart[] = [];
let planned = 0;
let resumed = 0;

/** A run with its faults, and without. */
interface Compared {
  readonly title: string;
  readonly troubled: History;
  readonly untroubled: History;
}

async function train(schedule: FaultSchedule, options: Partial<FitOptions>): Promise<History> {
  const { network, optimizer, run } = schedule;
  const dataset = (rows: number, seed: number): Dataset => {
    const whole = createDataset(network, rows, seed);
    // `fingerprint` is an accessor, which a copy does not have.
    const { fingerprint, source } = whole;
    return schedule.parallel ? whole : { ...whole, fingerprint, source: { ...source, parallel: false } };
  };
  const validation = run.validationRows === 0 ? {} : { validation: dataset(run.validationRows, run.seed + 9) };
  return createModel(network, run.seed).fit(dataset(run.rows, run.seed), {
    ...{ loss: network.loss, optimizer: optimizer.create(), progress: false, ...schedule.options, ...validation },
    metrics: metricsOf(network),
    ...options,
  });
}

/** With all of its faults, and where the schedule says so in two parts, the second of which has them again. */
async function trainTroubled(schedule: FaultSchedule): Promise<History> {
  const { workers, faults, cut } = schedule;
  if (cut === null) return train(schedule, { workers, faults });
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-cut-'));
  try {
    const checkpoint = { directory, everySteps: 3 };
    const first = await train(schedule, { workers, faults, checkpoint, maxSteps: cut.steps });
    const second = await train(schedule, { workers: cut.workers, faults, checkpoint, resume: true });
    if (second.resumedFrom === null) throw new Error('the second part did not go on from the first');
    return { ...second, restarts: [...first.restarts, ...second.restarts] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** All of a history that must not depend on threads and what happens to them. */
function resultOf({ weightsHash, weightsHashes, metrics, steps, epochs, stoppedBy }: History): unknown {
  return { weightsHash, weightsHashes, metrics, steps, epochs, stoppedBy };
}

describe('random faults leave no trace in the result', () => {
  test.each(numbers)('schedule %i', async (number) => {
    const seed = soakSeed() * 1000 + number;
    const { title, troubled, untroubled } = await runBoth(seed, drawSchedule(seed));
    expect(resultOf(troubled), title).toEqual(resultOf(untroubled));
  });
});

/** Found by random schedules: it needs two faults that follow one another in one phase. */
describe.runIf(ONLY === undefined)('what once went wrong', () => {
  test('a thread that ends while it does what was lost', async () => {
    const schedule: FaultSchedule = {
      ...drawTerminations(1, 1),
      options: { batchSize: 64, epochs: 3, seed: 1 },
      faults: [
        // Loses a block that it has not begun to change. Its successor finds nothing left to claim, ends the phase, does what
        // was lost, and ends when a block is changed and not yet marked.
        { thread: 0, step: 2, action: 'exit', at: 'reduce' },
        { thread: 0, step: 2, action: 'exit', at: 'reduced' },
      ],
    };
    const { troubled, untroubled } = await runBoth(1, schedule);
    expect(resultOf(troubled)).toEqual(resultOf(untroubled));
    expect(troubled.restarts.map(({ place }) => kindOfPlace(place))).toEqual([
      'parameter phase, parameter blocks',
      'end of the parameter phase',
    ]);
  });
});

describe.runIf(ONLY === undefined)('threads that are terminated again and again leave no trace either', () => {
  test.each(Array.from({ length: LONG_RUNS }, (_, index) => index))('run %i', async (number) => {
    const seed = soakSeed() * 1000 + number;
    const { title, troubled, untroubled } = await runBoth(seed, drawTerminations(seed, TERMINATIONS));
    expect(resultOf(troubled), title).toEqual(resultOf(untroubled));
    // A thread that works on after it has asked for its end may pass the next fault, which then asks for the same end.
    expect(troubled.restarts.length, title).toBeGreaterThan(TERMINATIONS / 3);
  });
});

async function runBoth(seed: number, schedule: FaultSchedule): Promise<Compared> {
  const title = describeSchedule(seed, schedule);
  const untroubled = await train(schedule, { workers: 1 });
  const troubled = await trainTroubled(schedule).catch((error: unknown) => {
    throw new Error(title, { cause: error });
  });
  planned += schedule.faults.length * (schedule.cut === null ? 1 : 2);
  if (schedule.cut !== null) resumed++;
  restarts.push(...troubled.restarts);
  return { title, troubled, untroubled };
}

/** `step 14, compute phase, rows 128–255 (shard 0)` → `compute phase, rows`. */
function kindOfPlace(place: string): string {
  return /^step \d+(?:, ([^\d(]*[^\d( ]))?/.exec(place)?.[1] ?? 'inline';
}

function countBy<T>(list: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of list) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}

describe.runIf(ONLY === undefined)('the faults', () => {
  test('happened, each for what it is and in every phase of a step', () => {
    expect(restarts.length).toBeGreaterThan(planned / 4);
    const seconds = restarts.reduce((sum, restart) => sum + restart.seconds, 0) / restarts.length;
    const places = countBy(restarts, ({ place }) => kindOfPlace(place));
    const causes = countBy(restarts, ({ cause }) =>
      cause.replace(/.*no progress.*/, 'no progress').replace(/ at step \d+/, ''),
    );
    countInSummary('Faults', {
      schedules: numbers.length,
      resumed,
      'long runs': LONG_RUNS,
      planned,
      restarts: restarts.length,
      seconds: seconds.toFixed(3),
    });
    countInSummary('  places', places);
    countInSummary('  causes', causes);
    const terminated = restarts.filter(({ cause }) => cause === 'the thread was terminated');
    countInSummary(
      '  places of the terminated',
      countBy(terminated, ({ place }) => kindOfPlace(place)),
    );
    expect(terminated.length).toBeGreaterThan(restarts.length / 4);
    // A few schedules cannot reach everything.
    if (SCHEDULES < 100) return;
    for (const place of [
      ...['compute phase, rows', 'parameter phase, parameter blocks', 'update phase, parameter blocks'],
      ...['end of the compute phase', 'end of the parameter phase', 'loading its batch', 'inline'],
    ]) {
      expect(places[place], place).toBeGreaterThan(0);
    }
    // In the middle of the kernels that change weights in place, that is.
    const inKernels = countBy(terminated, ({ place }) => kindOfPlace(place));
    expect(inKernels['parameter phase, parameter blocks']).toBeGreaterThan(20);
    expect(inKernels['compute phase, rows']).toBeGreaterThan(20);
  });
});
