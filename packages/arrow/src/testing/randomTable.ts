/** Tables of every kind of column with random values and nulls, and what apache-arrow itself reads in them. */
import * as arrow from 'apache-arrow';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { decodeLz4Frame } from '../format/lz4.ts';
import { integers } from './files.ts';
import { encodeLz4Frame } from './lz4.ts';

export type Compression = 'none' | 'LZ4' | 'ZSTD';

arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, { encode: zstdCompressSync, decode: zstdDecompressSync });
arrow.compressionRegistry.set(arrow.CompressionType.LZ4_FRAME, {
  encode: encodeLz4Frame,
  decode: (bytes) => decodeLz4Frame(bytes, 1 << 20),
});

const WORDS = ['pear', 'apple', 'fig', 'Äpfel', ''];
const item = (type: arrow.DataType): arrow.Field => new arrow.Field('item', type, true);

/** Types of scalar columns, each with a random value that is exact in it. */
const SCALARS: Readonly<Record<string, readonly [arrow.DataType, (next: (bound: number) => number) => unknown]>> = {
  bool: [new arrow.Bool(), (next) => next(2) === 1],
  int8: [new arrow.Int8(), (next) => next(256) - 128],
  uint16: [new arrow.Uint16(), (next) => next(65_536)],
  int32: [new arrow.Int32(), (next) => next(2 ** 31) - 2 ** 30],
  uint64: [new arrow.Uint64(), (next) => BigInt(next(2 ** 31)) * 2n ** 22n],
  int64: [new arrow.Int64(), (next) => BigInt(next(2 ** 31)) * -3n],
  float16: [new arrow.Float16(), (next) => next(512) / 4],
  float32: [new arrow.Float32(), (next) => next(4096) / 16],
  float64: [new arrow.Float64(), (next) => next(2 ** 31) / 7],
  day: [new arrow.DateDay(), (next) => new Date(next(20_000) * 86_400_000)],
  instant: [new arrow.TimestampMillisecond(), (next) => next(2 ** 31)],
};
export const SCALAR_NAMES: readonly string[] = Object.keys(SCALARS);

/** A table of some record batches: a number and its nulls in each scalar column, lists and texts, and `id` from 0 on. */
export function randomTable(seed: number, sizes: readonly number[], nulls: boolean): arrow.Table {
  const next = integers(seed);
  const maybe = (value: unknown): unknown => (nulls && next(5) === 0 ? null : value);
  const column = (type: arrow.DataType, value: (row: number) => unknown): arrow.Vector => {
    let row = 0;
    const parts = sizes.map((size) =>
      arrow.vectorFromArray(
        Array.from({ length: size }, () => value(row++)),
        type as never,
      ),
    );
    return parts[0].concat(...parts.slice(1)) as arrow.Vector;
  };
  const columns: Record<string, arrow.Vector> = { id: column(new arrow.Int32(), (row) => row) };
  for (const [name, [type, value]] of Object.entries(SCALARS)) columns[name] = column(type, () => maybe(value(next)));
  const three = (value: () => unknown): unknown[] => [value(), value(), value()];
  columns.fixed = column(new arrow.FixedSizeList(3, item(new arrow.Int16())), () => three(() => maybe(next(99))));
  columns.list = column(new arrow.List(item(new arrow.Float32())), () => three(() => maybe(next(99) / 2)));
  columns.text = texts(new arrow.Int8(), sizes, () => maybe(next(WORDS.length)) as number | null);
  columns.species = texts(new arrow.Int16(), sizes, () => next(3));
  return new arrow.Table(columns);
}

/** A column of texts by index; all record batches share a dictionary, as the file format wants it. */
function texts(indices: arrow.Int8 | arrow.Int16, sizes: readonly number[], value: () => number | null): arrow.Vector {
  const dictionary = arrow.vectorFromArray(WORDS, new arrow.Utf8());
  const type = new arrow.Dictionary(dictionary.type, indices);
  const parts = sizes.map((size) => {
    const codes = arrow.vectorFromArray(
      Array.from({ length: size }, () => value()),
      indices,
    ).data[0];
    const { values, nullBitmap, nullCount } = codes;
    return arrow.makeData({ type, length: size, nullCount, nullBitmap, data: values, dictionary } as never);
  });
  return new arrow.Vector(parts) as arrow.Vector;
}

/** The method of apache-arrow's writer that compresses buffers: for each, eight bytes of length and then the bytes. */
const METHOD = '_compressBodyBuffers';
type Compress = (buffers: readonly ArrayBufferView[]) => { readonly buffers: readonly Uint8Array[] };

/** apache-arrow 21.2 says before each compressed buffer how long it is, where Arrow's format says how long it was. */
function correctLengths(writer: object): void {
  const compressing = writer as { [METHOD]: Compress };
  const compress = compressing[METHOD].bind(writer);
  compressing[METHOD] = (buffers) => {
    const result = compress(buffers);
    buffers.forEach((buffer, i) => {
      const prefix = result.buffers[2 * i];
      if (prefix.length < 8) return;
      const view = new DataView(prefix.buffer, prefix.byteOffset);
      if (view.getBigInt64(0, true) !== -1n) view.setBigInt64(0, BigInt(buffer.byteLength), true);
    });
    return result;
  };
}

export function writeTable(table: arrow.Table, format: 'file' | 'stream', compression: Compression): Uint8Array {
  const compressionType = { none: null, LZ4: arrow.CompressionType.LZ4_FRAME, ZSTD: arrow.CompressionType.ZSTD }[
    compression
  ];
  const Writer = format === 'file' ? arrow.RecordBatchFileWriter : arrow.RecordBatchStreamWriter;
  const writer = new Writer({ compressionType });
  if (compressionType !== null) correctLengths(writer);
  writer.writeAll(table);
  return writer.toUint8Array(true);
}

/** A row of a column as apache-arrow reads it: numbers, a text, or null. Dates and times are the numbers that are stored. */
export function valuesOf(table: arrow.Table, name: string): (number | string | null)[][] {
  const vector = table.getChild(name)!;
  const toNumber = (value: unknown): number | string | null => {
    if (value === null || typeof value === 'string') return value;
    if (value instanceof Date) return value.getTime() / 86_400_000;
    return Number(value);
  };
  return Array.from({ length: vector.length }, (_, row) => {
    const value: unknown = vector.get(row);
    if (name === 'day') return [value === null ? null : Number(value) / 86_400_000];
    if (value instanceof arrow.Vector) return Array.from({ length: value.length }, (__, i) => toNumber(value.get(i)));
    return [toNumber(value)];
  });
}
