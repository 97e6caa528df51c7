import { expect, test } from 'vitest';
import { countInSummary, soakSize } from '../support/soak.ts';
import { memoryOf } from '../support/soakMemory.ts';

const STEPS = soakSize('STEPS', 100_000);
/** Less than 40 bytes a step. */
const MOST_GROWTH = 4 * 2 ** 20;
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
