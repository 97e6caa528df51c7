/** The cut of record batches into chunks, the unit of reading and of shuffling. */
import type { BatchLayout, ChunkLayout } from './types.ts';

/**
 * Large enough that reading chunks in random order costs about what reading in sequence does, small enough that a
 * window holds many of them and shuffles well.
 */
const LARGEST_CHUNK = 4 * 2 ** 20;

/**
 * Cuts every batch into the fewest nearly equal row ranges of at most 4 MiB. A function of the layout alone, because
 * the order of an epoch is derived from it.
 */
export function cutIntoChunks(batches: readonly BatchLayout[], bytesPerRow: number): ChunkLayout[] {
  const chunks: ChunkLayout[] = [];
  batches.forEach(({ rows }, batch) => {
    const count = Math.min(rows, Math.ceil((rows * bytesPerRow) / LARGEST_CHUNK));
    for (let i = 0; i < count; i++) {
      const firstRow = Math.floor((rows * i) / count);
      chunks.push({ batch, firstRow, rows: Math.floor((rows * (i + 1)) / count) - firstRow });
    }
  });
  return chunks;
}
