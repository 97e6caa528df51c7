/**
 * The order in which shard gradients are added: a balanced binary tree over the shard indices, walked left to right
 * with a small stack of partial sums. Shards 0 … 5 give ((0 + 1) + (2 + 3)) + (4 + 5). The tree depends on the number
 * of shards alone.
 *
 * A machine that holds shards [2^k·i, 2^k·(i+1)) can compute its subtree by itself: that is how several machines will share
 * one sum.
 */
export type TreeStep =
  /** Compute the shard's gradient into partial sum `level`, or add it to what is there. */
  | { readonly kind: 'shard'; readonly shard: number; readonly level: number; readonly accumulate: boolean }
  /** Add partial sum `level` to the one below it. */
  | { readonly kind: 'merge'; readonly level: number };

/**
 * `fuse`: whether a right leaf may be added to its left sibling by the kernel that computes it. The bits are the same
 * either way; fusing saves a pass over memory.
 */
export function summationTree(shards: number, fuse: boolean): readonly TreeStep[] {
  const steps: TreeStep[] = [];
  let depth = 0;
  for (let shard = 0; shard < shards; shard++) {
    let merges = trailingOnes(shard);
    if (merges > 0 && fuse) {
      steps.push({ kind: 'shard', shard, level: depth - 1, accumulate: true });
      merges--;
    } else {
      steps.push({ kind: 'shard', shard, level: depth, accumulate: false });
      depth++;
    }
    for (; merges > 0; merges--) steps.push({ kind: 'merge', level: --depth });
  }
  while (depth > 1) steps.push({ kind: 'merge', level: --depth });
  return steps;
}

/** Partial sums that exist at once at most. */
export function treeLevels(steps: readonly TreeStep[]): number {
  return 1 + Math.max(...steps.map((step) => step.level));
}

function trailingOnes(value: number): number {
  return 31 - Math.clz32(~value & (value + 1));
}
