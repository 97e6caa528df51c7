/** Which row of which file a window row is, where some rows of the files are left out: for the messages of errors only. */
import { isSet } from '../layout/preparedTypes.ts';
import type { PreparedLayout } from '../layout/preparedTypes.ts';

/** `train.arrow, row 17`. */
export function describePreparedRow(layout: PreparedLayout, chunks: readonly number[], row: number): string {
  let left = row;
  let index = 0;
  while (left >= layout.chunks[chunks[index]].rows) left -= layout.chunks[chunks[index++]].rows;
  const { batch: number, firstRow } = layout.chunks[chunks[index]];
  const batch = layout.batches[number];
  let batchRow = firstRow;
  if (batch.kept === undefined) batchRow += left;
  else for (left++; left > 0; batchRow++) if (isSet(batch.kept, batchRow)) left--;
  if (batch.kept !== undefined) batchRow--;
  return `${layout.files[batch.file].name}, row ${batch.firstRow + batchRow}`;
}
