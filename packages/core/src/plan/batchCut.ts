import type { ModelSpec } from '../model/spec.ts';
import { operationOf } from '../ops/registry.ts';
import { BLOCK_ROWS, blocksOf } from './rowRanges.ts';
import { automaticShards, rowsPerShard, STATISTICS_ROWS } from './shards.ts';

/** How a batch is cut. */
export interface BatchCut {
  readonly shardRows: number;
  readonly shardCount: number;
  /** Whether a thread takes whole shards through the layers, because one of these sees the rows of a shard together. */
  readonly wholeShards: boolean;
}

/**
 * Cuts a batch into at most so many shards. Whole shards are of whole row blocks, whose losses are added block by block; without a
 * number they have STATISTICS_ROWS rows at most.
 */
export function cutBatch(spec: ModelSpec, batchSize: number, shards: number | 'auto', training: boolean): BatchCut {
  const wholeShards = training && spec.layers.some((layer) => operationOf(layer).wholeShards === true);
  const automatic = wholeShards ? Math.ceil(batchSize / STATISTICS_ROWS) : automaticShards(batchSize);
  const exact = rowsPerShard(batchSize, shards === 'auto' ? automatic : Math.min(shards, batchSize));
  const shardRows = wholeShards ? blocksOf(exact) * BLOCK_ROWS : exact;
  return { shardRows, shardCount: Math.ceil(batchSize / shardRows), wholeShards };
}

/** Pieces of a batch that threads share out in the compute phase. */
export function piecesOf({ wholeShards, shardCount }: BatchCut, batchSize: number): number {
  return wholeShards ? shardCount : blocksOf(batchSize);
}
