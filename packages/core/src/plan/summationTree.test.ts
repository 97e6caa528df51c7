import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { summationTree, treeLevels } from './summationTree.ts';

/** Runs the steps on names instead of numbers: the result shows in which order everything was added. */
function association(shards: number, fuse: boolean): string {
  const levels: string[] = [];
  for (const step of summationTree(shards, fuse)) {
    if (step.kind === 'merge') {
      levels[step.level - 1] = `(${levels[step.level - 1]}+${levels[step.level]})`;
      expect(levels).toHaveLength(step.level + 1);
      levels.pop();
    } else if (step.accumulate) {
      levels[step.level] = `(${levels[step.level]}+${step.shard})`;
    } else {
      // A partial sum that is in use must not be written over.
      expect(levels[step.level]).toBeUndefined();
      levels[step.level] = String(step.shard);
    }
  }
  expect(levels).toHaveLength(1);
  return levels[0];
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
  expect(association(6, true)).toBe('(((0+1)+(2+3))+(4+5))');
});

test('the order is a balanced tree, fused or not', () => {
  fc.assert(
    fc.property(shardCounts, (shards) => {
      expect(association(shards, true)).toBe(balanced(0, shards));
      expect(association(shards, false)).toBe(balanced(0, shards));
    }),
  );
});

test('every shard is computed once, in order', () => {
  fc.assert(
    fc.property(shardCounts, fc.boolean(), (shards, fuse) => {
      const order = summationTree(shards, fuse).flatMap((step) => (step.kind === 'shard' ? [step.shard] : []));
      expect(order).toEqual(Array.from({ length: shards }, (_, shard) => shard));
    }),
  );
});

test('partial sums are at most as many as the tree is deep and one more; fusing saves the one', () => {
  fc.assert(
    fc.property(shardCounts, (shards) => {
      const depth = Math.ceil(Math.log2(shards));
      const [plain, fused] = [false, true].map((fuse) => treeLevels(summationTree(shards, fuse)));
      expect(plain).toBeLessThanOrEqual(depth + 1);
      expect(fused).toBeLessThanOrEqual(Math.max(1, depth));
      if (shards === 2 ** depth) expect([plain, fused]).toEqual([depth + 1, Math.max(1, depth)]);
    }),
  );
});

test('a smaller batch needs no more partial sums, and whole subtrees are the same', () => {
  fc.assert(
    fc.property(shardCounts, fc.boolean(), (shards, fuse) => {
      const levels = (count: number): number => treeLevels(summationTree(count, fuse));
      expect(levels(shards)).toBeLessThanOrEqual(levels(shards + 1));
      // A machine that holds an aligned range of shards can sum it by itself: it is a subterm of the whole.
      const range = 2 ** Math.floor(Math.log2(shards));
      expect(association(shards, fuse)).toContain(balanced(0, range));
    }),
  );
});
