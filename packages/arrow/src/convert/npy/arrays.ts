/** NumPy's arrays side by side: each is a column, its first dimension the rows. */
import { rowBytes } from '../../layout/types.ts';
import type { ByteStream } from '../byteStream.ts';
import type { Progress } from '../progress.ts';
import { newValues, storedKind } from '../table/columns.ts';
import type { TableBlock, TableColumn, TableSource } from '../table/columns.ts';
import type { ColumnValues } from '../writeArrow.ts';
import type { NpyHeader } from './header.ts';

/** An array whose header has been read. */
export interface NpyArray {
  /** Of the column. */
  readonly name: string;
  /** At the first value. */
  readonly stream: ByteStream;
  readonly header: NpyHeader;
}

const BLOCK_BYTES = 2 ** 20;

/** A table of arrays with the same number of rows. */
export function arraysTable(arrays: readonly NpyArray[], progress: Progress): TableSource {
  const columns = arrays.map(({ name, header: { type, perRow } }): TableColumn => {
    return { name, type, perRow, categories: null };
  });
  return { columns, blocks: () => blocksOf(arrays, progress) };
}

async function* blocksOf(arrays: readonly NpyArray[], progress: Progress): AsyncGenerator<TableBlock> {
  const { rows } = arrays[0].header;
  const bytesPerRow = arrays.reduce((sum, { header }) => sum + bytesOfRow(header), 0);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / bytesPerRow));
  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row);
    const columns = [];
    for (const { stream, header } of arrays) {
      const bytes = await stream.take(count * bytesOfRow(header), 'values');
      columns.push({ values: asValues(header, bytes), nulls: null });
    }
    yield { rows: count, columns, lines: null };
    progress.read((row + count) * bytesPerRow, rows * bytesPerRow);
  }
  for (const { stream } of arrays) await stream.requireEnd();
}

export function bytesOfRow({ type, perRow }: NpyHeader): number {
  return rowBytes({ kind: storedKind(type), width: perRow });
}

function asValues({ type, isBigEndian }: NpyHeader, bytes: Uint8Array): ColumnValues {
  const size = bytesOfRow({ type, isBigEndian, rows: 1, perRow: 1, bytes: 0 });
  if (isBigEndian) swap(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), size);
  const values = newValues(type, bytes.length / size);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
}
