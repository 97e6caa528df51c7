import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { shardRanges } from './shardRanges.ts';

test('ranges cover every shard once, in order, and stay within the rows of a cache', () => {
  const count = integer({ min: 1, max: 200 });
  assert(
    property(count, integer({ min: 1, max: 300 }), integer({ min: 1, max: 70 }), (shards, rows, threads) => {
      const ranges = shardRanges(shards, rows, threads);
      const covered = ranges.flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i));
      expect(covered).toEqual(Array.from({ length: shards }, (_, i) => i));
      for (const [first, end] of ranges) expect(end - first === 1 || (end - first) * rows <= 128).toBe(true);
    }),
  );
});

test('two threads begin with long ranges and end with single shards', () => {
  expect(shardRanges(8, 32, 2)).toEqual([
    [0, 3],
    [3, 6],
    [6, 7],
    [7, 8],
  ]);
  expect(shardRanges(8, 32, 1)).toEqual([
    [0, 4],
    [4, 8],
  ]);
});

test('no thread is without work while there are shards for all', () => {
  for (let threads = 1; threads <= 16; threads++)
    expect(shardRanges(16, 16, threads).length).toBeGreaterThanOrEqual(threads);
});
