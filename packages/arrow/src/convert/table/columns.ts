/** What a converted table's columns are: the types that people choose, and how each is stored. */
import type { NumberKind } from '../../layout/types.ts';
import type { ColumnValues } from '../writeArrow.ts';

/**
 * A number as it is stored; `bool`, stored as uint8 0 or 1; or `category`: texts, stored as int32 codes from 0 in the
 * order of their first appearance, with the texts in the table's index.
 */
export type ColumnType = NumberKind | 'bool' | 'category';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Values per row: more than 1 makes a FixedSizeList. */
  readonly perRow: number;
  /** The texts of a category by code, as far as they are known; null for all other columns. */
  readonly categories: readonly string[] | null;
  /** What the numbers were in the file, where their type does not say it: `decimal(9, 2)`, `timestamp in µs`. */
  readonly meaning?: string;
}

/** Rows of a table. What produced it may write over its arrays as soon as the next one is asked for. */
export interface TableBlock {
  readonly rows: number;
  readonly columns: readonly BlockColumn[];
  /** [rows]: the line of the file that each row begins in, from 1; null where there are no lines. */
  readonly lines: Float64Array | null;
}

export interface BlockColumn {
  /** [rows, perRow] at least; where a row is null, any. */
  readonly values: ColumnValues;
  /** [rows]: 1 where the row is null; null when none can be. */
  readonly nulls: Uint8Array | null;
}

/** A file that can be converted: its columns, and its rows in order. */
export interface TableSource {
  readonly columns: readonly TableColumn[];
  blocks(): AsyncIterable<TableBlock>;
}

export function storedKind(type: ColumnType): NumberKind {
  if (type === 'bool') return 'uint8';
  return type === 'category' ? 'int32' : type;
}

const CREATE: Readonly<Record<NumberKind, (length: number) => ColumnValues>> = {
  uint8: (length) => new Uint8Array(length),
  int8: (length) => new Int8Array(length),
  uint16: (length) => new Uint16Array(length),
  int16: (length) => new Int16Array(length),
  uint32: (length) => new Uint32Array(length),
  int32: (length) => new Int32Array(length),
  uint64: (length) => new BigUint64Array(length),
  int64: (length) => new BigInt64Array(length),
  float16: (length) => new Uint16Array(length),
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
};

export function newValues(type: ColumnType, length: number): ColumnValues {
  return CREATE[storedKind(type)](length);
}

/** Smallest and largest number of each kind of integer. */
export const INTEGER_RANGES: Readonly<Partial<Record<ColumnType, readonly [bigint, bigint]>>> = {
  uint8: [0n, 2n ** 8n - 1n],
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** Types that texts can be read as. */
export const TEXT_TYPES: readonly ColumnType[] = [
  ...(['category', 'bool', 'float32', 'float64'] as const),
  ...(['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64'] as const),
];

/** What stands for a type in an error's "expected". */
export function describeType(type: ColumnType): string {
  if (type === 'category') return 'a text in UTF-8';
  if (type === 'bool') return 'true or false';
  const range = INTEGER_RANGES[type];
  return range === undefined ? `a finite number (${type})` : `an integer from ${range[0]} to ${range[1]} (${type})`;
}
