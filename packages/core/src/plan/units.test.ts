import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupBlocks } from './units.ts';

const costLists = fc.array(fc.integer({ min: 0, max: 2_000_000 }), { maxLength: 60 });

test('units hold every block once', () => {
  fc.assert(
    fc.property(costLists, (costs) => {
      const blocks = groupBlocks(costs).flatMap(([first, end]) => {
        expect(end).toBeGreaterThan(first);
        return Array.from({ length: end - first }, (_, i) => first + i);
      });
      expect(blocks.toSorted((a, b) => a - b)).toEqual(costs.map((_, index) => index));
    }),
  );
});

test('the costliest unit comes first, each is worth its claim but perhaps the last, and none is larger than it must be', () => {
  const worth = 500_000;
  fc.assert(
    fc.property(costLists, (costs) => {
      const units = groupBlocks(costs);
      const sums = units.map(([first, end]) => costs.slice(first, end).reduce((a, b) => a + b, 0));
      expect(sums).toEqual(sums.toSorted((a, b) => b - a));
      for (const sum of sums.slice(0, -1)) expect(sum).toBeGreaterThanOrEqual(worth);
      for (const [index, [, end]] of units.entries()) expect(sums[index] - costs[end - 1]).toBeLessThan(worth);
    }),
  );
});
