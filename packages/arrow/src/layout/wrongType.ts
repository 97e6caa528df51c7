/** Words about a column whose type does not serve what was asked of it. */
import { LockstepError } from '@lockstep/core/source';
import { place } from '../format/errors.ts';
import { isTimeUnit } from './reading.ts';
import type { ColumnRequest } from './request.ts';
import type { StoredType } from './storedTypes.ts';
import { isTextKind } from './types.ts';

/** `stored` is undefined for a type that nothing is read of. */
export function wrongType(
  file: string,
  request: ColumnRequest,
  type: string,
  stored: StoredType | undefined,
): LockstepError {
  return new LockstepError('COLUMN_TYPE', {
    place: place(file, `column ${JSON.stringify(request.name)}`),
    expected: expectedType(request, stored),
    received: type,
    advice: adviceFor(request, type, stored),
  });
}

function expectedType({ role, encode, cast, compares }: ColumnRequest, stored: StoredType | undefined): string {
  const scalar = 'an integer, a float, a decimal, a bool, a date or a time';
  if (stored !== undefined) {
    if (compares !== undefined) return `${compares}, as arrowDataset.filter compares it with`;
    if (cast !== undefined && isTimeUnit(cast) && stored.unit === undefined)
      return `a date or a time, for cast: '${cast}'`;
    if (encode !== 'number') return `texts or integers as ${role}, for oneHot, embeddingIndex or a vocabulary`;
  }
  if (role === 'feature') return `${scalar}, or a list of them`;
  return role === 'label' ? `${scalar}, a list of them, or texts as label` : `${scalar} as ${role}`;
}

/** Texts are what tables hold where a network wants numbers. */
function adviceFor({ role, encode, compares }: ColumnRequest, type: string, stored: StoredType | undefined): string {
  if (stored === undefined) {
    if (type === 'Null') return 'It holds nothing but nulls: leave it out.';
    if (type.startsWith('Struct')) return 'Write its fields as columns of their own, or leave it out.';
    return 'Convert the column when writing the file, or leave it out.';
  }
  if (compares !== undefined) {
    return isTextKind(stored.valueKind)
      ? "Compare texts with texts: [column, '==', 'text'] or [column, 'in', ['one', 'other']]."
      : "Compare numbers with numbers: [column, '>=', 18] or [column, 'in', [1, 2]].";
  }
  if (isTextKind(stored.valueKind)) {
    if (role !== 'feature') return 'Texts can be features and labels.';
    return "Say how texts become numbers: { column, oneHot: true }, { column, embeddingIndex: true }, or { column, cast: 'float64' } where they are digits.";
  }
  if (encode !== 'number' && !stored.isList) return "Add cast: 'int32' where the numbers are whole ones.";
  if (stored.isList) return 'Write the list as columns of their own, or leave it out.';
  return 'Convert the column when writing the file, or leave it out.';
}
