/** The values of a page, as Parquet stores them. Whatever their number says, no more is reserved than the page's bytes can be. */
import type { DecodedArray, ParquetType } from 'hyparquet';
import { readHybrid } from './levels.ts';
import type { ParquetLibrary } from './library.ts';
import { PageError } from './pageError.ts';
import type { DataPage, DictionaryPage } from './pages.ts';
import type { ParquetColumn } from './schema.ts';

/** Bytes of one plain value; of a text those of its length. */
const PLAIN_BYTES: Readonly<Partial<Record<ParquetType, number>>> = {
  ...{ BOOLEAN: 1 / 8, INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8, BYTE_ARRAY: 4 },
};
/** Of texts that share their beginnings, together. */
const LARGEST_TEXTS = 2 ** 28;

type Stored = Pick<ParquetColumn, 'physical' | 'typeLength'>;

export function isDictionary({ encoding }: DataPage): boolean {
  return encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY';
}

/** Which value of the dictionary each one is; each is less than `entries`. Throws PageError. */
export function readIndices({ bytes, at, values }: DataPage, entries: number): Int32Array {
  const indices = new Int32Array(values);
  if (values === 0) return indices;
  if (at >= bytes.length) throw new PageError('the end of a page before its values');
  readHybrid(bytes, at + 1, bytes.length, bytes[at], indices);
  for (let i = 0; i < values; i++) {
    // As unsigned: numbers of 32 bits may be negative here.
    if (indices[i] >>> 0 >= entries) throw new PageError(`entry ${indices[i]} of a dictionary of ${entries}`);
  }
  return indices;
}

export function readDictionary(
  library: ParquetLibrary,
  { entries, bytes }: DictionaryPage,
  stored: Stored,
): DecodedArray {
  return readPlain(library, bytes, 0, entries, stored);
}

/** Values of all encodings but those by dictionary. Throws PageError, and RangeError at the end of the page. */
export function readValues(library: ParquetLibrary, page: DataPage, stored: Stored): DecodedArray {
  const { bytes, at, values: count, encoding } = page;
  if (count === 0) return [];
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: at };
  const { physical, typeLength } = stored;
  const unknown = (): PageError => new PageError(`values of ${physical} in the encoding ${encoding}`);
  switch (encoding) {
    case 'PLAIN':
      return readPlain(library, bytes, at, count, stored);
    case 'RLE': {
      if (physical !== 'BOOLEAN' || bytes.length - at < 4) throw unknown();
      const length = reader.view.getUint32(at, true);
      const bits = new Uint8Array(count);
      readHybrid(bytes, at + 4, Math.min(bytes.length, at + 4 + length), 1, bits);
      return bits;
    }
    case 'BYTE_STREAM_SPLIT':
      requireBytes(bytes, at, count * (PLAIN_BYTES[physical] ?? typeLength ?? 1));
      return library.byteStreamSplit(reader, count, physical, typeLength);
    case 'DELTA_BINARY_PACKED': {
      if (physical !== 'INT32' && physical !== 'INT64') throw unknown();
      checkDelta(bytes, at, count);
      const output = physical === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
      library.deltaBinaryUnpack(reader, count, output);
      return output;
    }
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      checkDelta(bytes, at, count);
      const texts: Uint8Array[] = [];
      library.deltaLengthByteArray(reader, count, texts);
      return texts;
    }
    case 'DELTA_BYTE_ARRAY':
      return deltaTexts(library, reader, count);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
    case 'ALP':
    case 'BIT_PACKED':
    case 'GROUP_VAR_INT':
    default:
      throw unknown();
  }
}

function readPlain(
  library: ParquetLibrary,
  bytes: Uint8Array,
  at: number,
  count: number,
  { physical, typeLength }: Stored,
): DecodedArray {
  requireBytes(bytes, at, count * (PLAIN_BYTES[physical] ?? typeLength ?? 1));
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: at };
  return library.readPlain(reader, physical, count, typeLength);
}

function requireBytes(bytes: Uint8Array, at: number, needed: number): void {
  if (needed <= bytes.length - at) return;
  throw new PageError(`${bytes.length - at} bytes of values, where ${Math.ceil(needed)} are needed`);
}

/** The header of packed differences: sizes of blocks, and how many values there are. */
function checkDelta(bytes: Uint8Array, start: number, count: number): void {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < 5; i++) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new PageError('packed differences without their header');
  };
  const block = varint();
  const pieces = varint();
  const total = varint();
  const isBlock = block > 0 && block <= 2 ** 20 && block % 32 === 0 && pieces > 0 && block % pieces === 0;
  if (!isBlock || (block / pieces) % 8 !== 0 || total !== count) {
    throw new PageError(
      `packed differences in blocks of ${block} and ${pieces}, of ${total} values in place of ${count}`,
    );
  }
}

/** Each text begins with as many bytes of the one before as its prefix says. */
function deltaTexts(library: ParquetLibrary, reader: { view: DataView; offset: number }, count: number): Uint8Array[] {
  const { view } = reader;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const [prefixes, suffixes] = [0, 1].map(() => {
    checkDelta(bytes, reader.offset, count);
    const lengths = new Int32Array(count);
    library.deltaBinaryUnpack(reader, count, lengths);
    return lengths;
  });
  let total = 0;
  let before: Uint8Array = new Uint8Array(0);
  return Array.from(prefixes, (prefix, i) => {
    const suffix = suffixes[i];
    const left = bytes.length - reader.offset;
    total += prefix + suffix;
    if (prefix < 0 || prefix > before.length || suffix < 0 || suffix > left || total > LARGEST_TEXTS) {
      throw new PageError(`a text of ${prefix} bytes of the one before and ${suffix} of its own`);
    }
    const text = new Uint8Array(prefix + suffix);
    text.set(before.subarray(0, prefix));
    text.set(bytes.subarray(reader.offset, reader.offset + suffix), prefix);
    reader.offset += suffix;
    before = text;
    return text;
  });
}
