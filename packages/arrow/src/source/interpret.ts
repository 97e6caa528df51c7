/** What is made of stored numbers before anything else: casts, nulls in the guise of NaN, codes of categories. */
import { parseBool, parseNumber, trimEnd, trimStart } from '../format/digits.ts';
import { BAD, NULL, VALUE } from '../layout/preparedTypes.ts';
import type { Lookup } from '../layout/preparedTypes.ts';
import type { Reading } from '../layout/reading.ts';
import type { Category } from '../layout/request.ts';
import type { CategoryCodes } from './codebook.ts';

/** Least and greatest double that a type holds. Those of 64 bits are beyond what is exact, so the greatest lie below 2^63 and 2^64. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  ...{ uint8: [0, 255], int8: [-128, 127], uint16: [0, 65_535], int16: [-32_768, 32_767] },
  ...{ uint32: [0, 2 ** 32 - 1], int32: [-(2 ** 31), 2 ** 31 - 1] },
  ...{ uint64: [0, 2 ** 64 - 2 ** 11], int64: [-(2 ** 63), 2 ** 63 - 2 ** 10] },
};

/** Numbers [0, count) of which `states` says what they are, in place. A number that becomes BAD stays as it is, for messages. */
export function interpretNumbers(
  numbers: Float64Array,
  states: Uint8Array,
  count: number,
  { cast, nanIsNull, isCategory }: Reading,
  book: CategoryCodes | undefined,
): void {
  if (nanIsNull) {
    for (let i = 0; i < count; i++) if (Number.isNaN(numbers[i]) && states[i] === VALUE) states[i] = NULL;
  }
  if (cast !== undefined) castNumbers(numbers, states, count, cast);
  if (!isCategory) return;
  for (let i = 0; i < count; i++) {
    if (states[i] !== VALUE) continue;
    // Beyond 2^53, different integers of a file are one double.
    const code = Number.isSafeInteger(numbers[i]) ? book!.codeOf(numbers[i]) : -1;
    if (code < 0) states[i] = BAD;
    else numbers[i] = code;
  }
}

/** To an integer: cut towards 0, BAD where the type does not reach. To a bool: whether it is not 0. */
function castNumbers(
  numbers: Float64Array,
  states: Uint8Array,
  count: number,
  cast: NonNullable<Reading['cast']>,
): void {
  if (cast === 'bool') {
    for (let i = 0; i < count; i++) numbers[i] = numbers[i] === 0 ? 0 : 1;
  } else if (cast === 'float32') {
    for (let i = 0; i < count; i++) numbers[i] = Math.fround(numbers[i]);
  } else if (cast !== 'float64') {
    const [least, greatest] = RANGES[cast];
    for (let i = 0; i < count; i++) {
      // 0 is added to what becomes -0.
      const value = Math.trunc(numbers[i]) + 0;
      if (value >= least && value <= greatest) numbers[i] = value;
      else if (states[i] === VALUE) states[i] = BAD;
    }
  }
}

/** The number in bytes[start, end); sets its state. Spaces around it do not count, and what is empty is a null. */
export function readDigits(
  bytes: Buffer,
  start: number,
  end: number,
  cast: NonNullable<Reading['cast']>,
  states: Uint8Array,
  at: number,
): number {
  const first = trimStart(bytes, start, end);
  const last = trimEnd(bytes, first, end);
  if (first === last) {
    states[at] = NULL;
    return 0;
  }
  let value = cast === 'bool' ? parseBool(bytes, first, last) : parseNumber(bytes, first, last);
  if (cast === 'bool' && value < 0) value = parseNumber(bytes, first, last);
  const isOther = cast === 'bool' ? value !== 0 && value !== 1 : !cast.startsWith('float') && !Number.isInteger(value);
  if (isOther || value - value !== 0) states[at] = BAD;
  return value;
}

/** What the values of a dictionary are read as. */
export function interpretDictionary(
  values: readonly Category[],
  isTexts: boolean,
  reading: Reading,
  book: CategoryCodes | undefined,
): Lookup {
  const states = new Uint8Array(values.length).fill(VALUE);
  if (isTexts && reading.cast === undefined) {
    const codes = Float64Array.from(values, (text) => book!.codeOf(text));
    for (let i = 0; i < codes.length; i++) if (codes[i] < 0) states[i] = BAD;
    return { numbers: codes, states };
  }
  const numbers = Float64Array.from(values, (value, i) => {
    if (typeof value === 'number') return value;
    const bytes = Buffer.from(value, 'utf8');
    return readDigits(bytes, 0, bytes.length, reading.cast!, states, i);
  });
  interpretNumbers(numbers, states, numbers.length, reading, book);
  return { numbers, states };
}
