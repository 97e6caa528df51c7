/** Which columns of a schema are used, and whether their types can be. */
import { LockstepError } from '@lockstep/core/source';
import type { DataType } from 'apache-arrow';
import { place } from '../format/errors.ts';
import type { ArrowField } from '../format/metadata.ts';
import type { LocatedColumn } from './batch.ts';
import { missingColumn } from './missingColumn.ts';
import type { ColumnRequest } from './request.ts';
import type { NumberKind, StoredKind } from './types.ts';

/** A column of the files that was asked for, and how its values are stored. */
export interface SelectedColumn extends LocatedColumn {
  readonly request: ColumnRequest;
  /** Number of the dictionary in the files' messages; only for dictionaries of texts. */
  readonly dictionary?: number;
}

// apache-arrow's numbers of types; the enum itself would have to be imported, which is what this package puts off.
const INT = 2;
const FLOAT = 3;
const BOOL = 6;
const DATE = 8;
const TIME = 9;
const TIMESTAMP = 10;
const LIST = 12;
const FIXED_SIZE_LIST = 16;
const DURATION = 18;
const DICTIONARY = -1;
/** Types of dictionaries' values: with offsets of 32 and of 64 bits. */
const UTF8 = 5;
const LARGE_UTF8 = 20;
const FLOAT_KINDS = ['float16', 'float32', 'float64'] as const;

/** The columns in the order asked for; COLUMN_MISSING or COLUMN_TYPE when one cannot be used in its place. */
export function selectColumns(
  file: string,
  fields: readonly ArrowField[],
  requests: readonly ColumnRequest[],
): SelectedColumn[] {
  return requests.map((request) => {
    const matches = fields.filter((field) => field.name === request.name);
    if (matches.length !== 1) throw missing(file, request.name, fields, matches.length);
    const [{ type, typeName }] = matches;
    const dictionary = dictionaryType(type);
    if (dictionary !== undefined && (request.role === 'label' || request.encode !== 'number')) {
      return { name: request.name, request, kind: dictionary.kind, width: 1, isList: false, dictionary: dictionary.id };
    }
    const numeric = numericType(type);
    const mayBeList = request.role === 'feature' || request.role === 'label';
    if (numeric === undefined || request.encode !== 'number' || (!mayBeList && numeric.isList)) {
      throw wrongType(file, request, typeName);
    }
    return { name: request.name, request, ...numeric };
  });
}

/**
 * The kind of number and the values per row of a type that can be read in place; undefined for all others. The width is
 * 0 for a list whose type gives no length.
 */
export function numericType(type: DataType): { kind: StoredKind; width: number; isList: boolean } | undefined {
  const id = Number(type.typeId);
  if (id === FIXED_SIZE_LIST || id === LIST) {
    const width = id === LIST ? 0 : (type as unknown as { listSize: number }).listSize;
    const kind = scalarKind(type.children[0]?.type);
    return kind === undefined || (id !== LIST && width < 1) ? undefined : { kind, width, isList: true };
  }
  const kind = scalarKind(type);
  return kind === undefined ? undefined : { kind, width: 1, isList: false };
}

function scalarKind(type: DataType | undefined): StoredKind | undefined {
  if (type === undefined) return undefined;
  const details = type as unknown as { isSigned: boolean; bitWidth: number; precision: number; unit: number };
  switch (Number(type.typeId)) {
    case INT:
      return intKind(details.bitWidth, details.isSigned);
    case FLOAT:
      return FLOAT_KINDS[details.precision];
    case BOOL:
      return 'bool';
    case DATE:
      // Days, or milliseconds.
      return details.unit === 0 ? 'int32' : 'int64';
    case TIME:
      return intKind(details.bitWidth, true);
    case TIMESTAMP:
    case DURATION:
      return 'int64';
    default:
      return undefined;
  }
}

function intKind(bits: number, isSigned: boolean): NumberKind | undefined {
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) return undefined;
  return `${isSigned ? 'int' : 'uint'}${bits}`;
}

/** The kind of a dictionary's indices and its number, where its values are texts. */
export function dictionaryType(type: DataType): { kind: NumberKind; id: number } | undefined {
  if (Number(type.typeId) !== DICTIONARY) return undefined;
  const { dictionary, indices, id } = type as unknown as { dictionary: DataType; indices: DataType; id: number };
  const values = Number(dictionary.typeId);
  const kind = scalarKind(indices);
  if ((values !== UTF8 && values !== LARGE_UTF8) || kind === undefined || kind === 'bool') return undefined;
  return { kind, id: Number(id) };
}

function missing(file: string, name: string, fields: readonly ArrowField[], matches: number): LockstepError {
  const names = fields.map((field) => field.name);
  const where = place(file, `column ${JSON.stringify(name)}`);
  const listed = names.join(', ') || 'it has none';
  if (matches === 0) return missingColumn(where, name, names, listed);
  return new LockstepError('COLUMN_MISSING', {
    place: where,
    expected: `one of the file's columns (${listed})`,
    received: `${matches} of that name`,
    advice: 'Columns are chosen by name; give each its own.',
  });
}

function wrongType(file: string, request: ColumnRequest, type: string): LockstepError {
  return new LockstepError('COLUMN_TYPE', {
    place: place(file, `column ${JSON.stringify(request.name)}`),
    expected: expectedType(request),
    received: type,
    advice: adviceFor(request, type),
  });
}

function expectedType({ role, encode }: ColumnRequest): string {
  if (encode !== 'number') return `a dictionary of texts as ${role}, for oneHot, embeddingIndex or a vocabulary`;
  const scalar = 'an integer, a float, a bool, a date or a time';
  if (role === 'feature') return `${scalar}, or a list of them`;
  return role === 'label' ? `${scalar}, a list of them, or a dictionary of texts as label` : `${scalar} as ${role}`;
}

/** Texts, as such or by a dictionary, are what tables hold where a network wants numbers. */
function adviceFor({ role, encode }: ColumnRequest, type: string): string {
  if (dictionaryLike(type)) {
    if (role === 'feature')
      return 'Say how texts become numbers: { column, oneHot: true } or { column, embeddingIndex: true }.';
    return 'Dictionaries of texts can be features and labels.';
  }
  if (/utf8/i.test(type)) {
    const rest = role === 'label' ? 'each is then a class.' : 'then oneHot or embeddingIndex make them numbers.';
    return `Write texts as a dictionary (polars: Categorical; pandas: category): ${rest}`;
  }
  if (encode !== 'number') return 'For integers the layers embedding and categoryEncoding do the same.';
  return 'Convert the column when writing the file, or leave it out.';
}

function dictionaryLike(type: string): boolean {
  return type.startsWith('Dictionary') && /utf8/i.test(type);
}
