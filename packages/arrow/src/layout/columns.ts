/** Which columns of a schema are used, and how their values are read. */
import { LockstepError } from '@lockstep/core/source';
import { place } from '../format/errors.ts';
import type { ArrowField } from '../format/metadata.ts';
import type { LocatedColumn } from './batch.ts';
import { missingColumn } from './missingColumn.ts';
import { isTimeUnit, readsIntegers, unitRatio } from './reading.ts';
import type { Reading } from './reading.ts';
import type { ColumnRequest } from './request.ts';
import { storedType } from './storedTypes.ts';
import type { StoredType } from './storedTypes.ts';
import { isTextKind } from './types.ts';
import type { StoredKind } from './types.ts';
import { otherCategory, wrongType } from './wrongType.ts';

/** A column of the files that was asked for, how its values are stored, and how they are read. */
export interface SelectedColumn extends LocatedColumn {
  readonly request: ColumnRequest;
  readonly reading: Reading;
  /** `index`: the code of a category; labels that are texts are so without a word. */
  readonly encode: ColumnRequest['encode'];
  readonly isInteger: boolean;
  /** Whether there are texts, in the column or in its dictionary. */
  readonly isTexts: boolean;
  /** What a dictionary holds. */
  readonly valueKind: StoredKind;
  /** Number of the dictionary in the files' messages. */
  readonly dictionary?: number;
}

/**
 * The columns in the order asked for; COLUMN_MISSING or COLUMN_TYPE when one cannot be used in its place. `coded`: names of columns
 * that hold codes of texts, which somebody else knows.
 */
export function selectColumns(
  file: string,
  fields: readonly ArrowField[],
  requests: readonly ColumnRequest[],
  coded: readonly string[] = [],
): SelectedColumn[] {
  return requests.map((request) => {
    const matches = fields.filter((field) => field.name === request.name);
    if (matches.length !== 1) throw missing(file, request.name, fields, matches.length);
    const [{ type, typeName }] = matches;
    const stored = coded.includes(request.name) ? codesOfTexts(coded.indexOf(request.name)) : storedType(type);
    const selected = stored === undefined ? undefined : select(stored, request);
    const isCoded = coded.includes(request.name);
    if (selected === undefined) throw wrongType(file, request, isCoded ? 'a category (texts)' : typeName, stored);
    return selected;
  });
}

/** Dictionaries that no file numbers are numbered by the columns. */
function codesOfTexts(column: number): StoredType {
  return { kind: 'int32', width: 1, isList: false, valueKind: 'utf8', dictionary: column };
}

/** undefined where the type does not serve the request. */
function select(stored: StoredType, request: ColumnRequest): SelectedColumn | undefined {
  const { role, cast, name } = request;
  const { kind, width, isList, valueKind, dictionary, decimalPlaces, unit } = stored;
  const isTexts = isTextKind(valueKind);
  const isNumber = !isTexts || cast !== undefined;
  if (isList && role !== 'feature' && role !== 'label') return undefined;
  if (cast !== undefined && isTimeUnit(cast) && unit === undefined) return undefined;
  if (request.compares !== undefined && (request.compares === 'texts') !== isTexts) return undefined;
  const mayBeTexts = role !== 'sampleWeight' && (role !== 'feature' || request.encode !== 'number');
  if (!isNumber && !mayBeTexts) return undefined;

  const isCategory = request.encode !== 'number' || !isNumber;
  if (isCategory && otherCategory(request, !isNumber) !== undefined) return undefined;
  const encode = isCategory && request.encode === 'number' ? 'index' : request.encode;
  const hasUnit = cast !== undefined && isTimeUnit(cast);
  const ratio = hasUnit ? unitRatio(unit!, cast) : undefined;
  const reading: Reading = {
    ...{ isCategory, nanIsNull: request.nanIsNull && valueKind.startsWith('float') },
    ...(cast === undefined || hasUnit ? {} : { cast }),
    ...(ratio === undefined ? {} : { unit: ratio }),
    ...(decimalPlaces === undefined ? {} : { decimalPlaces }),
  };
  const isInteger = readsIntegers(valueKind, reading);
  if (isCategory && (isList || (isNumber && !isInteger))) return undefined;
  return {
    ...{ name, request, kind, width, isList, reading, encode, isInteger, isTexts, valueKind },
    ...(stored.hasLargeOffsets === true ? { hasLargeOffsets: true } : {}),
    ...(dictionary === undefined ? {} : { dictionary }),
  };
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
