/**
 * Logical shards: how a batch is cut into pieces whose gradients are summed in a fixed tree. The cut depends on the batch
 * size and the `shards` option alone, never on the machine, so every bit is the same on any number of threads. Shards do not
 * limit the threads of one machine, which share rows and parameters more finely; they are what several machines will share. With batch
 * normalization a thread takes whole shards (batchCut.ts).
 */

/** Rows of an automatic shard: as many as a product of parameter gradients adds up in registers without a pause. */
const SHARD_ROWS = 256;

/** The same where a layer computes statistics of its shard in training: a usual batch, and work for several threads in larger ones. */
export const STATISTICS_ROWS = 64;

/** The automatic number of shards: pieces of 256 rows, at most 32 of them; beyond 8,192 rows the pieces grow. */
export function automaticShards(batchSize: number): number {
  return Math.min(Math.ceil(batchSize / SHARD_ROWS), 32);
}

/** Rows of every shard but the last. Shard s holds batch rows [s · shardRows, (s + 1) · shardRows). */
export function rowsPerShard(batchSize: number, shards: number): number {
  return Math.ceil(batchSize / shards);
}

/** How many shards a batch of `rows` rows has: a ragged last batch fills only the first ones. */
export function shardsInBatch(rows: number, shardRows: number): number {
  return Math.ceil(rows / shardRows);
}
