/** What is wrong with a value that cannot be used, in words. */
import { LockstepError } from '@lockstep/core/source';
import { place } from '../format/errors.ts';
import type { SelectedColumn } from '../layout/columns.ts';
import { NULL_ADVICE } from '../layout/nulls.ts';
import { BAD, NULL } from '../layout/preparedTypes.ts';
import type { DatasetRequest } from '../layout/request.ts';
import type { StoredReader } from '../source/storedReader.ts';
import type { Files } from './files.ts';

const SKIP = "or leave such rows out: onBadRecord: 'skip'.";

/** `undefined`, or how to make the error of the item of the reader, in the tile that begins with row `first` of the batch. */
export type ProblemOf = (item: number, first: number) => (() => LockstepError) | undefined;

/** undefined where nothing in a column can be wrong, so that it need not be read. */
export function problemFinder(
  { layout, columns, dictionaries }: Files,
  { checksValues }: DatasetRequest,
  reader: StoredReader,
  batchIndex: number,
  index: number,
): ProblemOf | undefined {
  const batch = layout.batches[batchIndex];
  const buffers = batch.columns[index];
  const column = columns[index];
  const { request, name, width, reading, valueKind, isInteger, isTexts } = column;
  const { fillNull, normalize } = request;
  const mayBeNull =
    buffers.rowValidity !== undefined || buffers.entryValidity !== undefined || (reading.nanIsNull && !fillNull);
  const isMeasured = normalize !== undefined || fillNull?.isMean === true;
  const needsFinite = !reading.isCategory && !isInteger && (isMeasured || checksValues);
  // A vocabulary that is found has every value, but integers beyond 2^53 and texts without end.
  const isLong = valueKind.endsWith('int64') || valueKind.startsWith('decimal') || reading.unit !== undefined;
  const isEndless = isLong || (isTexts && buffers.dictionary === undefined);
  const mayBeBad =
    reading.cast !== undefined || (reading.isCategory && (typeof request.vocabulary !== 'string' || isEndless));
  if (!mayBeNull && !needsFinite && !mayBeBad) return undefined;

  const where = place(layout.files[batch.file].name, `record batch ${batch.number}`, `column ${JSON.stringify(name)}`);
  const at = (item: number, first: number): string => {
    const row = batch.firstRow + first + Math.floor(item / width);
    return place(where, `row ${row}`, width === 1 ? undefined : `item ${item % width}`);
  };
  return (item, first) => {
    const value = reader.numbers[item];
    if (reader.hasNulls && reader.valid[item] === NULL) {
      if (fillNull !== undefined) return undefined;
      return () => nullError(at(item, first), request.role, value, reading.nanIsNull);
    }
    if (reader.hasNulls && reader.valid[item] === BAD) {
      const { dictionary } = buffers;
      const found = dictionary === undefined ? (reader.textAt(item) ?? value) : dictionaries[dictionary][value];
      return () => badValue(at(item, first), column, found);
    }
    return !needsFinite || Number.isFinite(value) ? undefined : () => notFinite(at(item, first), value, isMeasured);
  };
}

function nullError(
  where: string,
  role: SelectedColumn['request']['role'],
  value: number,
  nanIsNull: boolean,
): LockstepError {
  const what = { label: 'label', sampleWeight: 'weight', split: 'group of a split' }[role as 'label'];
  const advice =
    role === 'feature' ? NULL_ADVICE : `A ${what} is never made up: leave such rows out by onBadRecord: 'skip'.`;
  return new LockstepError('COLUMN_HAS_NULLS', {
    place: where,
    expected: 'a value in every row',
    received: nanIsNull && Number.isNaN(value) ? 'NaN, which counts as a null' : 'a null',
    advice,
  });
}

function badValue(where: string, { request, reading, isTexts }: SelectedColumn, value: unknown): LockstepError {
  const received = JSON.stringify(value) ?? String(value);
  const { cast } = reading;
  if (cast !== undefined && (isTexts || !reading.isCategory)) {
    const what = isTexts ? `a text that is a number (cast: '${cast}')` : `a number in the range of '${cast}'`;
    const advice = isTexts ? `Correct it, ${SKIP}` : `Cast to a wider type, ${SKIP}`;
    return new LockstepError('INVALID_DATA', { place: where, expected: what, received, advice });
  }
  if (typeof request.vocabulary !== 'string') {
    const expected = `a value of arrowDataset${request.option}.vocabulary`;
    return new LockstepError('INVALID_DATA', {
      ...{ place: where, expected, received, advice: `Add it to the vocabulary, ${SKIP}` },
    });
  }
  const expected = isTexts ? 'a text of at most 65,536 bytes as a category' : 'an integer between -2^53 and 2^53';
  const advice = `${isTexts ? 'Leave the column out' : 'Write such numbers as texts'}, ${SKIP}`;
  return new LockstepError('INVALID_DATA', { place: where, expected, received, advice });
}

function notFinite(where: string, value: number, isMeasured: boolean): LockstepError {
  return new LockstepError('INVALID_DATA', {
    place: where,
    expected: isMeasured ? 'finite numbers in a column whose statistics are used' : 'a finite number',
    received: String(value),
    advice: `Make such values null when writing the file, ${SKIP}`,
  });
}
