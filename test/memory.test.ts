import { dense, LockstepError, sequential } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { reportingDataset } from './support/childRunSource.ts';
import { memoryOf } from './support/soakMemory.ts';

const MEBIBYTE = 2 ** 20;

describe('the memory of a process stays as it is after a warm-up', () => {
  const STEPS = 5000;

  // The soak takes twenty times as many. A kibibyte lost in each step would be seen here, as 4 MiB beside than V8's own growth.
  test.each([
    { workers: 1, everySteps: null },
    { workers: 2, everySteps: null },
    { workers: 2, everySteps: 500 },
  ])('$workers workers, checkpoints every $everySteps steps', async ({ workers, everySteps }) => {
    const { points, growth, text, checkpoints } = await memoryOf(STEPS, workers, everySteps);
    expect(points.at(-1)?.steps).toBe(STEPS);
    // Those that are due while one is being written are left out; the last one is always there.
    expect(checkpoints).toBeGreaterThanOrEqual(everySteps === null ? 0 : 2);
    expect(growth, text).toBeLessThan(6 * MEBIBYTE);
  });
});

describe('a plan over 4 GiB is refused before any of it is taken', () => {
  const inputs = 128;
  const rows = 2 ** 23;

  test('with the parts that need the space', async () => {
    const model = sequential([dense(16, { activation: 'relu' }), dense(4, { activation: 'softmax' })], {
      inputShape: [inputs],
    });
    const dataset = reportingDataset(rows, rows, {
      ...{ event: 'loading training', width: inputs, classes: 4, seed: 1, gate: null },
    });
    // A first run loads the kernels and the code of a run, which are no part of the plan.
    await model.fit(
      reportingDataset(64, 64, { event: 'loading training', width: inputs, classes: 4, seed: 1, gate: null }),
      { loss: 'sparseCategoricalCrossentropy', batchSize: 64, workers: 2, progress: false, epochs: 1 },
    );
    const before = process.memoryUsage().rss;
    const error: unknown = await model
      .fit(dataset, { loss: 'sparseCategoricalCrossentropy', batchSize: rows, workers: 2, progress: false })
      .catch((reason: unknown) => reason);
    const growth = process.memoryUsage().rss - before;
    expect(error).toBeInstanceOf(LockstepError);
    const { code, received } = error as LockstepError;
    expect(code).toBe('MEMORY_EXCEEDED');
    // A line for each of the largest parts, the largest first.
    const parts = received.split('\n').filter((line) => /^ {2}.+: [\d.]+ [KMGT]iB$/.test(line));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts[0]).toMatch(/^ {2}.+: 4\.0 GiB$/);
    expect(growth).toBeLessThan(8 * MEBIBYTE);
    expect(process.resourceUsage().maxRSS * 1024 - before).toBeLessThan(64 * MEBIBYTE);
  });
});
