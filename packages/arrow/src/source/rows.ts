/** Which chunk a window row comes from: for the messages of errors only. */
import type { ArrowLayout } from '../layout/types.ts';

/** `train.arrow, row 17`: the file and the row in it of a window row. */
export function describeWindowRow(
  layout: ArrowLayout,
  chunks: readonly number[],
  firstRows: readonly number[],
  row: number,
): string {
  const index = firstRows.findLastIndex((first) => first <= row);
  const chunk = layout.chunks[chunks[index]];
  const batch = layout.batches[chunk.batch];
  const fileRow = batch.firstRow + chunk.firstRow + row - firstRows[index];
  return `${layout.files[batch.file].name}, row ${fileRow}`;
}
