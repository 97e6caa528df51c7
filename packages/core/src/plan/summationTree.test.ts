import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { summationTree, treeLevels } from './summationTree.ts';

/** Runs the steps on names instead of numbers: the result shows in which order everything was added. */
function association(shards: number): string {
  const levels: (string | undefined)[] = [];
  for (const [shard, { level, folds }] of summationTree(shards).entries()) {
    let sum = String(shard);
    let at = level;
    // A partial sum that is in use must not be written over.
    if (folds === 0) expect(levels[at]).toBeUndefined();
    for (let fold = 0; fold < folds; fold++) {
      if (fold > 0) levels[at--] = undefined;
      expect(levels[at]).toBeDefined();
      sum = `(${levels[at]}+${sum})`;
    }
    levels[at] = sum;
  }
  expect(levels.filter((sum) => sum !== undefined)).toHaveLength(1);
  return levels[0] ?? '';
}

/** The definition: the largest power of two below the number of shards goes left. */
function balanced(first: number, end: number): string {
  const count = end - first;
  if (count === 1) return String(first);
  const left = 2 ** Math.ceil(Math.log2(count) - 1);
  return `(${balanced(first, first + left)}+${balanced(first + left, end)})`;
}

const shardCounts = fc.integer({ min: 1, max: 300 });

test('six shards are added as the description says', () => {
  expect(association(6)).toBe('(((0+1)+(2+3))+(4+5))');
});

test('the order is a balanced tree, of every shard once', () => {
  fc.assert(
    fc.property(shardCounts, (shards) => {
      expect(summationTree(shards)).toHaveLength(shards);
      expect(association(shards)).toBe(balanced(0, shards));
    }),
  );
});

test('partial sums are at most as many as the tree is deep', () => {
  fc.assert(
    fc.property(shardCounts, (shards) => {
      const depth = Math.ceil(Math.log2(shards));
      const levels = treeLevels(summationTree(shards));
      expect(levels).toBeLessThanOrEqual(Math.max(1, depth));
      if (shards === 2 ** depth) expect(levels).toBe(Math.max(1, depth));
    }),
  );
});

test('a smaller batch needs no more partial sums, and whole subtrees are the same', () => {
  fc.assert(
    fc.property(shardCounts, (shards) => {
      const levels = (count: number): number => treeLevels(summationTree(count));
      expect(levels(shards)).toBeLessThanOrEqual(levels(shards + 1));
      // A machine that holds an aligned range of shards can sum it by itself: it is a subterm of the whole.
      const range = 2 ** Math.floor(Math.log2(shards));
      expect(association(shards)).toContain(balanced(0, range));
    }),
  );
});
