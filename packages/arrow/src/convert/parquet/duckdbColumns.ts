/** A column of DuckDB's chunks to the values that its Parquet column stands for. */
import type { ColumnType, BlockColumn } from '../table/columns.ts';
import { newValues } from '../table/columns.ts';
import { keyOf } from '../vocabulary.ts';
import type { ColumnValues } from '../writeArrow.ts';
import type { DuckListVector, DuckVector } from './duckdb.ts';
import { ListRefused } from './listRows.ts';
import type { ChosenColumn } from './openParquet.ts';
import type { ParquetColumn } from './schema.ts';
import { codeOf, decimal, halfOf } from './values.ts';

const PLAIN: Readonly<Partial<Record<ColumnType, string>>> = {
  ...{ bool: 'BOOLEAN', float32: 'FLOAT', float64: 'DOUBLE' },
  ...{ int8: 'TINYINT', int16: 'SMALLINT', int32: 'INTEGER', int64: 'BIGINT' },
  ...{ uint8: 'UTINYINT', uint16: 'USMALLINT', uint32: 'UINTEGER', uint64: 'UBIGINT' },
};

/** Whether DuckDB gives this type for a column, in which nothing of its values is lost. */
export function isExact({ type, meaning, isList }: ParquetColumn, given: string): boolean {
  const item = isList ? given.replace(/\[\]$/, '') : given;
  if (isList !== given.endsWith('[]')) return false;
  switch (meaning?.kind) {
    case undefined:
      return type === 'category' ? item === 'VARCHAR' || item === 'JSON' : item === PLAIN[type];
    case 'binary':
      return item === 'BLOB';
    case 'date':
      return item === 'DATE';
    case 'float16':
      return item === 'FLOAT';
    case 'decimal':
      return new RegExp(`^DECIMAL\\(\\d+,${meaning.scale}\\)$`).test(item);
    case 'time':
      return item === 'TIME' && (meaning.unit === 'µs' || type === 'int32');
    case 'timestamp':
      if (meaning.unit === 'ns') return item === 'TIMESTAMP_NS';
      return item === 'TIMESTAMP' || item === 'TIMESTAMP WITH TIME ZONE';
    case 'int96':
      return false;
    default:
      return false;
  }
}

/** Reads chunks of up to `rows` rows. */
export class DuckColumn implements BlockColumn {
  readonly values: ColumnValues;
  readonly nulls: Uint8Array;
  readonly #chosen: ChosenColumn;
  /** Texts that have been seen: the vocabulary would have to be asked for their bytes. */
  readonly #codes: Map<string, number> = new Map<string, number>();

  constructor(chosen: ChosenColumn, rows: number) {
    this.#chosen = chosen;
    this.values = newValues(chosen.column.type, rows * chosen.width);
    this.nulls = new Uint8Array(rows);
  }

  /** Throws ListRefused and TextRefused. */
  read(vector: DuckVector, rows: number): void {
    fillNulls(vector, this.nulls, rows);
    const { column, width } = this.#chosen;
    if (column.isList) this.#readLists(vector as DuckListVector, rows, width);
    else this.#readItems(vector, 0, rows, 0, this.nulls);
  }

  #readLists(vector: DuckListVector, rows: number, width: number): void {
    const child = vector.childVector;
    const total = Array.from({ length: rows }, (_, row) => (this.nulls[row] === 1 ? 0 : vector.getEntryLength(row)));
    const end = total.reduce(
      (most, length, row) => Math.max(most, length === 0 ? 0 : vector.getEntryOffset(row) + length),
      0,
    );
    const childNulls = new Uint8Array(end);
    fillNulls(child, childNulls, end);
    for (let row = 0; row < rows; row++) {
      if (this.nulls[row] === 1) continue;
      const offset = vector.getEntryOffset(row);
      if (total[row] !== width) throw new ListRefused(row, total[row]);
      if (childNulls.subarray(offset, offset + width).includes(1)) throw new ListRefused(row, 'null');
      this.#readItems(child, offset, width, row * width, null);
    }
  }

  /** `nulls` of the items, or null where none is. */
  #readItems(vector: DuckVector, from: number, count: number, at: number, nulls: Uint8Array | null): void {
    const { column, vocabulary } = this.#chosen;
    const { items } = vector;
    const target = this.values as Float64Array;
    if (column.meaning === null && items?.constructor === this.values.constructor) {
      target.set((items as Float64Array).subarray(from, from + count), at);
      return;
    }
    for (let i = 0; i < count; i++) {
      if (nulls !== null && nulls[i] === 1) continue;
      const item = vector.getItem(from + i);
      if (vocabulary !== null) target[at + i] = this.#codeOf(item, i);
      else (target as unknown as unknown[])[at + i] = numberOf(item, column);
    }
  }

  #codeOf(item: unknown, row: number): number {
    if (typeof item !== 'string') {
      return codeOf(
        Buffer.from((item as { bytes: Uint8Array }).bytes).toString('latin1'),
        row,
        this.#chosen.vocabulary!,
      );
    }
    const known = this.#codes.get(item);
    if (known !== undefined) return known;
    const code = codeOf(keyOf(item), row, this.#chosen.vocabulary!);
    this.#codes.set(item, code);
    return code;
  }
}

/** One of DuckDB's values: a number, a bigint, a boolean, or an object that holds one of them. */
function numberOf(item: unknown, { type, meaning }: ParquetColumn): number | bigint {
  switch (meaning?.kind) {
    case undefined:
      return type === 'bool' ? Number(item) : (item as number);
    case 'date':
      return (item as { days: number }).days;
    case 'float16':
      return halfOf(item as number);
    case 'decimal':
      return decimal(Number((item as { value: bigint }).value), meaning.scale);
    case 'time': {
      const { micros } = item as { micros: bigint };
      return meaning.unit === 'ms' ? Number(micros / 1000n) : micros;
    }
    case 'timestamp': {
      if (meaning.unit === 'ns') return (item as { nanos: bigint }).nanos;
      const { micros } = item as { micros: bigint };
      return meaning.unit === 'ms' ? micros / 1000n : micros;
    }
    case 'int96':
    case 'binary':
    default:
      throw new Error(`no number of ${meaning?.kind}`);
  }
}

/** 1 for each entry that is null. */
function fillNulls(vector: DuckVector, nulls: Uint8Array, count: number): void {
  const data = vector.validity?.data;
  if (data === null) {
    nulls.fill(0, 0, count);
  } else if (data instanceof BigUint64Array) {
    const bits = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let i = 0; i < count; i++) nulls[i] = 1 - ((bits[i >> 3] >> (i & 7)) & 1);
  } else {
    for (let i = 0; i < count; i++) nulls[i] = vector.getItem(i) === null ? 1 : 0;
  }
}
