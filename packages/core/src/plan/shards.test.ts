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
  // Worked out by hand from the rule: pieces of 16 rows and at most 8 up to 1,024, of 128 rows and at most 32 beyond.
  expect(cuts).toEqual([
    ...[
      [1, 1],
      [16, 1],
      [17, 2],
      [32, 2],
      [64, 4],
      [128, 8],
      [256, 8],
    ],
    ...[
      [257, 8],
      [1024, 8],
      [1025, 9],
      [2048, 16],
      [60_000, 32],
    ],
  ]);
});
