import { monitorEventLoopDelay } from 'node:perf_hooks';
import { dense, sequential, sgd, tensorDataset } from '@lockstep/core';
import { expect, test } from 'vitest';
import { classNumbers, signedNumbers } from './support/numbers.ts';

/**
 * The one timed assertion of all tests. While steps of about 50 ms go on, a timer of the caller's thread is due
 * every 10 ms. Bounds are for a noisy machine of two cores, on which the threads compete with the timer; a caller that is
 * blocked for a whole step misses them by far.
 */
const INTERVAL = 10;
const ROWS = 2048;

test.each([
  { workers: 2, title: 'threads', median: 5, ninetyFifth: 30 },
  // Inline, a stretch of work lasts a few milliseconds (runtime/breather.ts), or one shard where that takes longer.
  { workers: 1, title: 'the calling thread itself', median: 10, ninetyFifth: 40 },
])('timers fire on time while $title trains', { retry: 2 }, async ({ workers, median, ninetyFifth }) => {
  const model = sequential(
    [dense(512, { activation: 'relu' }), dense(256, { activation: 'relu' }), dense(10, { activation: 'softmax' })],
    { inputShape: [784] },
  );
  const dataset = tensorDataset({
    features: signedNumbers(ROWS * 784, 1),
    labels: classNumbers(ROWS, 10, 2),
    featureShape: [784],
  });
  const options = {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: sgd(),
    batchSize: 256,
    workers,
    progress: false,
  } as const;
  const lateness: number[] = [];
  const delays = monitorEventLoopDelay({ resolution: INTERVAL });
  let due = 0;
  let timer: NodeJS.Timeout | undefined;
  let begin = 0;
  const callback = {
    // Threads have started by now: what starting costs the caller is another matter.
    onTrainBegin: (): void => {
      begin = performance.now();
      due = begin + INTERVAL;
      delays.enable();
      timer = setInterval(() => {
        const now = performance.now();
        lateness.push(now - due);
        due = now + INTERVAL;
      }, INTERVAL);
    },
  };
  await model.fit(dataset, { ...options, epochs: 15, callbacks: [callback] });
  const milliseconds = performance.now() - begin;
  clearInterval(timer);
  delays.disable();

  // Timers fired all along, not only between two steps: at least one for every three that were due.
  expect(lateness.length).toBeGreaterThan(milliseconds / INTERVAL / 3);
  lateness.sort((a, b) => a - b);
  const quantile = (part: number): number => lateness[Math.floor(part * (lateness.length - 1))];
  expect(quantile(0.5)).toBeLessThan(median);
  expect(quantile(0.95)).toBeLessThan(ninetyFifth);
  // The loop's own monitor: its delays contain the interval.
  expect(delays.percentile(50) / 1e6).toBeLessThan(INTERVAL + median);
  expect(delays.percentile(95) / 1e6).toBeLessThan(INTERVAL + ninetyFifth);
});
