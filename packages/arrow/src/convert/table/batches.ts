/** From blocks of any number of rows to record batches of the same number, with their statistics. */
import { rowBytes } from '../../layout/types.ts';
import type { ColumnBatch, ColumnValues } from '../writeArrow.ts';
import { newValues, storedKind } from './columns.ts';
import type { BlockColumn, TableColumn, TableSource } from './columns.ts';
import type { StatisticsOf } from './statistics.ts';

/** Bytes of a record batch, about: arrowDataset reads such pieces at once. */
const BATCH_BYTES = 4 * 2 ** 20;
const MOST_BATCH_ROWS = 65_536;

export interface RecordBatch {
  readonly rows: number;
  readonly columns: readonly ColumnBatch[];
}

/** Rows of each record batch but the last: whole bytes of null bitmaps. */
export function batchRowsOf(columns: readonly TableColumn[]): number {
  const bytes = columns.reduce((sum, { type, perRow }) => sum + rowBytes({ kind: storedKind(type), width: perRow }), 0);
  return Math.max(8, Math.min(MOST_BATCH_ROWS, 8 * Math.floor(BATCH_BYTES / bytes / 8)));
}

/** The source's rows in record batches; `statistics` see the same batches, so a file's are the same bits every time. */
export async function* batchesOf(
  source: TableSource,
  batchRows: number,
  statistics: readonly StatisticsOf[],
): AsyncGenerator<RecordBatch> {
  const { columns } = source;
  const create = (): OpenColumn[] => columns.map((column) => new OpenColumn(column, batchRows));
  let open = create();
  let filled = 0;
  const finish = (rows: number): RecordBatch => {
    open.forEach((column, i) => statistics[i].add(column.values, column.hasNulls ? column.nulls : null, rows));
    return { rows, columns: open.map((column) => column.batch(rows)) };
  };
  for await (const block of source.blocks()) {
    for (let from = 0; from < block.rows;) {
      const count = Math.min(block.rows - from, batchRows - filled);
      open.forEach((column, i) => column.append(block.columns[i], from, filled, count));
      from += count;
      filled += count;
      if (filled < batchRows) continue;
      yield finish(batchRows);
      // What was given away is still being written.
      open = create();
      filled = 0;
    }
  }
  if (filled > 0) yield finish(filled);
}

/** A column of the record batch that is being filled. */
class OpenColumn {
  readonly values: ColumnValues;
  readonly nulls: Uint8Array;
  hasNulls = false;
  readonly #perRow: number;

  constructor({ type, perRow }: TableColumn, rows: number) {
    this.values = newValues(type, rows * perRow);
    this.nulls = new Uint8Array(rows);
    this.#perRow = perRow;
  }

  append({ values, nulls }: BlockColumn, from: number, at: number, count: number): void {
    const width = this.#perRow;
    // The source gives the arrays that its columns' types say.
    (this.values as Float64Array).set(
      (values as Float64Array).subarray(from * width, (from + count) * width),
      at * width,
    );
    if (nulls === null) return;
    for (let row = 0; row < count; row++) {
      if (nulls[from + row] === 0) continue;
      this.hasNulls = true;
      this.nulls[at + row] = 1;
      // Files must not hold what was in memory before.
      (this.values as Float64Array).fill(zeroOf(this.values) as number, (at + row) * width, (at + row + 1) * width);
    }
  }

  batch(rows: number): ColumnBatch {
    const values = this.values.subarray(0, rows * this.#perRow);
    if (!this.hasNulls) return values;
    const validity = new Uint8Array(Math.ceil(rows / 8));
    let nullCount = 0;
    for (let row = 0; row < rows; row++) {
      if (this.nulls[row] === 1) nullCount++;
      else validity[row >> 3] |= 1 << (row & 7);
    }
    return { values, validity, nullCount };
  }
}

function zeroOf(values: ColumnValues): number | bigint {
  return values instanceof BigInt64Array || values instanceof BigUint64Array ? 0n : 0;
}
