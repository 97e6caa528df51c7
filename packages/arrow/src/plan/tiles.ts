import { setImmediate } from 'node:timers/promises';
import type { OpenFiles } from '../source/openFiles.ts';
import { readUnchanged } from '../source/readUnchanged.ts';
import type { StoredReader } from '../source/storedReader.ts';
import type { StoredLayout } from '../layout/preparedTypes.ts';
import { rowBytesIn } from '../layout/rowBytesIn.ts';

/** Bytes of a column that a scan reads at once. */
const PIECE_BYTES = 4 * 2 ** 20;

/** Files, and where they are open. */
export interface ScannedFiles {
  readonly layout: StoredLayout;
  readonly open: OpenFiles;
}

/**
 * Reads one column of a record batch from its first row to its last. `visit` is called when rows [first, first + count) of the batch
 * are decoded. Compressed batches are read whole, others a piece at a time, with a breath for the event loop between.
 */
export async function forEachTile(
  { layout, open }: ScannedFiles,
  reader: StoredReader,
  batch: number,
  column: number,
  visit: (first: number, count: number) => void,
): Promise<void> {
  const { rows, codec, file } = layout.batches[batch];
  const tile = reader.tileRows(column);
  const fitting = Math.max(tile, Math.floor(PIECE_BYTES / Math.max(1, rowBytesIn(layout, batch, column))));
  const piece = codec === undefined ? fitting : rows;
  for (let at = 0; at < rows; at += piece) {
    const count = Math.min(piece, rows - at);
    await readUnchanged(open.get(file), (bytes) => {
      bytes.prefetch(reader.ranges(batch, column, at, count));
      reader.open(bytes, batch, column, at, count);
    });
    for (let from = 0; from < count; from += tile) {
      const decoded = Math.min(tile, count - from);
      reader.decode(from, decoded);
      visit(at + from, decoded);
    }
    await setImmediate();
  }
}
