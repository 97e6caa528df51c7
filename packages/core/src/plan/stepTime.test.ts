import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fastestThreads, stepTime } from './stepTime.ts';

/**
 * Networks with Adam timed with 1 and with 2 workers on 2 cores of a Zen 4, medians in microseconds of a step
 * (784-128-10 and 64-64-32-10 at batch 64, 64-256-128-10 at 32 and 64, 784-256-128-10 at 128, 784-512-256-10 at 256).
 */
const MEASURED = [
  { batchSize: 32, parameters: 1_008, one: 11.6, two: 59 },
  { batchSize: 64, parameters: 6_570, one: 48, two: 74 },
  { batchSize: 64, parameters: 50_826, one: 266, two: 223 },
  { batchSize: 64, parameters: 101_770, one: 383, two: 279 },
  { batchSize: 128, parameters: 235_146, one: 1_654, two: 1_160 },
  { batchSize: 256, parameters: 537_354, one: 7_468, two: 3_822 },
];

test('on two cores, threads are taken where they were measured to be faster by a third, and only there', () => {
  for (const { one, two, ...work } of MEASURED)
    expect(fastestThreads({ ...work, training: true }, 2), `${one}`).toBe(1.3 * two < one ? 2 : 1);
});

test('the time of one thread is that which was measured, within a half', () => {
  for (const { one, two: _two, ...work } of MEASURED) {
    const ratio = stepTime({ ...work, training: true }, 1, 2) / one;
    expect(ratio).toBeGreaterThan(0.66);
    expect(ratio).toBeLessThan(1.5);
  }
});

test('never more threads than cores, and never slower than one thread', () => {
  const works = fc.record({
    training: fc.boolean(),
    batchSize: fc.integer({ min: 1, max: 5000 }),
    parameters: fc.integer({ min: 1, max: 1e8 }),
    customNumbers: fc.integer({ min: 0, max: 1e6 }),
  });
  fc.assert(
    fc.property(works, fc.integer({ min: 1, max: 256 }), (work, cores) => {
      const threads = fastestThreads(work, cores);
      expect(threads).toBeGreaterThanOrEqual(1);
      expect(threads).toBeLessThanOrEqual(cores);
      expect(stepTime(work, threads, cores)).toBeLessThanOrEqual(stepTime(work, 1, cores));
    }),
  );
});

test('rows of layers that users wrote are worth threads sooner', () => {
  const work = { batchSize: 64, parameters: 6_570, training: true };
  expect(fastestThreads(work, 4)).toBe(1);
  expect(fastestThreads({ ...work, customNumbers: 256 }, 4)).toBe(4);
});

test('rows that come in a few pieces take as long as those of the thread with most of them', () => {
  const work = { batchSize: 256, pieces: 4, parameters: 537_354, training: false };
  const time = (threads: number): number => stepTime(work, threads, 64);
  expect(time(2)).toBeLessThan(time(1));
  // Of three threads one still has two pieces.
  expect(time(3)).toBeGreaterThan(time(2));
  expect(fastestThreads(work, 64)).toBe(4);
  expect(fastestThreads({ ...work, pieces: 1 }, 64)).toBe(1);
});

test('a large model takes nearly every core of a large machine, a small one a few', () => {
  expect(fastestThreads({ batchSize: 1024, parameters: 1_863_690, training: true }, 64)).toBeGreaterThan(60);
  expect(fastestThreads({ batchSize: 64, parameters: 50_826, training: true }, 64)).toBeLessThan(32);
});
