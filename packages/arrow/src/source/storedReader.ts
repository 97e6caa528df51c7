/** Values of a column as double-precision numbers, and which of them are null: a piece of a record batch at a time. */
import { bytesOf } from '../layout/storedBytes.ts';
import type { Extent } from '../layout/batch.ts';
import { isSet } from '../layout/preparedTypes.ts';
import type { StoredBuffers, StoredLayout } from '../layout/preparedTypes.ts';
import { BYTES } from '../layout/types.ts';
import type { StoredKind } from '../layout/types.ts';
import type { FileBytes, FileRange } from '../format/arrowFile.ts';
import { readCompressed } from '../format/compression.ts';
import type { Codec } from '../format/compression.ts';
import { place } from '../format/errors.ts';
import { halfTable } from './half.ts';
import { allocateViews } from './views.ts';
import type { WindowViews } from './views.ts';

/** Values that are decoded together: they, and what is made of them, stay in a near cache. */
const TILE_VALUES = 16_384;

/** Bits of a bitmap: entry i of a piece is bit `shift + i`. */
interface Bits {
  readonly bytes: Uint8Array;
  readonly shift: number;
}

export class StoredReader {
  /** Of the rows last decoded, row-major. */
  numbers: Float64Array = new Float64Array(0);
  /** 1 for a value, 0 for a null; only good where `hasNulls`. */
  valid: Uint8Array = new Uint8Array(0);
  hasNulls = false;

  private readonly layout: StoredLayout;
  private views: WindowViews = allocateViews(0);
  private kind: StoredKind = 'bool';
  private width = 1;
  /** Bit of the views that the piece's first value is, where values are bits. */
  private shift = 0;
  private rowBits: Bits | undefined;
  private entryBits: Bits | undefined;

  constructor(layout: StoredLayout) {
    this.layout = layout;
  }

  /** Rows that should be decoded together. */
  tileRows(column: number): number {
    return Math.max(1, Math.floor(TILE_VALUES / this.layout.columns[column].width));
  }

  /** What `open` reads of the batch's file. */
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
      ...part(values, startOf(kind, first), bytesOf(kind, shiftOf(kind, first) + entries)),
      ...part(rowValidity, startOf('bool', firstRow), bytesOf('bool', (firstRow % 8) + rows)),
      ...part(entryValidity, startOf('bool', first), bytesOf('bool', (first % 8) + entries)),
    ];
  }

  /** Reads rows [firstRow, firstRow + rows) of a column of the batch's file, to be decoded after. Errors: FILE_CHANGED, FILE_INVALID. */
  open(file: FileBytes, batch: number, column: number, firstRow: number, rows: number): void {
    const { kind, width, name } = this.layout.columns[column];
    const { columns, codec, number } = this.layout.batches[batch];
    const buffers = columns[column];
    const where = place(file.name, `record batch ${number}`, `column ${JSON.stringify(name)}`);
    const first = buffers.firstEntry + firstRow * width;
    const entries = rows * width;
    this.kind = kind;
    this.width = width;
    this.openValues(where, file, buffers, codec, first, entries);
    this.rowBits = bitsOf(where, file, buffers.rowValidity, codec, firstRow, rows);
    this.entryBits = bitsOf(where, file, buffers.entryValidity, codec, first, entries);
  }

  /** Decodes `count` rows of those that are open, from the one at `from`. */
  decode(from: number, count: number): void {
    const { width } = this;
    const entries = count * width;
    if (this.numbers.length < entries) {
      this.numbers = new Float64Array(entries);
      this.valid = new Uint8Array(entries);
    }
    this.decodeNumbers(from * width, entries);
    this.hasNulls = this.rowBits !== undefined || this.entryBits !== undefined;
    if (!this.hasNulls) return;
    this.valid.fill(1, 0, entries);
    if (this.rowBits !== undefined) {
      const { bytes, shift } = this.rowBits;
      for (let row = 0; row < count; row++) {
        if (!isSet(bytes, shift + from + row)) this.valid.fill(0, row * width, (row + 1) * width);
      }
    }
    if (this.entryBits !== undefined) {
      const { bytes, shift } = this.entryBits;
      for (let i = 0; i < entries; i++) if (!isSet(bytes, shift + from * width + i)) this.valid[i] = 0;
    }
  }

  private openValues(
    where: string,
    file: FileBytes,
    { values }: StoredBuffers,
    codec: Codec | undefined,
    first: number,
    entries: number,
  ): void {
    this.shift = shiftOf(this.kind, first);
    const start = startOf(this.kind, first);
    const bytes = bytesOf(this.kind, this.shift + entries);
    if (bytes > this.views.uint8.byteLength) this.views = allocateViews(bytes);
    if (codec === undefined) {
      file.read(this.views.uint8, 0, bytes, values.offset + start);
    } else {
      const whole = readCompressed(where, file, values, codec, start + bytes);
      this.views.uint8.set(whole.subarray(start, start + bytes));
    }
  }

  private decodeNumbers(from: number, entries: number): void {
    const { kind, numbers, views } = this;
    if (kind === 'bool') {
      for (let i = 0; i < entries; i++) numbers[i] = isSet(views.uint8, this.shift + from + i) ? 1 : 0;
    } else if (kind === 'float16') {
      const values = halfTable();
      for (let i = 0; i < entries; i++) numbers[i] = values[views.uint16[from + i]];
    } else if (kind === 'uint64' || kind === 'int64') {
      const { int32, uint32 } = views;
      const high = kind === 'int64' ? int32 : uint32;
      for (let i = 0; i < entries; i++) {
        numbers[i] = high[2 * (from + i) + 1] * 4_294_967_296 + uint32[2 * (from + i)];
      }
    } else {
      // The engine's own loop converts; one view of a piece is made for a tile, not for a row.
      numbers.set(views[kind].subarray(from, from + entries));
    }
  }
}

/** The byte of its buffer that entry `first` lies in, and which bit of it. */
function startOf(kind: StoredKind, first: number): number {
  return kind === 'bool' ? Math.floor(first / 8) : first * BYTES[kind];
}

function shiftOf(kind: StoredKind, first: number): number {
  return kind === 'bool' ? first % 8 : 0;
}

function bitsOf(
  where: string,
  file: FileBytes,
  extent: Extent | undefined,
  codec: Codec | undefined,
  first: number,
  entries: number,
): Bits | undefined {
  if (extent === undefined) return undefined;
  const shift = first % 8;
  const start = startOf('bool', first);
  const bytes = bytesOf('bool', shift + entries);
  if (codec === undefined) return { bytes: file.bytes(extent.offset + start, bytes), shift };
  const whole = readCompressed(where, file, extent, codec, start + bytes);
  return { bytes: whole.subarray(start, start + bytes), shift };
}
