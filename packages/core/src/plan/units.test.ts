import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupBlocks } from './units.ts';

const costLists = fc.array(fc.integer({ min: 0, max: 2_000_000 }), { maxLength: 60 });

test('units are consecutive and hold every block once', () => {
  fc.assert(
    fc.property(costLists, (costs) => {
      const blocks = groupBlocks(costs).flatMap(([first, end]) => {
        expect(end).toBeGreaterThan(first);
        return Array.from({ length: end - first }, (_, i) => first + i);
      });
      expect(blocks).toEqual(costs.map((_, index) => index));
    }),
  );
});

test('a unit is worth its claim, except perhaps the last, and no larger than it must be', () => {
  const worth = 500_000;
  fc.assert(
    fc.property(costLists, (costs) => {
      const units = groupBlocks(costs);
      for (const [index, [first, end]] of units.entries()) {
        const sum = costs.slice(first, end).reduce((a, b) => a + b, 0);
        if (index < units.length - 1) expect(sum).toBeGreaterThanOrEqual(worth);
        expect(sum - costs[end - 1]).toBeLessThan(worth);
      }
    }),
  );
});
