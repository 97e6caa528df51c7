import type { StoredLayout } from './preparedTypes.ts';
import { bytesOf } from './storedBytes.ts';

/** Bytes of a row of a column in a record batch; with those of its texts, on the average of the batch. */
export function rowBytesIn({ columns, batches }: StoredLayout, batch: number, column: number): number {
  const { kind, width } = columns[column];
  const { rows, columns: buffers } = batches[batch];
  const texts = (buffers[column].texts ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  return bytesOf(kind, width) + texts / Math.max(1, rows);
}
