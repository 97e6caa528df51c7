/** Which columns of a Parquet file become columns of a table, and as what. */
import { LockstepError } from '@lockstep/core/source';
import type { ParquetType, SchemaElement, SchemaTree } from 'hyparquet';
import { place } from '../../format/errors.ts';
import type { ColumnType } from '../table/columns.ts';
import { leavesOf } from './footer.ts';
import type { ParquetFooter } from './footer.ts';

/** A column of numbers, texts, or lists of numbers. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** How the values are stored in pages. */
  readonly physical: ParquetType;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY. */
  readonly typeLength: number | undefined;
  /** What the numbers were in the file, where their type does not say it: `decimal(9, 2)`, `timestamp in µs`. */
  readonly meaning: ColumnMeaning | null;
  readonly isList: boolean;
  /** Place among the leaves of the schema. */
  readonly leaf: number;
  readonly levels: Levels;
}

export interface ColumnMeaning {
  readonly kind: 'decimal' | 'date' | 'time' | 'timestamp' | 'int96' | 'float16' | 'binary';
  /** Digits behind the point, of decimals. */
  readonly scale: number;
  readonly unit: 'ms' | 'µs' | 'ns' | null;
  readonly text: string;
}

/** What the definition and repetition levels of a column mean. */
export interface Levels {
  readonly maxRepetition: 0 | 1;
  /** The level of a value that is there. */
  readonly maxDefinition: number;
  /** Levels below this one say that the whole row is null. */
  readonly row: number;
}

/** A column that cannot be converted, and why: it may still be left out. */
export interface RefusedColumn {
  readonly name: string;
  readonly reason: string;
  readonly advice: string;
}

/** All columns of the file, in its order. */
export function columnsOf({ schema }: ParquetFooter): (ParquetColumn | RefusedColumn)[] {
  let leaf = 0;
  return schema.children.map((child) => {
    const column = columnOf(child, leaf);
    leaf += leavesOf(child).length;
    return column;
  });
}

export function isRefused(column: ParquetColumn | RefusedColumn): column is RefusedColumn {
  return 'reason' in column;
}

/** COLUMN_TYPE, with what to do. */
export function refused(file: string, { name, reason, advice }: RefusedColumn): LockstepError {
  return new LockstepError('COLUMN_TYPE', {
    place: place(file, `column ${JSON.stringify(name)}`),
    expected: 'numbers, texts, truth values, dates, or lists of numbers',
    received: reason,
    advice,
  });
}

const SKIP = "leave it out (type 'skip').";
const FLATTEN = `Write its members as columns of their own, or ${SKIP}`;

function columnOf(tree: SchemaTree, leaf: number): ParquetColumn | RefusedColumn {
  const { name } = tree.element;
  const optional = tree.element.repetition_type === 'OPTIONAL' ? 1 : 0;
  if (tree.children.length === 0) {
    if (tree.element.repetition_type !== 'REPEATED') {
      const levels: Levels = { maxRepetition: 0, maxDefinition: optional, row: optional };
      return typed(name, tree.element, leaf, false, levels);
    }
    return typed(name, tree.element, leaf, true, { maxRepetition: 1, maxDefinition: 1, row: 0 });
  }
  const repeated = tree.children[0];
  const isList = tree.element.converted_type === 'LIST' || tree.element.logical_type?.type === 'LIST';
  if (!isList || tree.children.length !== 1 || repeated.element.repetition_type !== 'REPEATED') {
    const reason = tree.element.converted_type?.startsWith('MAP') === true ? 'a map' : 'a nested struct';
    return { name, reason, advice: FLATTEN };
  }
  if (repeated.children.length === 0) {
    return typed(name, repeated.element, leaf, true, { maxRepetition: 1, maxDefinition: optional + 1, row: optional });
  }
  const item = repeated.children[0];
  if (repeated.children.length > 1 || item.children.length > 0 || item.element.repetition_type === 'REPEATED') {
    const reason = 'a list of lists or structs';
    return { name, reason, advice: `Flatten it when writing the file, or ${SKIP}` };
  }
  const items = item.element.repetition_type === 'OPTIONAL' ? 1 : 0;
  return typed(name, item.element, leaf, true, {
    maxRepetition: 1,
    maxDefinition: optional + 1 + items,
    row: optional,
  });
}

function typed(
  name: string,
  element: SchemaElement,
  leaf: number,
  isList: boolean,
  levels: Levels,
): ParquetColumn | RefusedColumn {
  const found = typeOf(element);
  if (typeof found === 'string') return { name, reason: found, advice: `Convert it when writing the file, or ${SKIP}` };
  if (isList && found.type === 'category') {
    return { name, reason: 'a list of texts', advice: `Write a column for each, or ${SKIP}` };
  }
  const physical = element.type!;
  return { name, ...found, physical, typeLength: element.type_length, isList, leaf, levels };
}

type Found = Pick<ParquetColumn, 'type' | 'meaning'>;

/** The type of a leaf, or a description of one that has none. */
function typeOf(element: SchemaElement): Found | string {
  const { type, type_length: length, logical_type: logical, converted_type: converted } = element;
  const plain = (of: ColumnType): Found => ({ type: of, meaning: null });
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') return decimalOf(element);
  switch (type) {
    case 'BOOLEAN':
      return plain('bool');
    case 'FLOAT':
      return plain('float32');
    case 'DOUBLE':
      return plain('float64');
    case 'INT32':
      if (logical?.type === 'DATE' || converted === 'DATE') return meaning('int32', 'date', null, 'days since 1970');
      if (logical?.type === 'TIME' || converted === 'TIME_MILLIS') return meaning('int32', 'time', 'ms', 'time in ms');
      return plain(integerOf(element, 32));
    case 'INT64':
      return instantOf(element) ?? plain(integerOf(element, 64));
    case 'INT96':
      return meaning('int64', 'int96', 'ns', 'timestamp in ns');
    case 'BYTE_ARRAY':
      if (logical === undefined && converted === undefined) return meaning('category', 'binary', null, 'bytes');
      if (['STRING', 'ENUM', 'JSON'].includes(logical?.type ?? '')) return plain('category');
      if (['UTF8', 'ENUM', 'JSON'].includes(converted ?? '')) return plain('category');
      return `bytes (${logical?.type ?? converted})`;
    case 'FIXED_LEN_BYTE_ARRAY':
      if (logical?.type === 'FLOAT16' && length === 2) return meaning('float16', 'float16', null, '');
      return logical?.type === 'UUID'
        ? 'a UUID'
        : `bytes of length ${length} (${logical?.type ?? converted ?? 'plain'})`;
    case undefined:
    default:
      return 'no type';
  }
}

function integerOf({ logical_type: logical, converted_type: converted }: SchemaElement, stored: 32 | 64): ColumnType {
  const named = /^(U?)INT_(8|16|32|64)$/.exec(converted ?? '');
  const isSigned = logical?.type === 'INTEGER' ? logical.isSigned : named?.[1] !== 'U';
  const bits = logical?.type === 'INTEGER' ? logical.bitWidth : Number(named?.[2] ?? stored);
  const width = bits === 8 || bits === 16 || bits === 32 ? bits : 64;
  // More bits than are stored cannot be meant.
  return `${isSigned ? 'int' : 'uint'}${width > stored ? stored : width}`;
}

const UNITS = { MILLIS: 'ms', MICROS: 'µs', NANOS: 'ns' } as const;

function instantOf({ logical_type: logical, converted_type: converted }: SchemaElement): Found | undefined {
  if (logical?.type === 'TIMESTAMP' || logical?.type === 'TIME') {
    const kind = logical.type === 'TIME' ? 'time' : 'timestamp';
    const unit = UNITS[logical.unit];
    return meaning('int64', kind, unit, `${kind} in ${unit}`);
  }
  const legacy = /^(TIME|TIMESTAMP)_(MICROS|MILLIS)$/.exec(converted ?? '');
  if (legacy === null) return undefined;
  const kind = legacy[1] === 'TIME' ? 'time' : 'timestamp';
  const unit = UNITS[legacy[2] as 'MILLIS'];
  return meaning('int64', kind, unit, `${kind} in ${unit}`);
}

function decimalOf({
  type,
  type_length: length,
  logical_type: logical,
  scale,
  precision,
}: SchemaElement): Found | string {
  const digits = logical?.type === 'DECIMAL' ? logical.scale : (scale ?? 0);
  const all = logical?.type === 'DECIMAL' ? logical.precision : precision;
  const text = `decimal(${all}, ${digits})`;
  const isStored = type === 'INT32' || type === 'INT64' || type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY';
  if (!isStored || (length ?? 16) > 16 || !Number.isInteger(digits) || digits < 0 || digits > 38) return text;
  return { type: 'float64', meaning: { kind: 'decimal', scale: digits, unit: null, text } };
}

function meaning(type: ColumnType, kind: ColumnMeaning['kind'], unit: ColumnMeaning['unit'], text: string): Found {
  return { type, meaning: { kind, scale: 0, unit, text } };
}
