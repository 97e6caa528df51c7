/** From values as Parquet stores them to those of a table's column. */
import type { DecodedArray } from 'hyparquet';
import { newValues } from '../table/columns.ts';
import type { UnknownText, Vocabulary } from '../vocabulary.ts';
import type { ColumnValues } from '../writeArrow.ts';
import type { ParquetColumn } from './schema.ts';

/** A text that the vocabulary has no number for; `index` counts the values. */
export class TextRefused extends Error {
  readonly index: number;
  readonly reason: UnknownText;
  readonly key: string;

  constructor(index: number, reason: UnknownText, key: string) {
    super(reason);
    this.index = index;
    this.reason = reason;
    this.key = key;
  }
}

/** The numbers of a column that is not a category, in the arrays of its type. */
export function toNumbers(stored: DecodedArray, { type, meaning }: ParquetColumn): ColumnValues {
  const { length } = stored;
  if (meaning?.kind === 'decimal') {
    return Float64Array.from({ length }, (_, i) => decimal(unscaled(stored[i] as number), meaning.scale));
  }
  if (meaning?.kind === 'int96') return BigInt64Array.from(stored as bigint[], nanosOfInt96);
  if (meaning?.kind === 'float16') {
    return Uint16Array.from(stored as Uint8Array[], (bytes) => halfBits(bytes[0] | (bytes[1] << 8)));
  }
  if (type === 'uint64' && stored instanceof BigInt64Array) {
    return new BigUint64Array(stored.buffer, stored.byteOffset, length);
  }
  const values = newValues(type, length);
  // INT32 to narrower types keeps the low bits, as every reader does; the arrays are of numbers both, or of bigints both.
  if (length > 0) (values as Float64Array).set(stored as Float64Array);
  return values;
}

/** Integers as decimals store them: as numbers, or as big-endian bytes in two's complement. */
function unscaled(value: number | bigint | Uint8Array): number {
  if (!(value instanceof Uint8Array)) return Number(value);
  const hex = Buffer.from(value).toString('hex');
  return hex === '' ? 0 : Number(BigInt.asIntN(8 * value.length, BigInt(`0x${hex}`)));
}

/** A decimal as the float64 that its digits as a double, divided by a power of ten, give. */
export function decimal(digits: number, scale: number): number {
  return digits / 10 ** scale;
}

/** Nanoseconds since 1970 of a Julian day and the nanoseconds in it. */
function nanosOfInt96(value: bigint): bigint {
  const days = (value >> 64n) - 2_440_588n;
  return BigInt.asIntN(64, days * 86_400_000_000_000n + (value & 0xffff_ffff_ffff_ffffn));
}

/** One NaN for all, so that every reader of a file gives the same bytes. */
function halfBits(bits: number): number {
  return (bits & 0x7fff) > 0x7c00 ? 0x7e00 : bits;
}

/** The bits of a number that has been a half. */
export function halfOf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Infinity) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | (size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024);
}

/** Texts as their numbers, in the order of the rows. Throws TextRefused. */
export function toCodes(texts: readonly Uint8Array[], vocabulary: Vocabulary): Int32Array {
  return Int32Array.from(texts, (bytes, i) => codeOf(keyOfBytes(bytes), i, vocabulary));
}

/** The same of texts in a dictionary: each is looked up when the first row has it. `known` has -1 for those not seen. */
export function toCodesOf(
  indices: Int32Array,
  keys: readonly string[],
  known: Int32Array,
  vocabulary: Vocabulary,
): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (known[index] < 0) known[index] = codeOf(keys[index], i, vocabulary);
    indices[i] = known[index];
  }
}

export function codeOf(key: string, index: number, vocabulary: Vocabulary): number {
  const code = vocabulary.codeOf(key);
  if (typeof code === 'number') return code;
  throw new TextRefused(index, code, key);
}

export function keyOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
