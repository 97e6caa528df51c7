// Rows of a window, of any kind of numbers, as features: float32((value - subtract) · factor), computed in float64 and rounded
// once. Four numbers at a time; where fewer are left, whole vectors are read nevertheless (see the table of kernels).

import { demote } from './eights';
import { promoteHigh, storeUpTo } from './lanes';
import { copyRow } from './rows';

/** Stands for float16, which has no type here. */
// @ts-ignore: decorator
@unmanaged
class Half {}

/** The bits of a row's number; the others are the caller's. */
const ROW_BITS: u32 = 0x0fffffff;

/** Rows of fewer bytes are copied by vectors: calling `memory.copy` would take longer than that. */
const LEAST_COPY: usize = 512;

// @ts-ignore: decorator
@inline
function rowAt(source: usize, sourceStride: usize, rows: usize): usize {
  return source + <usize>(load<u32>(rows) & ROW_BITS) * sourceStride;
}

/** Four integers of up to 32 bits. */
// @ts-ignore: decorator
@inline
function fourIntegers<T>(x: usize): v128 {
  if (sizeof<T>() == 4) return v128.load(x);
  if (sizeof<T>() == 2) return v128.load_ext<T>(x);
  const eight = v128.load32_zero(x);
  return isSigned<T>()
    ? i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(eight))
    : i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(eight));
}

/** Float64 of the first two of four integers. Below 32 bits signed and unsigned are the same, and signed is faster. */
// @ts-ignore: decorator
@inline
function twoIntegers<T>(x: v128): v128 {
  return isSigned<T>() || sizeof<T>() < 4 ? f64x2.convert_low_i32x4_s(x) : f64x2.convert_low_i32x4_u(x);
}

/** Float64 of two integers of 64 bits: the upper word times 2^32 is exact, so that the sum alone is rounded. */
// @ts-ignore: decorator
@inline
function twoLongIntegers<T>(x: v128): v128 {
  const upper = v128.shuffle<i32>(x, x, 1, 3, 1, 3);
  const lower = v128.shuffle<i32>(x, x, 0, 2, 0, 2);
  const high = isSigned<T>() ? f64x2.convert_low_i32x4_s(upper) : f64x2.convert_low_i32x4_u(upper);
  return f64x2.add(f64x2.mul(high, f64x2.splat(4294967296)), f64x2.convert_low_i32x4_u(lower));
}

/** Float32 of four float16: their bits, moved, are 2^112 times too small; infinity and NaN have an exponent of their own. */
// @ts-ignore: decorator
@inline
function fourHalves(x: usize): v128 {
  const bits = v128.load_ext<u16>(x);
  const magnitude = v128.and(bits, i32x4.splat(0x7fff));
  const number = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(5.192296858534828e33));
  const infinite = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x7bff)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(number, infinite), i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16));
}

/** The features of the four numbers at x. */
// @ts-ignore: decorator
@inline
function fourFeatures<T>(x: usize, subtract: v128, subtract23: v128, factor: v128, factor23: v128): v128 {
  let low = f64x2.splat(0);
  let high = low;
  if (isReference<T>()) {
    const four = fourHalves(x);
    low = f64x2.promote_low_f32x4(four);
    high = promoteHigh(four);
  } else if (isFloat<T>()) {
    if (sizeof<T>() == 4) {
      const four = v128.load(x);
      low = f64x2.promote_low_f32x4(four);
      high = promoteHigh(four);
    } else {
      low = v128.load(x);
      high = v128.load(x, 16);
    }
  } else if (sizeof<T>() == 8) {
    low = twoLongIntegers<T>(v128.load(x));
    high = twoLongIntegers<T>(v128.load(x, 16));
  } else {
    const four = fourIntegers<T>(x);
    low = twoIntegers<T>(four);
    high = twoIntegers<T>(v128.shuffle<i64>(four, four, 1, 1));
  }
  return demote(f64x2.mul(f64x2.sub(low, subtract), factor), f64x2.mul(f64x2.sub(high, subtract23), factor23));
}

/** out [count, width] = features of the rows that `rows` [count] says; see the table of kernels. */
// @ts-ignore: decorator
@inline
function gather<T>(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  const bytes: usize = isReference<T>() ? 8 : sizeof<T>() << 2;
  const s = v128.load64_splat(subtract);
  const f = v128.load64_splat(factor);
  for (; count > 0; count--) {
    let from = rowAt(source, sourceStride, rows);
    let to = out;
    if (perItem) {
      let i: usize = 0;
      for (let left = width; left > 0; left -= 4) {
        const four = fourFeatures<T>(
          from, v128.load(subtract + i), v128.load(subtract + i, 16), v128.load(factor + i), v128.load(factor + i, 16),
        );
        storeUpTo(to, four, left);
        from += bytes;
        to += 16;
        i += 32;
      }
    } else {
      for (let left = width; left > 0; left -= 4) {
        storeUpTo(to, fourFeatures<T>(from, s, s, f, f), left);
        from += bytes;
        to += 16;
      }
    }
    out += outStride;
    rows += 4;
  }
}

/** The same where features are the numbers themselves. Rows that follow one another, without gaps, are one. */
function copyFloats(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
): void {
  const bytes = <usize>width << 2;
  const joins = outStride == bytes && sourceStride == bytes;
  while (count > 0) {
    const from = rowAt(source, sourceStride, rows);
    let end = from + bytes;
    count--;
    rows += 4;
    if (joins) {
      while (count > 0 && rowAt(source, sourceStride, rows) == end) {
        end += bytes;
        count--;
        rows += 4;
      }
    }
    const length = end - from;
    if (length < LEAST_COPY) copyRow(out, from, <i32>(length >> 2));
    else memory.copy(out, from, length);
    out += joins ? length : outStride;
  }
}

export function gatherUint8(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<u8>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherInt8(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<i8>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherUint16(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<u16>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherInt16(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<i16>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherUint32(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<u32>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherInt32(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<i32>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherUint64(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<u64>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherInt64(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<i64>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherFloat16(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<Half>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherFloat32(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  if (!perItem && f64.load(subtract) == 0 && f64.load(factor) == 1) {
    copyFloats(out, outStride, source, sourceStride, rows, count, width);
    return;
  }
  gather<f32>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}

export function gatherFloat64(
  out: usize, outStride: usize, source: usize, sourceStride: usize, rows: usize, count: i32, width: i32,
  subtract: usize, factor: usize, perItem: i32,
): void {
  gather<f64>(out, outStride, source, sourceStride, rows, count, width, subtract, factor, perItem);
}
