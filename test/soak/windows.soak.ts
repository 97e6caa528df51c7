import type { Fault } from '@lockstep/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { liveWorkers } from '../support/liveWorkers.ts';
import { catchWarnings } from '../support/warnings.ts';
import { windowedDataset } from '../support/windowedDataset.ts';
import { OPTIONS, outcomeOf, train, untroubled, validationOf, windowedModel, WINDOWS } from '../support/windowedRun.ts';

/** Threads break at every point of runs whose rows come from windows. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

const STEPS = [0, 2, 5, 9];
const faults: readonly Omit<Fault, 'step'>[] = [
  ...(['throw', 'exit', 'terminate', 'loop'] as const).flatMap((action) =>
    (['start', 'chunk'] as const).map((at) => ({ thread: 'loader' as const, action, at })),
  ),
  ...(['throw', 'exit', 'terminate', 'loop'] as const).map((action) => ({
    ...{ thread: 'reader 1' as const, action, at: 'chunk' as const },
  })),
  ...(['throw', 'exit'] as const).flatMap((action) =>
    (['start', 'compute', 'computed', 'reduced', 'end'] as const).map((at, i) => ({ thread: i % 2, action, at })),
  ),
];

const runs = faults
  .flatMap((fault, f) =>
    WINDOWS.map((options, w) => ({ fault: { ...fault, step: STEPS[(f + w) % STEPS.length] }, options })),
  )
  .map((run) => ({
    ...run,
    title: `${run.fault.thread}: ${run.fault.action} at ${run.fault.at}, ${run.options.name}`,
  }));

const random = fc.record({
  chunkRows: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
  rowBytes: fc.integer({ min: 64, max: 2 ** 18 }),
  waits: fc.boolean(),
  sequential: fc.boolean(),
  batchSize: fc.integer({ min: 1, max: 60 }),
  shuffle: fc.boolean(),
  seed: fc.integer({ min: 0, max: 2 ** 40 }),
  workers: fc.integer({ min: 2, max: 4 }),
  readers: fc.integer({ min: 1, max: 4 }),
  validated: fc.boolean(),
  maxSteps: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
});

test('random windows have one hash on any number of workers and readers', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(random, async ({ chunkRows, rowBytes, waits, sequential, validated, maxSteps, ...drawn }) => {
      const { workers, readers, ...own } = drawn;
      const dataset = windowedDataset({ chunkRows, rowBytes, waits, sequential });
      const options = {
        ...{ ...own, shards: 'auto' as const, ...(maxSteps === undefined ? {} : { maxSteps }) },
        ...(validated ? { validation: windowedDataset({ chunkRows: [5, 17], waits }) } : {}),
      };
      expect(await train(dataset, { ...options, workers, readers })).toEqual(
        await train(dataset, { ...options, workers: 1 }),
      );
    }),
    { numRuns: 60 },
  );
});

test.each(runs)('$title', async ({ fault, options }) => {
  const history = await windowedModel().fit(windowedDataset(options), {
    ...{ ...OPTIONS, validation: validationOf(options), workers: 2, readers: 2 },
    ...{ faults: [fault], maxWorkerRestarts: 5, stepTimeout: 6 },
  });
  expect((await takeWarnings()).length).toBe(history.restarts.length);
  expect(outcomeOf(history)).toEqual(await untroubled(options));
  expect(liveWorkers()).toBe(0);
});
