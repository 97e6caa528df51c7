/** Which rows a dataset has: those that pass the filter and hold nothing that cannot be used. */
import type { StoredReader } from '../source/storedReader.ts';
import { VALUE } from '../layout/preparedTypes.ts';
import type { DatasetRequest } from '../layout/request.ts';
import { meetsAll } from './conditions.ts';
import type { Files, RowCounts } from './files.ts';
import { problemFinder } from './problems.ts';
import { forEachTile } from './tiles.ts';

const KEPT = 0;
const FILTERED = 1;
const SKIPPED = 2;

/**
 * For each row of a batch 1 where it is kept, and the counts are added to. Only what has to be looked at is read: bitmaps of columns
 * that have some, columns of the filter, and those whose values may be unusable.
 */
export async function selectRows(
  files: Files,
  request: DatasetRequest,
  reader: StoredReader,
  batch: number,
  counts: RowCounts,
): Promise<Uint8Array> {
  const { layout, columns, codes } = files;
  const { rows } = layout.batches[batch];
  const state = new Uint8Array(rows);
  for (const [index, { request: column }] of columns.entries()) {
    if (column.role !== 'filter') continue;
    const conditions = request.filter.filter((condition) => condition.column === column.name);
    const meets = meetsAll(conditions, (text) => codes.codeOf(index, text));
    await forEachTile(files, reader, batch, index, (first, count) => {
      for (let i = 0; i < count; i++) {
        if (!meets(reader.numbers[i], reader.hasNulls ? reader.valid[i] : VALUE)) state[first + i] = FILTERED;
      }
    });
  }
  for (const [index, { request: column }] of columns.entries()) {
    if (column.role === 'filter') continue;
    const problemOf = problemFinder(files, request, reader, batch, index);
    if (problemOf === undefined) continue;
    const { width } = columns[index];
    await forEachTile(files, reader, batch, index, (first, count) => {
      for (let i = 0; i < count; i++) {
        if (state[first + i] !== KEPT) continue;
        for (let item = i * width; item < (i + 1) * width; item++) {
          const problem = problemOf(item, first);
          if (problem === undefined) continue;
          if (!request.skipBadRecords) throw problem();
          state[first + i] = SKIPPED;
          break;
        }
      }
      codes.requireBounded(index, layout.files[layout.batches[batch].file].name);
    });
  }
  counts.inFiles += rows;
  for (let row = 0; row < rows; row++) {
    if (state[row] === FILTERED) counts.filtered++;
    if (state[row] === SKIPPED) counts.skipped++;
    state[row] = state[row] === KEPT ? 1 : 0;
  }
  return state;
}
