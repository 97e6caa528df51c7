/**
 * Logical shards: how a batch is cut into pieces of work. The cut depends on the batch size and the `shards` option
 * alone, never on the machine, so the order of every sum, and with it every bit, is the same on any number of threads.
 */

/**
 * The automatic number of shards. Pieces of 16 rows for small batches, so that two or four threads have work at batch
 * 32 and 64; of 32 rows from batch 256 on, where longer pieces make the parameter gradients cheaper; at most 32 pieces.
 */
export function automaticShards(batchSize: number): number {
  if (batchSize <= 256) return Math.min(Math.ceil(batchSize / 16), 8);
  return Math.min(Math.ceil(batchSize / 32), 32);
}

/** Rows of every shard but the last. Shard s holds batch rows [s · shardRows, (s + 1) · shardRows). */
export function rowsPerShard(batchSize: number, shards: number): number {
  return Math.ceil(batchSize / shards);
}

/** How many shards a batch of `rows` rows has: a ragged last batch fills only the first ones. */
export function shardsInBatch(rows: number, shardRows: number): number {
  return Math.ceil(rows / shardRows);
}
