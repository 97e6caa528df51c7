/** Values of a column as double-precision numbers, and what is known of each: a piece of a record batch at a time. */
import { viewsOf } from '@lockstep/core/source';
import type { NumberViews } from '@lockstep/core/source';
import { bytesOf } from '../layout/storedBytes.ts';
import type { Extent } from '../layout/batch.ts';
import { BAD, isSet, NULL, VALUE } from '../layout/preparedTypes.ts';
import type { Lookup, StoredBuffers, StoredColumn, StoredLayout } from '../layout/preparedTypes.ts';
import { isPlainReading } from '../layout/reading.ts';
import { isTextKind } from '../layout/types.ts';
import type { DecimalKind, NumberKind } from '../layout/types.ts';
import { readCompressed } from '../format/compression.ts';
import type { Codec } from '../format/compression.ts';
import type { FileBytes, FileRange } from '../format/arrowFile.ts';
import { invalidFile, place } from '../format/errors.ts';
import { bitsOf, lengthOf, shiftOf, startOf } from './bits.ts';
import type { Bits } from './bits.ts';
import type { CategoryCodes } from './codebook.ts';
import { decodeDecimals } from './decimals.ts';
import { decodeNumbers } from './decodeNumbers.ts';
import { interpretNumbers, readDigits } from './interpret.ts';
import { decodeText, readTexts } from './texts.ts';
import type { Texts } from './texts.ts';

/** Values that are decoded together: they, and what is made of them, stay in a near cache. */
const TILE_VALUES = 16_384;

/** Longer texts are never categories or numbers. */
const LONGEST_TEXT = 2 ** 16;
/** Bytes of a text in a message. */
const LONGEST_SHOWN = 60;

/** What categories and dictionaries are read as. */
export interface ReaderCodes {
  /** The codes of a column of categories that has no dictionary in the files. */
  bookOf(column: number): CategoryCodes | undefined;
  lookupOf(column: number, dictionary: number): Lookup;
}

/** The piece of a column that is open. */
interface Open {
  readonly column: StoredColumn;
  readonly buffers: StoredBuffers;
  readonly where: string;
  readonly codec: Codec | undefined;
  /** Row of the file that the piece begins with, and its first value in the buffer. */
  readonly fileRow: number;
  readonly first: number;
  /** Bit of the views that the piece's first value is, where values are bits. */
  readonly shift: number;
  readonly texts: Texts | undefined;
  readonly lookup: Lookup | undefined;
  readonly book: CategoryCodes | undefined;
  readonly rowBits: Bits | undefined;
  readonly entryBits: Bits | undefined;
}

export class StoredReader {
  /** Of the rows last decoded, row-major: numbers, or codes of categories. What is BAD is the number or index that is stored. */
  numbers: Float64Array = new Float64Array(0);
  /** `VALUE`, `NULL` or `BAD` of each; only good where `hasNulls`. */
  valid: Uint8Array = new Uint8Array(0);
  /** Whether some of them may be other than a `VALUE`. */
  hasNulls = false;

  private readonly layout: StoredLayout;
  private readonly codes: ReaderCodes;
  private views: NumberViews = viewsOf(new ArrayBuffer(0));
  private piece!: Open;
  private decodedFrom = 0;

  constructor(layout: StoredLayout, codes: ReaderCodes) {
    this.layout = layout;
    this.codes = codes;
  }

  /** Rows that should be decoded together. */
  tileRows(column: number): number {
    return Math.max(1, Math.floor(TILE_VALUES / this.layout.columns[column].width));
  }

  /** What `open` reads of the batch's file, but for texts, of which nothing is known before. */
  ranges(batch: number, column: number, firstRow: number, rows: number): FileRange[] {
    const { kind, width } = this.layout.columns[column];
    const { columns, codec } = this.layout.batches[batch];
    const { values, firstEntry, rowValidity, entryValidity } = columns[column];
    const first = firstEntry + firstRow * width;
    const entries = rows * width;
    const part = (extent: Extent | undefined, from: number, bytes: number): FileRange[] => {
      if (extent === undefined || bytes === 0) return [];
      return codec === undefined ? [{ offset: extent.offset + from, bytes }] : [extent];
    };
    return [
      ...part(values, startOf(kind, first), lengthOf(kind, first, entries)),
      ...part(rowValidity, startOf('bool', firstRow), lengthOf('bool', firstRow, rows)),
      ...part(entryValidity, startOf('bool', first), lengthOf('bool', first, entries)),
    ];
  }

  /** Reads rows [firstRow, firstRow + rows) of a column of the batch's file, to be decoded after. Errors: FILE_CHANGED, FILE_INVALID. */
  open(file: FileBytes, batch: number, index: number, firstRow: number, rows: number): void {
    const column = this.layout.columns[index];
    const { columns, codec, number, firstRow: batchRow } = this.layout.batches[batch];
    const { kind, width, name, reading } = column;
    const buffers = columns[index];
    const where = place(file.name, `record batch ${number}`, `column ${JSON.stringify(name)}`);
    const first = buffers.firstEntry + firstRow * width;
    const entries = rows * width;
    const { dictionary, rowValidity, entryValidity } = buffers;
    const rowBits = bitsOf(where, file, rowValidity, codec, firstRow, rows);
    this.piece = {
      ...{ column, buffers, where, codec, first, shift: shiftOf(kind, first), fileRow: batchRow + firstRow },
      texts: this.openValues(where, file, column, buffers, codec, first, entries, rowBits),
      lookup: dictionary === undefined ? undefined : this.codes.lookupOf(index, dictionary),
      book: reading.isCategory && dictionary === undefined ? this.codes.bookOf(index) : undefined,
      ...{ rowBits, entryBits: bitsOf(where, file, entryValidity, codec, first, entries) },
    };
  }

  /** Decodes `count` rows of those that are open, from the one at `from`. Errors: FILE_INVALID. */
  decode(from: number, count: number): void {
    const { column, texts, lookup, book } = this.piece;
    const { width, reading } = column;
    const entries = count * width;
    this.decodedFrom = from;
    if (this.numbers.length < entries) {
      this.numbers = new Float64Array(entries);
      this.valid = new Uint8Array(entries);
    }
    this.decodeBits(from, count);
    const { numbers, valid } = this;
    if (texts === undefined) this.decodeNumbers(from * width, entries);
    if (texts === undefined && lookup === undefined && isPlainReading(reading)) return;
    if (!this.hasNulls) valid.fill(VALUE, 0, entries);
    if (texts !== undefined) this.decodeTexts(texts, from, entries);
    if (lookup !== undefined) this.lookUp(lookup, entries);
    else if (texts === undefined || reading.cast !== undefined)
      interpretNumbers(numbers, valid, entries, reading, book);
    this.hasNulls = false;
    for (let i = 0; i < entries && !this.hasNulls; i++) this.hasNulls = valid[i] !== VALUE;
  }

  /** The text of a row of those last decoded, cut where it is long, for messages; undefined where the column holds no texts itself. */
  textAt(row: number): string | undefined {
    const { texts } = this.piece;
    if (texts === undefined) return undefined;
    const entry = this.decodedFrom + row;
    const start = texts.start[entry];
    return texts.buffers[texts.buffer[entry]].toString(
      'utf8',
      start,
      start + Math.min(texts.length[entry], LONGEST_SHOWN),
    );
  }

  /** Fills `valid` where there are bitmaps. */
  private decodeBits(from: number, count: number): void {
    const { rowBits, entryBits, column } = this.piece;
    const { valid } = this;
    const { width } = column;
    const entries = count * width;
    this.hasNulls = rowBits !== undefined || entryBits !== undefined;
    if (!this.hasNulls) return;
    valid.fill(VALUE, 0, entries);
    if (rowBits !== undefined) {
      const { bytes, shift } = rowBits;
      for (let row = 0; row < count; row++) {
        if (!isSet(bytes, shift + from + row)) valid.fill(NULL, row * width, (row + 1) * width);
      }
    }
    if (entryBits !== undefined) {
      const { bytes, shift } = entryBits;
      for (let i = 0; i < entries; i++) if (!isSet(bytes, shift + from * width + i)) valid[i] = NULL;
    }
  }

  private openValues(
    where: string,
    file: FileBytes,
    { kind }: StoredColumn,
    { values, texts }: StoredBuffers,
    codec: Codec | undefined,
    first: number,
    entries: number,
    rowBits: Bits | undefined,
  ): Texts | undefined {
    const start = startOf(kind, first);
    const bytes = lengthOf(kind, first, entries);
    const whole = codec === undefined ? undefined : readCompressed(where, file, values, codec, start + bytes);
    if (isTextKind(kind)) {
      const stored = whole?.subarray(start, start + bytes) ?? file.bytes(values.offset + start, bytes);
      const isNull = (entry: number): boolean => rowBits !== undefined && !isSet(rowBits.bytes, rowBits.shift + entry);
      return readTexts(where, file, kind, stored, texts!, codec, entries, isNull);
    }
    if (bytes > this.views.uint8.byteLength) this.views = viewsOf(new ArrayBuffer(Math.ceil(bytes / 8) * 8));
    if (whole === undefined) file.read(this.views.uint8, 0, bytes, values.offset + start);
    else this.views.uint8.set(whole.subarray(start, start + bytes));
    return undefined;
  }

  private decodeNumbers(from: number, entries: number): void {
    const { numbers, views } = this;
    const { column, shift } = this.piece;
    const { kind, reading } = column;
    if (kind === 'bool') {
      for (let i = 0; i < entries; i++) numbers[i] = isSet(views.uint8, shift + from + i) ? 1 : 0;
    } else if (kind.startsWith('decimal')) {
      decodeDecimals(views, kind as DecimalKind, reading.decimalPlaces!, numbers, from, entries);
    } else if (reading.unit !== undefined && bytesOf(kind, 1) === 8) {
      this.decodeTimes(from, entries, reading.unit);
    } else {
      decodeNumbers(kind as NumberKind, views, from, numbers, entries);
      if (reading.unit === undefined) return;
      const [multiply, divide] = reading.unit;
      for (let i = 0; i < entries; i++) numbers[i] = Math.floor((numbers[i] * multiply) / divide);
    }
  }

  /** Times of 64 bits in another unit: nanoseconds have more digits than a double. */
  private decodeTimes(from: number, entries: number, [multiply, divide]: readonly [number, number]): void {
    const { numbers } = this;
    const { int32, uint32 } = this.views;
    const factor = BigInt(multiply);
    const divisor = BigInt(divide);
    for (let i = 0; i < entries; i++) {
      const at = 2 * (from + i);
      const value = (BigInt(int32[at + 1]) * 4_294_967_296n + BigInt(uint32[at])) * factor;
      // Rounded down, not towards 0: a moment before 1970 lies in the day that it belongs to.
      const rest = value % divisor;
      numbers[i] = Number((value - (rest < 0n ? rest + divisor : rest)) / divisor);
    }
  }

  private decodeTexts({ buffers, buffer, start, length }: Texts, from: number, count: number): void {
    const { numbers, valid } = this;
    const { column, book, where, fileRow } = this.piece;
    const { cast } = column.reading;
    for (let i = 0; i < count; i++) {
      if (valid[i] === NULL) continue;
      const entry = from + i;
      const bytes = buffers[buffer[entry]];
      const begin = start[entry];
      const end = begin + length[entry];
      if (length[entry] > LONGEST_TEXT) {
        valid[i] = BAD;
      } else if (cast !== undefined) {
        numbers[i] = readDigits(bytes, begin, end, cast, valid, i);
      } else {
        const text = decodeText(bytes, begin, end);
        if (text === undefined) {
          const at = place(where, `row ${fileRow + entry}`);
          throw invalidFile({ place: at, expected: 'a text in UTF-8', received: 'other bytes' });
        }
        numbers[i] = book!.codeOf(text);
        if (numbers[i] < 0) valid[i] = BAD;
      }
    }
  }

  private lookUp({ numbers: values, states }: Lookup, entries: number): void {
    const { numbers, valid } = this;
    for (let i = 0; i < entries; i++) {
      if (valid[i] !== VALUE) continue;
      const index = numbers[i];
      if (!(index >= 0 && index < states.length)) throw this.indexBeyond(i, index, states.length);
      valid[i] = states[index];
      if (valid[i] === VALUE) numbers[i] = values[index];
    }
  }

  private indexBeyond(row: number, index: number, size: number): Error {
    const { column, buffers, where, codec, fileRow, first } = this.piece;
    const at = this.decodedFrom + row;
    const byte = codec === undefined ? `byte ${buffers.values.offset + bytesOf(column.kind, first + at)}` : undefined;
    const expected = `an index into a dictionary of ${size} values`;
    return invalidFile({ place: place(where, `row ${fileRow + at}`, byte), expected, received: String(index) });
  }
}
