/** Words about a column whose type does not serve what was asked of it. */
import { LockstepError } from '@lockstep/core/source';
import { place } from '../format/errors.ts';
import { isTimeUnit } from './reading.ts';
import type { Category, ColumnRequest } from './request.ts';
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

/** A category that the options name, of another kind than those of a column that is read as texts, or as integers. */
export function otherCategory({ vocabulary, fillNull }: ColumnRequest, readsTexts: boolean): Category | undefined {
  const named = [typeof vocabulary === 'string' ? undefined : vocabulary[0], fillNull?.value];
  return named.find((each) => each !== undefined && each !== null && (typeof each === 'string') !== readsTexts) as
    | Category
    | undefined;
}

function otherCategoryIn(request: ColumnRequest, stored: StoredType | undefined): Category | undefined {
  if (stored === undefined || request.encode === 'number') return undefined;
  return otherCategory(request, isTextKind(stored.valueKind) && request.cast === undefined);
}

function expectedType(request: ColumnRequest, stored: StoredType | undefined): string {
  const { role, encode, cast, compares, option } = request;
  const other = otherCategoryIn(request, stored);
  if (other !== undefined) {
    return `${typeof other === 'string' ? 'texts' : 'integers'}, as ${JSON.stringify(other)} of arrowDataset${option} is`;
  }
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
function adviceFor(request: ColumnRequest, type: string, stored: StoredType | undefined): string {
  const { role, encode, compares } = request;
  if (otherCategoryIn(request, stored) !== undefined) {
    return 'Name categories in vocabulary and fillNull as the column has them: texts in quotes, integers without.';
  }
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
