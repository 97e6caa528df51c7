/** The cut of record batches into chunks, the unit of reading and of shuffling. */
import type { BatchLayout, ChunkLayout } from './types.ts';

/**
 * Large enough that reading chunks in random order costs about what reading in sequence does, small enough that a
 * window holds many of them and shuffles well.
 */
const LARGEST_CHUNK = 4 * 2 ** 20;

/** Rows of a dataset, counted over all its batches. */
export interface RowRange {
  readonly begin: number;
  readonly end: number;
}

/**
 * Cuts every batch, as far as it lies in the range, into the fewest nearly equal row ranges of at most 4 MiB. A function of
 * the layout alone, because the order of an epoch is derived from it.
 */
export function cutIntoChunks(batches: readonly BatchLayout[], bytesPerRow: number, range: RowRange): ChunkLayout[] {
  const chunks: ChunkLayout[] = [];
  let start = 0;
  batches.forEach(({ rows: batchRows }, batch) => {
    const begin = Math.max(0, range.begin - start);
    const rows = Math.min(batchRows, range.end - start) - begin;
    start += batchRows;
    if (rows <= 0) return;
    const count = chunksOf(rows, bytesPerRow);
    for (let i = 0; i < count; i++) {
      const firstRow = begin + Math.floor((rows * i) / count);
      chunks.push({ batch, firstRow, rows: begin + Math.floor((rows * (i + 1)) / count) - firstRow });
    }
  });
  return chunks;
}

/** How many chunks so many rows become. */
export function chunksOf(rows: number, bytesPerRow: number): number {
  return Math.min(rows, Math.ceil((rows * bytesPerRow) / LARGEST_CHUNK));
}
