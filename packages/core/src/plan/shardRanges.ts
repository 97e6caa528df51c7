/**
 * Which shards a thread takes at once. Neighbouring shards are neighbouring rows, so a range goes through the layers in one
 * product each, and the packed weights are read once for all of its rows instead of once a shard. Long ranges come
 * first and single shards last, so that threads still finish together when one of them is slowed down.
 *
 * Ranges are work, not arithmetic: no kernel's result depends on how many rows it is given, and sums stay per shard.
 */

/** Rows of a range at most: its activations stay in a core's second-level cache. */
const RANGE_ROWS = 128;

/** Share of the remaining shards that one round of ranges hands out, one range to each thread. */
const ROUND_SHARE = 0.75;

/** Ranges [first, end) over all shards, in the order in which they are claimed. */
export function shardRanges(
  shards: number,
  shardRows: number,
  threads: number,
): readonly (readonly [number, number])[] {
  const longest = Math.max(1, Math.floor(RANGE_ROWS / shardRows));
  const share = threads === 1 ? 1 : ROUND_SHARE;
  const ranges: [number, number][] = [];
  let first = 0;
  while (first < shards) {
    const size = Math.min(longest, Math.max(1, Math.floor(((shards - first) * share) / threads)));
    for (let thread = 0; thread < threads && first < shards; thread++) {
      const end = Math.min(shards, first + size);
      ranges.push([first, end]);
      first = end;
    }
  }
  return ranges;
}
