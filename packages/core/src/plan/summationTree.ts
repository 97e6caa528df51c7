/**
 * The order in which shard gradients are added: a balanced binary tree over the shard indices, walked left to right
 * with a small stack of partial sums. Shards 0 … 5 give ((0 + 1) + (2 + 3)) + (4 + 5). The tree depends on the number
 * of shards alone.
 *
 * A machine that holds shards [2^k·i, 2^k·(i+1)) can compute its subtree by itself: that is how several machines will share
 * one sum.
 */
export interface TreeStep {
  /** The partial sum that the shard's gradient is added to, or with `folds` = 0 becomes. */
  readonly level: number;
  /**
   * How many partial sums it is added to: `level`, then that sum to the one below it, and so on. A right leaf completes the
   * pairs that end with it, which the kernel that computes it does in registers.
   */
  readonly folds: number;
}

/** One step for each shard, in order. The last one leaves the whole sum in partial sum 0. */
export function summationTree(shards: number): readonly TreeStep[] {
  const steps: TreeStep[] = [];
  let depth = 0;
  for (let shard = 0; shard < shards; shard++) {
    const folds = shard === shards - 1 ? depth : trailingOnes(shard);
    steps.push({ level: folds > 0 ? depth - 1 : depth, folds });
    depth += 1 - folds;
  }
  return steps;
}

/** Partial sums that exist at once at most. */
export function treeLevels(steps: readonly TreeStep[]): number {
  return 1 + Math.max(...steps.map((step) => step.level));
}

function trailingOnes(value: number): number {
  return 31 - Math.clz32(~value & (value + 1));
}
