// exp and log of our own: the same bits on every engine and machine with fused multiply-add.

import { loadTail, storeTail } from './lanes';

/** Below this exp(x) leaves the normal float32 numbers; the result is 0, so no subnormals slow later products down. */
const SMALLEST_ARGUMENT: f32 = -87.3;
/** 1.5 · 2^23: added to a float32 it rounds it to an integer, which then stands in the low bits. */
const ROUNDING_SHIFT: f32 = 12582912;
const LOG2_E: f32 = 1.4426950408889634;
/** ln 2 in two parts: the float32 nearest to it, and what that leaves. */
export const LN2_HIGH: f32 = 0.693147182464599609375;
export const LN2_LOW: f32 = -1.904654323148236017e-9;

/**
 * exp of each lane, for x <= 88 (above, the result means nothing); NaN gives NaN. x = n·ln 2 + r with |r| <= ln 2 / 2,
 * exp(r) by its Taylor polynomial of degree 7, whose truncation error is below 6e-9.
 */
// @ts-ignore: decorator
@inline
export function expOf(x: v128): v128 {
  const shifted = roundedQuotient(x);
  const p = expPolynomial(reduceArgument(x, shifted));
  const powerOfTwo = i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, powerOfTwo), f32x4.lt(x, f32x4.splat(SMALLEST_ARGUMENT)));
}

/** n, the integer nearest to x / ln 2, in the low bits; plus ROUNDING_SHIFT as a float32. */
// @ts-ignore: decorator
@inline
export function roundedQuotient(x: v128): v128 {
  return f32x4.relaxed_madd(x, f32x4.splat(LOG2_E), f32x4.splat(ROUNDING_SHIFT));
}

/** n as an int32. */
// @ts-ignore: decorator
@inline
export function wholeNumber(shifted: v128): v128 {
  return i32x4.sub(shifted, f32x4.splat(ROUNDING_SHIFT));
}

/** r = x - n·ln 2. */
// @ts-ignore: decorator
@inline
export function reduceArgument(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDING_SHIFT));
  const r = f32x4.relaxed_madd(n, f32x4.splat(-LN2_HIGH), x);
  return f32x4.relaxed_madd(n, f32x4.splat(-LN2_LOW), r);
}

/** 1/2! + r/3! + … + r⁵/7!. */
// @ts-ignore: decorator
@inline
export function expPolynomialFromSquare(r: v128): v128 {
  let p = f32x4.relaxed_madd(f32x4.splat(1.0 / 5040.0), r, f32x4.splat(1.0 / 720.0));
  p = f32x4.relaxed_madd(p, r, f32x4.splat(1.0 / 120.0));
  p = f32x4.relaxed_madd(p, r, f32x4.splat(1.0 / 24.0));
  p = f32x4.relaxed_madd(p, r, f32x4.splat(1.0 / 6.0));
  return f32x4.relaxed_madd(p, r, f32x4.splat(0.5));
}

/** 1 + r + … + r⁷/7!. */
// @ts-ignore: decorator
@inline
export function expPolynomial(r: v128): v128 {
  const p = f32x4.relaxed_madd(expPolynomialFromSquare(r), r, f32x4.splat(1));
  return f32x4.relaxed_madd(p, r, f32x4.splat(1));
}

const SQRT_2: f64 = 1.4142135623730951;
const LN2: f64 = 0.6931471805599453;

/** log of x: x = 2^e · m with m in [√½, √2), log m = 2 atanh f = 2 (f + f³/3 + … + f²¹/21), f = (m - 1) / (m + 1). */
export function logOf(x: f64): f64 {
  if (x == 0) return -Infinity;
  if (!(x > 0) || x == Infinity) return x == Infinity ? x : NaN;
  let exponent: f64 = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984; // 2^54 makes a subnormal number normal
    exponent = -54;
  }
  const bits = reinterpret<i64>(x);
  exponent += <f64>(<i32>(bits >> 52) - 1023);
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m >= SQRT_2) {
    m *= 0.5;
    exponent += 1;
  }
  const f = (m - 1) / (m + 1);
  const s = f * f;
  let series: f64 = 1.0 / 21.0;
  series = series * s + 1.0 / 19.0;
  series = series * s + 1.0 / 17.0;
  series = series * s + 1.0 / 15.0;
  series = series * s + 1.0 / 13.0;
  series = series * s + 1.0 / 11.0;
  series = series * s + 1.0 / 9.0;
  series = series * s + 1.0 / 7.0;
  series = series * s + 1.0 / 5.0;
  series = series * s + 1.0 / 3.0;
  return exponent * LN2 + (2 * f + 2 * f * s * series);
}

/** y [n] = exp(x [n]): for tests of the function that softmax uses. */
export function exponential(y: usize, x: usize, n: i32): void {
  const end = y + (<usize>(n & -4) << 2);
  while (y < end) {
    v128.store(y, expOf(v128.load(x)));
    y += 16;
    x += 16;
  }
  const tail = n & 3;
  if (tail) storeTail(y, expOf(loadTail(x, tail)), tail);
}

/** y [n] = log(x [n]), float64: for tests. */
export function logarithm(y: usize, x: usize, n: i32): void {
  for (let i: usize = 0; i < <usize>n << 3; i += 8) f64.store(y + i, logOf(f64.load(x + i)));
}
