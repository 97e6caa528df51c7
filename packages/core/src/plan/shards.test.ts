import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { automaticShards, rowsPerShard, shardsInBatch } from './shards.ts';

test('shards cover a batch without gap or overlap, and none is empty', () => {
  const batches = fc.integer({ min: 1, max: 5000 }).chain((batchSize) =>
    fc.record({
      batchSize: fc.constant(batchSize),
      shards: fc.integer({ min: 1, max: batchSize }),
      rows: fc.integer({ min: 1, max: batchSize }),
    }),
  );
  fc.assert(
    fc.property(batches, ({ batchSize, shards, rows }) => {
      const size = rowsPerShard(batchSize, shards);
      const count = shardsInBatch(rows, size);
      expect(count).toBeLessThanOrEqual(shards);
      expect((count - 1) * size).toBeLessThan(rows);
      expect(count * size).toBeGreaterThanOrEqual(rows);
    }),
  );
});

test('the automatic cut of common batch sizes', () => {
  const cuts = [1, 16, 17, 32, 64, 128, 256, 257, 1024, 1025, 2048, 60_000].map((batchSize) => [
    batchSize,
    automaticShards(batchSize),
  ]);
  // Worked out by hand from the rule: pieces of 256 rows, at most 32.
  expect(cuts).toEqual([
    ...[
      [1, 1],
      [16, 1],
      [17, 1],
      [32, 1],
      [64, 1],
      [128, 1],
      [256, 1],
    ],
    ...[
      [257, 2],
      [1024, 4],
      [1025, 5],
      [2048, 8],
      [60_000, 32],
    ],
  ]);
});
