import type { Plan } from './plan.ts';

/**
 * Which rows of a batch a thread takes through the layers at once. Rows are handed out in blocks of BLOCK_ROWS, whose loss
 * and weight are added up block by block; neighbouring blocks go together, so that the packed weights are read once for
 * all of their rows. Long ranges come first and single blocks last, so that threads still finish together when one of them
 * is slowed down.
 *
 * Ranges are work, not arithmetic: no kernel's result depends on how many rows it is given. The order of sums over rows is
 * that of the blocks and, for gradients, of the shards (shards.ts); neither depends on the threads.
 */

/** Rows of a block: few enough for 32 threads at batch 256, enough for two register tiles of four. */
export const BLOCK_ROWS = 8;

/** Rows of a range at most: its activations stay in a core's second-level cache. */
const RANGE_ROWS = 128;

/** Share of the remaining blocks that one round of ranges hands out, one range to each thread. */
const ROUND_SHARE = 0.75;

/** How many blocks `rows` rows make; the last one may be shorter. */
export function blocksOf(rows: number): number {
  return Math.ceil(rows / BLOCK_ROWS);
}

/** The ranges of a batch of so many blocks in a run: of whole shards where the plan asks for these. */
export function rangesOf(
  { wholeShards, shardRows, threads }: Pick<Plan, 'wholeShards' | 'shardRows' | 'threads'>,
  blocks: number,
): readonly (readonly [number, number])[] {
  if (!wholeShards) return rowRanges(blocks, threads);
  const size = shardRows / BLOCK_ROWS;
  return Array.from({ length: Math.ceil(blocks / size) }, (_, shard) => [
    shard * size,
    Math.min(blocks, (shard + 1) * size),
  ]);
}

/** Ranges of blocks [first, end), in the order in which they are claimed. */
export function rowRanges(blocks: number, threads: number): readonly (readonly [number, number])[] {
  const longest = RANGE_ROWS / BLOCK_ROWS;
  const share = threads === 1 ? 1 : ROUND_SHARE;
  const ranges: [number, number][] = [];
  let first = 0;
  while (first < blocks) {
    const size = Math.min(longest, Math.max(1, Math.floor(((blocks - first) * share) / threads)));
    for (let thread = 0; thread < threads && first < blocks; thread++) {
      const end = Math.min(blocks, first + size);
      ranges.push([first, end]);
      first = end;
    }
  }
  return ranges;
}
