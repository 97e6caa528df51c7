/** A column of a Parquet file, as pieces of any number of rows, one page in memory at a time. */
import { LockstepError } from '@lockstep/core/source';
import type { DecodedArray } from 'hyparquet';
import type { DiskFile } from '../../format/diskFile.ts';
import { invalidFile, place } from '../../format/errors.ts';
import { newValues } from '../table/columns.ts';
import type { Vocabulary } from '../vocabulary.ts';
import type { ColumnValues } from '../writeArrow.ts';
import { isDictionary, readDictionary, readIndices, readValues } from './decode.ts';
import type { ParquetFooter, RowGroup } from './footer.ts';
import type { ParquetLibrary } from './library.ts';
import { ListRefused, ListRows } from './listRows.ts';
import type { RowPiece } from './listRows.ts';
import { PageError } from './pageError.ts';
import { pagesOf } from './pages.ts';
import type { DataPage } from './pages.ts';
import { listRefused, textRefused } from './rowErrors.ts';
import type { ParquetColumn } from './schema.ts';
import { keyOfBytes, TextRefused, toCodes, toCodesOf, toNumbers } from './values.ts';

export interface ColumnSource {
  readonly library: ParquetLibrary;
  readonly file: DiskFile;
  readonly footer: ParquetFooter;
  readonly column: ParquetColumn;
  /** Of a category. */
  readonly vocabulary: Vocabulary | null;
  /** Items of a list, 0 where they are not known yet. */
  readonly width: number;
}

/** All rows of the column. Errors: FILE_INVALID with file, row group and column; INVALID_DATA with the row; FILE_CHANGED. */
export function* rowPieces(source: ColumnSource): Generator<RowPiece> {
  const { file, footer, column } = source;
  const lists = column.isList ? new ListRows(column.levels, source.width) : null;
  let firstRow = 0;
  for (const [number, group] of footer.rowGroups.entries()) {
    const where = place(file.name, `row group ${number}`);
    let rows = 0;
    try {
      for (const piece of groupPieces(source, group, lists)) {
        rows += piece.rows;
        if (piece.rows > 0) yield piece;
      }
      if (rows !== group.rows) throw new PageError(`${rows} rows, where the footer says ${group.rows}`);
    } catch (error) {
      throw typedError(error, where, source, firstRow + rows, lists);
    }
    firstRow += group.rows;
  }
}

/** Items of the first list of the column; 0 where all rows are null. */
export function measureWidth(source: ColumnSource): number {
  const pieces = rowPieces(source);
  for (const { values, rows, present } of pieces) {
    const lists = present === null ? rows : present.reduce((sum, bit) => sum + bit, 0);
    if (lists > 0) return values!.length / lists;
  }
  return 0;
}

function* groupPieces(source: ColumnSource, { chunks }: RowGroup, lists: ListRows | null): Generator<RowPiece> {
  const { library, file, column } = source;
  const values = new ValuesOf(source);
  for (const page of pagesOf(library, file, chunks[column.leaf], column)) {
    if ('dictionary' in page) {
      values.dictionary = readDictionary(library, page.dictionary, column);
      continue;
    }
    const { data } = page;
    const found = values.read(data);
    yield lists === null ? { rows: data.entries, values: found, present: data.definition } : lists.add(data, found);
  }
  if (lists !== null) yield lists.finish();
}

/** Decodes the pages of one column chunk. */
class ValuesOf {
  readonly #source: ColumnSource;
  #numbers: ColumnValues | null = null;
  #keys: readonly string[] | null = null;
  #codes: Int32Array = new Int32Array(0);

  constructor(source: ColumnSource) {
    this.#source = source;
  }

  set dictionary(stored: DecodedArray) {
    if (this.#source.vocabulary === null) {
      this.#numbers = toNumbers(stored, this.#source.column);
      return;
    }
    this.#keys = Array.from(stored as Uint8Array[], keyOfBytes);
    this.#codes = new Int32Array(stored.length).fill(-1);
  }

  /** The page's values that are there. */
  read(page: DataPage): ColumnValues {
    try {
      return this.#decode(page);
    } catch (error) {
      if (!(error instanceof TextRefused)) throw error;
      throw new TextRefused(entryOf(page, error.index), error.reason, error.key);
    }
  }

  #decode(page: DataPage): ColumnValues {
    const { library, column, vocabulary } = this.#source;
    if (!isDictionary(page)) {
      const stored = readValues(library, page, column);
      return vocabulary === null ? toNumbers(stored, column) : toCodes(stored as Uint8Array[], vocabulary);
    }
    const entries = vocabulary === null ? this.#numbers : this.#keys;
    if (entries === null) throw new PageError('entries of a dictionary that is not there');
    const indices = readIndices(page, entries.length);
    if (vocabulary !== null) {
      toCodesOf(indices, this.#keys!, this.#codes, vocabulary);
      return indices;
    }
    const numbers = this.#numbers as Float64Array;
    const values = newValues(column.type, indices.length) as Float64Array;
    for (let i = 0; i < indices.length; i++) values[i] = numbers[indices[i]];
    return values;
  }
}

/** Which of a page's entries its value number `index` is. */
function entryOf({ definition }: DataPage, index: number): number {
  if (definition === null) return index;
  let entry = -1;
  for (let values = -1; values < index;) values += definition[++entry];
  return entry;
}

/** `row`: the first one that has not come out yet. */
function typedError(
  error: unknown,
  groupPlace: string,
  { column: { name }, vocabulary }: ColumnSource,
  row: number,
  lists: ListRows | null,
): unknown {
  if (error instanceof LockstepError) return error;
  const where = place(groupPlace, `column ${JSON.stringify(name)}`);
  if (error instanceof ListRefused) return listRefused(where, row + error.row, lists!.width, error.received);
  if (error instanceof TextRefused) return textRefused(groupPlace, name, row + error.index, error, vocabulary!);
  const received = error instanceof Error ? error.message : String(error);
  return invalidFile({ place: where, expected: 'pages that can be read', received, cause: error });
}
