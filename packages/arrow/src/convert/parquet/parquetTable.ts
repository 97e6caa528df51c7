/** Parquet files as a table, by hyparquet: all columns side by side, a page of each in memory. */
import type { Progress } from '../progress.ts';
import { rowBytes } from '../../layout/types.ts';
import { newValues, storedKind } from '../table/columns.ts';
import type { BlockColumn, TableBlock, TableSource } from '../table/columns.ts';
import type { ColumnValues } from '../writeArrow.ts';
import type { RowPiece } from './listRows.ts';
import type { ChosenColumn, OpenParquet, ParquetFile } from './openParquet.ts';
import { rowPieces } from './rowPieces.ts';
import { columnsOf } from './schema.ts';
import type { ParquetColumn } from './schema.ts';

const BLOCK_BYTES = 2 ** 20;
const MOST_BLOCK_ROWS = 16_384;

export function parquetTable(open: OpenParquet, progress: Progress): TableSource {
  const { chosen, columns, files, rows, bytes } = open;
  const perRow = columns.reduce((sum, column) => {
    return sum + rowBytes({ kind: storedKind(column.type), width: column.perRow });
  }, 0);
  const blockRows = Math.max(1, Math.min(MOST_BLOCK_ROWS, Math.floor(BLOCK_BYTES / perRow)));
  async function* blocks(): AsyncGenerator<TableBlock> {
    let done = 0;
    for (const file of files) {
      const readers = chosen.map((column) => new PieceReader(open, file, column, blockRows));
      try {
        for (let row = 0; row < file.footer.rows; row += blockRows) {
          const count = Math.min(blockRows, file.footer.rows - row);
          for (const reader of readers) reader.fill(count);
          yield { rows: count, columns: readers, lines: null };
          done += count;
          progress.read(Math.round((bytes * done) / rows), bytes);
        }
        // Whatever comes behind the last row is looked at too.
        for (const reader of readers) reader.finish();
      } catch (error) {
        // What is no longer the same need not make sense.
        file.file.requireUnchanged();
        throw error;
      }
      file.file.requireUnchanged();
    }
  }
  return { columns, blocks };
}

/** Cuts the pieces of a column into blocks. */
class PieceReader implements BlockColumn {
  readonly values: ColumnValues;
  readonly nulls: Uint8Array;
  readonly #pieces: Generator<RowPiece>;
  readonly #width: number;
  #piece: RowPiece = { rows: 0, values: null, present: null };
  /** Rows of the piece that are taken, and values of it. */
  #row = 0;
  #value = 0;

  constructor(
    { library }: OpenParquet,
    { file, footer }: ParquetFile,
    { column: { name, type }, vocabulary, width }: ChosenColumn,
    rows: number,
  ) {
    const own = columnsOf(footer).find((column) => column.name === name) as ParquetColumn;
    this.#pieces = rowPieces({ library, file, footer, column: own, vocabulary, width });
    this.#width = width;
    this.values = newValues(type, rows * width);
    this.nulls = new Uint8Array(rows);
  }

  /** Reads the next `count` rows, which must be there: row groups are as long as the footer says. */
  fill(count: number): void {
    for (let at = 0; at < count;) {
      if (this.#row === this.#piece.rows) this.#advance();
      const rows = Math.min(count - at, this.#piece.rows - this.#row);
      this.#copy(at, rows);
      at += rows;
      this.#row += rows;
    }
  }

  finish(): void {
    if (this.#pieces.next().done !== true) throw new Error('a column of more rows than its row groups');
  }

  #advance(): void {
    const next = this.#pieces.next();
    if (next.done === true) throw new Error('a column of fewer rows than its row groups');
    this.#piece = next.value;
    this.#row = 0;
    this.#value = 0;
  }

  #copy(at: number, rows: number): void {
    const width = this.#width;
    const { values, present } = this.#piece;
    // The arrays are those of the column's type.
    const target = this.values as Float64Array;
    const source = values as Float64Array;
    if (present === null) {
      this.nulls.fill(0, at, at + rows);
      target.set(source.subarray(this.#value, this.#value + rows * width), at * width);
      this.#value += rows * width;
      return;
    }
    for (let i = 0; i < rows; i++) {
      const isThere = present[this.#row + i] === 1;
      this.nulls[at + i] = isThere ? 0 : 1;
      if (!isThere) continue;
      if (width === 1) target[at + i] = source[this.#value];
      else target.set(source.subarray(this.#value, this.#value + width), (at + i) * width);
      this.#value += width;
    }
  }
}
