import type { Fault } from '@lockstep/core';
import { expect, test } from 'vitest';
import { liveWorkers } from '../support/liveWorkers.ts';
import { catchWarnings } from '../support/warnings.ts';
import { windowedDataset } from '../support/windowedDataset.ts';
import { OPTIONS, outcomeOf, untroubled, validationOf, windowedModel, WINDOWS } from '../support/windowedRun.ts';

/** Threads break at every point of runs whose rows come from windows. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

const STEPS = [0, 2, 5, 9];
const faults: readonly Omit<Fault, 'step'>[] = [
  ...(['throw', 'exit', 'terminate', 'loop'] as const).flatMap((action) =>
    (['start', 'chunk'] as const).map((at) => ({ thread: 'loader' as const, action, at })),
  ),
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

test.each(runs)('$title', async ({ fault, options }) => {
  const history = await windowedModel().fit(windowedDataset(options), {
    ...{ ...OPTIONS, validation: validationOf(options), workers: 2 },
    ...{ faults: [fault], maxWorkerRestarts: 5, stepTimeout: 2 },
  });
  expect((await takeWarnings()).length).toBe(history.restarts.length);
  expect(outcomeOf(history)).toEqual(await untroubled(options));
  expect(liveWorkers()).toBe(0);
});
