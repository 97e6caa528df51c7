/** Which rows a dataset has: those that pass the filter and hold nothing that cannot be used. */
import { LockstepError } from '@lockstep/core/source';
import { invalidFile, place } from '../format/errors.ts';
import type { StoredReader } from '../source/storedReader.ts';
import type { SelectedColumn } from '../layout/columns.ts';
import { NULL_ADVICE } from '../layout/nulls.ts';
import type { Condition, DatasetRequest } from '../layout/request.ts';
import { bytesOf } from '../layout/storedBytes.ts';
import { forEachTile } from './tiles.ts';
import type { ScannedFiles } from './tiles.ts';

/** Rows of all files, by what became of them. */
export interface RowCounts {
  inFiles: number;
  filtered: number;
  /** Left out because of `onBadRecord: 'skip'`. */
  skipped: number;
}

export interface Files extends ScannedFiles {
  readonly columns: readonly SelectedColumn[];
  /** The texts of each dictionary. */
  readonly dictionaries: readonly (readonly string[])[];
}

const KEPT = 0;
const FILTERED = 1;
const SKIPPED = 2;

/**
 * For each row of a batch 1 where it is kept, and the counts are added to. Only what has to be looked at is read: bitmaps of columns
 * that have some, indices of dictionaries, columns of the filter and those to be normalised.
 */
export async function selectRows(
  files: Files,
  request: DatasetRequest,
  reader: StoredReader,
  batch: number,
  counts: RowCounts,
): Promise<Uint8Array> {
  const { columns } = files;
  const { rows } = files.layout.batches[batch];
  const state = new Uint8Array(rows);
  for (const [index, { request: column }] of columns.entries()) {
    if (column.role !== 'filter') continue;
    const conditions = request.filter.filter((condition) => condition.column === column.name);
    await forEachTile(files, reader, batch, index, (first, count) => {
      for (let i = 0; i < count; i++) {
        const isNull = reader.hasNulls && reader.valid[i] === 0;
        if (isNull || !meets(reader.numbers[i], conditions)) state[first + i] = FILTERED;
      }
    });
  }
  for (const [index, { request: column }] of columns.entries()) {
    if (column.role === 'filter') continue;
    const problemOf = problemFinder(files, reader, batch, index);
    if (problemOf === undefined) continue;
    const { width } = columns[index];
    await forEachTile(files, reader, batch, index, (first, count) => {
      for (let i = 0; i < count; i++) {
        if (state[first + i] !== KEPT) continue;
        for (let item = i * width; item < (i + 1) * width; item++) {
          const problem = problemOf(item, first);
          if (problem === undefined) continue;
          if (!request.skipBadRecords) throw problem();
          state[first + i] = SKIPPED;
          break;
        }
      }
    });
  }
  counts.inFiles += rows;
  for (let row = 0; row < rows; row++) {
    if (state[row] === FILTERED) counts.filtered++;
    if (state[row] === SKIPPED) counts.skipped++;
    state[row] = state[row] === KEPT ? 1 : 0;
  }
  return state;
}

/** `undefined`, or how to make the error of the item of the reader, in the tile that begins with row `first` of the batch. */
type ProblemOf = (item: number, first: number) => (() => LockstepError) | undefined;

/** undefined where nothing in a column can be wrong. */
function problemFinder(
  { layout, columns, dictionaries }: Files,
  reader: StoredReader,
  batchIndex: number,
  index: number,
): ProblemOf | undefined {
  const batch = layout.batches[batchIndex];
  const buffers = batch.columns[index];
  const { request, name, width } = columns[index];
  const { fillNull, normalize, vocabulary } = request;
  const mayBeNull = buffers.rowValidity !== undefined || buffers.entryValidity !== undefined;
  const texts = buffers.dictionary === undefined ? undefined : dictionaries[buffers.dictionary];
  if (!mayBeNull && texts === undefined && normalize === undefined) return undefined;

  const known = typeof vocabulary === 'string' ? undefined : new Set(vocabulary);
  const where = place(layout.files[batch.file].name, `record batch ${batch.number}`, `column ${JSON.stringify(name)}`);
  const at = (item: number, first: number): string => {
    const row = batch.firstRow + first + Math.floor(item / width);
    return place(where, `row ${row}`, width === 1 ? undefined : `item ${item % width}`);
  };
  return (item, first) => {
    if (reader.hasNulls && reader.valid[item] === 0) {
      return fillNull === undefined ? () => nullError(at(item, first), request.role) : undefined;
    }
    const value = reader.numbers[item];
    if (texts !== undefined) {
      const text = texts[value];
      if (text === undefined) {
        const { kind } = columns[index];
        const entry = buffers.firstEntry + first * width + item;
        const byte = batch.codec === undefined ? `byte ${buffers.values.offset + bytesOf(kind, entry)}` : undefined;
        const expected = `an index into a dictionary of ${texts.length} texts`;
        throw invalidFile({ place: place(at(item, first), byte), expected, received: String(value) });
      }
      return known === undefined || known.has(text)
        ? undefined
        : () => unknownText(at(item, first), text, request.option);
    }
    return normalize === undefined || Number.isFinite(value) ? undefined : () => notFinite(at(item, first), value);
  };
}

function meets(value: number, conditions: readonly Condition[]): boolean {
  for (let i = 0; i < conditions.length; i++) {
    const { comparison, value: bound } = conditions[i];
    let isMet: boolean;
    if (comparison === '<') isMet = value < bound;
    else if (comparison === '<=') isMet = value <= bound;
    else if (comparison === '>') isMet = value > bound;
    else if (comparison === '>=') isMet = value >= bound;
    else if (comparison === '==') isMet = value === bound;
    else isMet = value !== bound;
    if (!isMet) return false;
  }
  return true;
}

function nullError(where: string, role: SelectedColumn['request']['role']): LockstepError {
  const advice =
    role === 'feature'
      ? NULL_ADVICE
      : `A ${role === 'label' ? 'label' : 'weight'} is never made up: leave such rows out by onBadRecord: 'skip'.`;
  return new LockstepError('COLUMN_HAS_NULLS', {
    ...{ place: where, expected: 'a value in every row', received: 'a null', advice },
  });
}

function unknownText(where: string, text: string, option: string): LockstepError {
  return new LockstepError('INVALID_DATA', {
    place: where,
    expected: `a text of arrowDataset${option}.vocabulary`,
    received: JSON.stringify(text),
    advice: "Add it to the vocabulary, or leave such rows out: onBadRecord: 'skip'.",
  });
}

function notFinite(where: string, value: number): LockstepError {
  return new LockstepError('INVALID_DATA', {
    place: where,
    expected: 'finite numbers in a column that is normalised',
    received: String(value),
    advice: "Make such values null when writing the file, or leave their rows out: onBadRecord: 'skip'.",
  });
}
