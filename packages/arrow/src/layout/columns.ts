/** Which columns of a schema are used, and whether their types can be. */
import { LockstepError } from '@lockstep/core/source';
import type { DataType } from 'apache-arrow';
import { place } from '../format/errors.ts';
import type { ArrowField } from '../format/metadata.ts';
import { nearest } from './nearest.ts';
import type { ColumnLayout, NumberKind } from './types.ts';

/** A column asked for by name. */
export interface ColumnRequest {
  readonly name: string;
  readonly role: ColumnLayout['role'];
}

// apache-arrow's numbers of types; the enum itself would have to be imported, which is what this package puts off.
const INT = 2;
const FLOAT = 3;
const FIXED_SIZE_LIST = 16;
const FLOAT_KINDS = ['float16', 'float32', 'float64'] as const;

/** The columns in the order asked for; COLUMN_MISSING or COLUMN_TYPE when one cannot be used in its place. */
export function selectColumns(
  file: string,
  fields: readonly ArrowField[],
  requests: readonly ColumnRequest[],
): ColumnLayout[] {
  return requests.map((request) => {
    const matches = fields.filter((field) => field.name === request.name);
    if (matches.length !== 1) throw missing(file, request.name, fields, matches.length);
    const numeric = numericType(matches[0].type);
    if (numeric === undefined || (request.role !== 'feature' && numeric.isList)) {
      throw wrongType(file, request, matches[0].typeName);
    }
    return { ...request, kind: numeric.kind, width: numeric.width };
  });
}

/** The kind of number and the values per row of a type that can be read in place; undefined for all others. */
export function numericType(type: DataType): { kind: NumberKind; width: number; isList: boolean } | undefined {
  if (Number(type.typeId) === FIXED_SIZE_LIST) {
    const { listSize } = type as unknown as { listSize: number };
    const kind = scalarKind(type.children[0]?.type);
    return kind === undefined || listSize < 1 ? undefined : { kind, width: listSize, isList: true };
  }
  const kind = scalarKind(type);
  return kind === undefined ? undefined : { kind, width: 1, isList: false };
}

function scalarKind(type: DataType | undefined): NumberKind | undefined {
  if (type === undefined) return undefined;
  const details = type as unknown as { isSigned: boolean; bitWidth: number; precision: number };
  if (Number(type.typeId) === FLOAT) return FLOAT_KINDS[details.precision];
  if (Number(type.typeId) !== INT || ![8, 16, 32, 64].includes(details.bitWidth)) return undefined;
  return `${details.isSigned ? 'int' : 'uint'}${details.bitWidth as 8 | 16 | 32 | 64}`;
}

function missing(file: string, name: string, fields: readonly ArrowField[], matches: number): LockstepError {
  const names = fields.map((field) => field.name);
  const where = place(file, `column ${JSON.stringify(name)}`);
  const expected = `one of the file's columns (${names.join(', ') || 'it has none'})`;
  if (matches > 1) {
    const advice = 'Columns are chosen by name; give each its own.';
    return new LockstepError('COLUMN_MISSING', { place: where, expected, received: `${matches} of that name`, advice });
  }
  const guess = nearest(name, names);
  const advice = guess === undefined ? 'Choose one of them.' : `Did you mean ${JSON.stringify(guess)}?`;
  return new LockstepError('COLUMN_MISSING', { place: where, expected, received: 'no such column', advice });
}

function wrongType(file: string, request: ColumnRequest, type: string): LockstepError {
  const scalar = 'an 8- to 64-bit integer or a 16- to 64-bit float';
  return new LockstepError('COLUMN_TYPE', {
    place: place(file, `column ${JSON.stringify(request.name)}`),
    expected: request.role === 'feature' ? `${scalar}, or a FixedSizeList of them` : `${scalar} as ${request.role}`,
    received: type,
    advice: adviceFor(request.role, type),
  });
}

/** Texts, as such or by a dictionary, are what tables hold where a network wants numbers. */
function adviceFor(role: ColumnRequest['role'], type: string): string {
  const isDictionary = type.startsWith('Dictionary');
  if (!isDictionary && !/utf8/i.test(type)) return 'Convert the column when writing the file, or leave it out.';
  const codes = isDictionary
    ? 'Dictionaries are not read: write the column as its integer codes'
    : 'Write a number for each text';
  if (role === 'label')
    return `${codes}, from 0 to the number of classes - 1 (in Python: pandas.factorize), and keep the texts beside.`;
  return role === 'feature' ? `${codes}, for an embedding or a categoryEncoding.` : `${codes}.`;
}
