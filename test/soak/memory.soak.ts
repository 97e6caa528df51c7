import type { Fault } from '@lockstep/core';
import { expect, test } from 'vitest';
import { countInSummary, soakSize } from '../support/soak.ts';
import { memoryOf } from '../support/soakMemory.ts';

const STEPS = soakSize('STEPS', 100_000);
/** 80 bytes a step, of 80,000. */
const MOST_GROWTH = 6 * 2 ** 20;
/** With the garbage of all heaps, which V8 lets grow for as long as there is room. */
const MOST_PEAK_GROWTH = 24 * 2 ** 20;

test.each([
  { workers: 1, everySteps: null },
  { workers: 2, everySteps: null },
  { workers: 1, everySteps: 500 },
  { workers: 2, everySteps: 500 },
])(
  `memory stays flat for ${STEPS} steps, $workers workers, checkpoints every $everySteps steps`,
  async ({ workers, everySteps }) => {
    const { points, growth, peakGrowth, text, checkpoints } = await memoryOf(STEPS, workers, everySteps);
    countInSummary(`Memory, ${workers} workers, ${checkpoints} checkpoints, MiB after steps`, {});
    countInSummary(`  ${text}; growth`, {
      MiB: (growth / 2 ** 20).toFixed(1),
      'of the peak': (peakGrowth / 2 ** 20).toFixed(1),
    });
    expect(points.at(-1)!.steps).toBeGreaterThanOrEqual(STEPS);
    // Those that are due while one is being written are left out; these steps take microseconds.
    expect(checkpoints).toBeGreaterThanOrEqual(everySteps === null ? 0 : STEPS / everySteps / 20);
    expect(growth, text).toBeLessThan(MOST_GROWTH);
    expect(peakGrowth, text).toBeLessThan(MOST_PEAK_GROWTH);
  },
  60_000 + STEPS * 5,
);

const REPLACED = soakSize('REPLACED', 200);

test(
  `${REPLACED} threads that were replaced leave no memory behind`,
  async () => {
    const faults = Array.from({ length: REPLACED }, (_, index): Fault => {
      const action = (['terminate', 'throw', 'exit'] as const)[index % 3];
      return { thread: index % 2, step: 40 * index, action, at: 'compute' };
    });
    const { growth, text, restarts } = await memoryOf(40 * REPLACED, 2, null, faults);
    countInSummary(`Memory, ${restarts} threads replaced, MiB after steps`, {});
    countInSummary(`  ${text}; growth`, { MiB: (growth / 2 ** 20).toFixed(1) });
    // One that is terminated may come to the next fault before it ends.
    expect(restarts).toBeGreaterThan(REPLACED / 2);
    // A thread's heap alone takes more than that; those of one to three threads are there at any look.
    expect(growth, text).toBeLessThan(16 * 2 ** 20);
  },
  60_000 + REPLACED * 1000,
);
