/** Arrow files as a table: the columns of a record batch side by side, a piece of each at a time. */
import { LockstepError } from '@lockstep/core/source';
import { readCompressed } from '../../format/compression.ts';
import { invalidFile, place } from '../../format/errors.ts';
import type { Extent } from '../../layout/batch.ts';
import type { SelectedColumn } from '../../layout/columns.ts';
import { bytesOf } from '../../layout/storedBytes.ts';
import type { PartBatch } from '../../layout/partBatches.ts';
import { isSet } from '../../layout/preparedTypes.ts';
import { rowBytes } from '../../layout/types.ts';
import type { NumberKind } from '../../layout/types.ts';
import type { Progress } from '../progress.ts';
import { newValues, storedKind } from '../table/columns.ts';
import type { BlockColumn, TableBlock, TableSource } from '../table/columns.ts';
import { keyOf, tooManyCategories } from '../vocabulary.ts';
import type { Vocabulary } from '../vocabulary.ts';
import type { ColumnValues } from '../writeArrow.ts';
import type { ArrowInput, OpenArrow } from './openArrow.ts';

const BLOCK_BYTES = 2 ** 20;
const MOST_BLOCK_ROWS = 16_384;

export function arrowTable({ files, columns, vocabularies, rows, bytes }: OpenArrow, progress: Progress): TableSource {
  const perRow = columns.reduce((sum, { type, perRow: width }) => sum + rowBytes({ kind: storedKind(type), width }), 0);
  const blockRows = Math.max(1, Math.min(MOST_BLOCK_ROWS, Math.floor(BLOCK_BYTES / perRow)));
  async function* blocks(): AsyncGenerator<TableBlock> {
    let done = 0;
    for (const input of files) {
      const codes = codesOf(input);
      try {
        for (const batch of input.batches) {
          const readers = columns.map(({ perRow: width }, i) => {
            return new BatchColumn(input, batch, i, width, vocabularies[i], codes[batch.columns[i].dictionary ?? -1]);
          });
          for (let row = 0; row < batch.rows; row += blockRows) {
            const count = Math.min(blockRows, batch.rows - row);
            yield { rows: count, columns: readers.map((reader) => reader.read(row, count)), lines: null };
            done += count;
            progress.read(Math.round((bytes * done) / rows), bytes);
          }
        }
      } catch (error) {
        // What is no longer the same need not make sense.
        input.file.requireUnchanged();
        throw error;
      }
      input.file.requireUnchanged();
    }
  }
  return { columns, blocks };
}

/** For each dictionary of a file, the codes of its texts in the vocabulary, as far as rows have had them; else -1. */
function codesOf({ dictionaries }: ArrowInput): Int32Array[] {
  return dictionaries.map(({ values }) => new Int32Array(values.length).fill(-1));
}

/** A column of one record batch. */
class BatchColumn {
  readonly #input: ArrowInput;
  readonly #batch: PartBatch;
  readonly #index: number;
  readonly #column: SelectedColumn;
  readonly #width: number;
  readonly #vocabulary: Vocabulary | null;
  /** Of the batch's dictionary. */
  readonly #codes: Int32Array | undefined;
  readonly #place: string;
  /** Buffers of a compressed batch, by where they begin. */
  readonly #unpacked: Map<number, Uint8Array> = new Map<number, Uint8Array>();

  constructor(
    input: ArrowInput,
    batch: PartBatch,
    index: number,
    width: number,
    vocabulary: Vocabulary | null,
    codes: Int32Array | undefined,
  ) {
    this.#input = input;
    this.#batch = batch;
    this.#index = index;
    this.#column = input.columns[index];
    this.#width = width;
    this.#vocabulary = vocabulary;
    this.#codes = codes;
    this.#place = place(input.file.name, `record batch ${batch.number}`);
  }

  /** Rows [row, row + count) of the batch. */
  read(row: number, count: number): BlockColumn {
    const { firstEntry, rowValidity, entryValidity } = this.#batch.columns[this.#index];
    const nulls = this.#nulls(rowValidity, row, count);
    const first = firstEntry + row * this.#width;
    const entries = count * this.#width;
    const items = this.#nulls(entryValidity, first, entries);
    if (items !== null) this.#requireItems(items, nulls, row);
    const stored = this.#values(first, entries);
    return { values: this.#vocabulary === null ? stored : this.#toCodes(stored, nulls, row), nulls };
  }

  #values(first: number, entries: number): ColumnValues {
    const { values } = this.#batch.columns[this.#index];
    const { kind } = this.#column;
    if (kind === 'bool') {
      const bits = this.#bytes(values, Math.floor(first / 8), Math.ceil(((first % 8) + entries) / 8));
      return Uint8Array.from({ length: entries }, (_, i) => Number(isSet(bits, (first % 8) + i)));
    }
    const stored = newValues(kind as NumberKind, entries);
    const bytes = new Uint8Array(stored.buffer);
    bytes.set(this.#bytes(values, bytesOf(kind, first), bytes.length));
    return stored;
  }

  /** 1 for each null; null where there is no bitmap. */
  #nulls(validity: Extent | undefined, first: number, count: number): Uint8Array | null {
    if (validity === undefined) return null;
    const bits = this.#bytes(validity, Math.floor(first / 8), Math.ceil(((first % 8) + count) / 8));
    return Uint8Array.from({ length: count }, (_, i) => Number(!isSet(bits, (first % 8) + i)));
  }

  #bytes(extent: Extent, start: number, count: number): Uint8Array {
    const { codec } = this.#batch;
    const { file } = this.#input;
    if (codec === undefined) return file.bytes(extent.offset + start, count);
    const where = place(this.#place, `column ${JSON.stringify(this.#column.name)}`);
    let whole = this.#unpacked.get(extent.offset);
    if (whole === undefined) {
      whole = readCompressed(where, file, extent, codec, start + count);
      this.#unpacked.set(extent.offset, whole);
    }
    if (start + count <= whole.length) return whole.subarray(start, start + count);
    const expected = `a buffer of at least ${start + count} bytes`;
    throw invalidFile({ place: where, expected, received: String(whole.length) });
  }

  #requireItems(items: Uint8Array, nulls: Uint8Array | null, row: number): void {
    const at = items.findIndex((bit, i) => bit === 1 && nulls?.[Math.floor(i / this.#width)] !== 1);
    if (at < 0) return;
    throw new LockstepError('INVALID_DATA', {
      place: place(this.#rowPlace(row + Math.floor(at / this.#width)), `column ${JSON.stringify(this.#column.name)}`),
      expected: 'a number for every item of a list',
      received: 'a null',
      advice: "A list as a whole may be null, its items may not: leave the column out (type 'skip').",
    });
  }

  #toCodes(stored: ColumnValues, nulls: Uint8Array | null, row: number): Int32Array {
    const codes = this.#codes;
    return Int32Array.from({ length: stored.length }, (_, i) => {
      if (nulls?.[i] === 1) return 0;
      const index = Number(stored[i]);
      const known = codes?.[index];
      if (known !== undefined && known >= 0) return known;
      return this.#codeOf(index, row + i);
    });
  }

  #codeOf(index: number, row: number): number {
    const version = this.#batch.columns[this.#index].dictionary ?? -1;
    const text = this.#input.dictionaries[version]?.values[index];
    const where = this.#rowPlace(row);
    const columnPlace = place(where, `column ${JSON.stringify(this.#column.name)}`);
    if (text === undefined) {
      const texts = this.#input.dictionaries[version]?.values.length ?? 0;
      throw invalidFile({
        place: columnPlace,
        expected: `one of ${texts} texts of its dictionary`,
        received: `${index}`,
      });
    }
    const code = this.#vocabulary!.codeOf(keyOf(String(text)));
    if (code === 'tooMany') throw tooManyCategories(where, this.#column.name);
    if (typeof code === 'number') return (this.#codes![index] = code);
    throw new LockstepError('INVALID_DATA', {
      place: columnPlace,
      expected: `one of the ${this.#vocabulary!.texts.length} texts listed`,
      received: JSON.stringify(String(text).slice(0, 60)),
      advice: "List it, or leave the column out (type 'skip').",
    });
  }

  #rowPlace(row: number): string {
    return place(this.#place, `row ${this.#batch.firstRow + row}`);
  }
}
