/** Numbers from their digits, to the bit what `Number` makes of them, which correct rounding defines. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** Integers below it are exact, and so was every smaller one on the way to them. */
const EXACT_BELOW = 2 ** 53;
/** More digits than a 64-bit integer has, with room for zeros in front. */
const LONGEST_INTEGER = 64;

/** Where a number begins behind spaces and tabs, and ends before them. */
export function trimStart(bytes: Buffer, at: number, end: number): number {
  let start = at;
  while (start < end && (bytes[start] === 0x20 || bytes[start] === 0x09)) start++;
  return start;
}

export function trimEnd(bytes: Buffer, at: number, end: number): number {
  let stop = end;
  while (stop > at && (bytes[stop - 1] === 0x20 || bytes[stop - 1] === 0x09)) stop--;
  return stop;
}

/** Where `parseNumber` leaves its result: what is returned by so long a function would be a new object on the heap. */
const PARSED = new Float64Array(1);

/**
 * The number in bytes[start, end): a sign, digits with a point, an exponent. NaN for all else, such as hexadecimal digits,
 * `nan` and thousands separators. Infinite where it is beyond float64.
 */
export function parseNumber(bytes: Buffer, start: number, end: number): number {
  parse(bytes, start, end);
  return PARSED[0];
}

function parse(bytes: Buffer, start: number, end: number): void {
  PARSED[0] = NaN;
  let at = start;
  let sign = 1;
  if (at < end && (bytes[at] === 0x2d || bytes[at] === 0x2b)) if (bytes[at++] === 0x2d) sign = -1;
  let mantissa = 0;
  let digits = 0;
  let scale = 0;
  const first = at;
  for (; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) break;
    mantissa = mantissa * 10 + digit;
  }
  digits = at - first;
  if (at < end && bytes[at] === 0x2e) {
    const point = ++at;
    for (; at < end; at++) {
      const digit = bytes[at] - 48;
      if (digit < 0 || digit > 9) break;
      mantissa = mantissa * 10 + digit;
    }
    scale = at - point;
    digits += scale;
  }
  if (digits === 0) return;
  if (at < end) {
    if ((bytes[at] | 0x20) !== 0x65) return;
    at++;
    let exponentSign = 1;
    if (at < end && (bytes[at] === 0x2d || bytes[at] === 0x2b)) if (bytes[at++] === 0x2d) exponentSign = -1;
    if (at === end) return;
    let exponent = 0;
    for (; at < end; at++) {
      const digit = bytes[at] - 48;
      if (digit < 0 || digit > 9) return;
      exponent = Math.min(exponent * 10 + digit, 1e6);
    }
    scale -= exponentSign * exponent;
  }
  // Both operands are exact, so the one operation rounds once (Clinger 1990).
  if (mantissa < EXACT_BELOW) {
    if (scale === 0) {
      PARSED[0] = sign * mantissa;
      return;
    }
    if (scale > 0 && scale <= 22) {
      PARSED[0] = (sign * mantissa) / POWERS_OF_TEN[scale];
      return;
    }
    if (scale < 0 && scale >= -22) {
      PARSED[0] = sign * mantissa * POWERS_OF_TEN[-scale];
      return;
    }
  }
  PARSED[0] = Number(textOf(bytes, start, end));
}

/** Whether bytes[start, end) are digits, 64 at most, behind at most one sign. */
export function isInteger(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  if (at < end && (bytes[at] === 0x2d || bytes[at] === 0x2b)) at++;
  if (at === end || end - at > LONGEST_INTEGER) return false;
  for (; at < end; at++) if (bytes[at] < 48 || bytes[at] > 57) return false;
  return true;
}

/** The integer in bytes of which `isInteger` is true. */
export function parseBigInt(bytes: Buffer, start: number, end: number): bigint {
  const text = textOf(bytes, start, end);
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

/** 1 for true, 0 for false, in any case; -1 for all else. */
export function parseBool(bytes: Buffer, start: number, end: number): number {
  if (end - start !== 4 && end - start !== 5) return -1;
  const text = textOf(bytes, start, end).toLowerCase();
  if (text === 'true') return 1;
  return text === 'false' ? 0 : -1;
}

/** Bytes as characters of one byte each: for digits and keys, not for people. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}
