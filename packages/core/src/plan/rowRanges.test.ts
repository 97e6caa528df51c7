import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_ROWS, blocksOf, rowRanges } from './rowRanges.ts';

test('ranges cover every block once, in order, and stay within the rows of a cache', () => {
  assert(
    property(integer({ min: 1, max: 300 }), integer({ min: 1, max: 70 }), (blocks, threads) => {
      const ranges = rowRanges(blocks, threads);
      const covered = ranges.flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i));
      expect(covered).toEqual(Array.from({ length: blocks }, (_, i) => i));
      for (const [first, end] of ranges) expect((end - first) * BLOCK_ROWS).toBeLessThanOrEqual(128);
    }),
  );
});

test('two threads begin with long ranges and end with single blocks', () => {
  expect(rowRanges(16, 2)).toEqual([
    [0, 6],
    [6, 12],
    [12, 13],
    [13, 14],
    [14, 15],
    [15, 16],
  ]);
  expect(rowRanges(32, 1)).toEqual([
    [0, 16],
    [16, 32],
  ]);
});

test('no thread is without work while there are blocks for all', () => {
  for (let threads = 1; threads <= 16; threads++) {
    expect(rowRanges(16, threads).length).toBeGreaterThanOrEqual(threads);
  }
});

test('a ragged batch has a shorter last block', () => {
  expect([1, 8, 9, 256].map(blocksOf)).toEqual([1, 1, 2, 32]);
});
