// Eight columns at a time, in two adjacent vectors. Where fewer are left, whole vectors are read nevertheless, up to 28 bytes
// beyond the end (see the table of kernels); what stands there is never stored, and masked out of sums over columns.

import { promoteHigh, storeTail, sumOfLanes } from './lanes';

/** Stores eight columns, or the `left` that are left. */
// @ts-ignore: decorator
@inline
export function storeEight(y: usize, first: v128, second: v128, left: i32): void {
  if (left >= 8) {
    v128.store(y, first);
    v128.store(y, second, 16);
  } else {
    storeRest(y, first, second, left);
  }
}

/** Stores `count` (1 to 7) columns. */
export function storeRest(y: usize, first: v128, second: v128, count: i32): void {
  if (count & 4) {
    v128.store(y, first);
    y += 16;
    first = second;
  }
  const tail = count & 3;
  if (tail) storeTail(y, first, tail);
}

/** All ones in the lanes of columns that are there: in the first vector of `left` columns. */
// @ts-ignore: decorator
@inline
export function maskFirst(left: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left));
}

/** The same in the second vector. */
// @ts-ignore: decorator
@inline
export function maskSecond(left: i32): v128 {
  return i32x4.lt_s(i32x4(4, 5, 6, 7), i32x4.splat(left));
}

/** Float64 of the first two float32 lanes. */
// @ts-ignore: decorator
@inline
export function promoteLow(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** Float32 of four float64 lanes, each rounded to the nearest. */
// @ts-ignore: decorator
@inline
export function demote(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** ((l0 + l1) + (l2 + l3)) + ((l4 + l5) + (l6 + l7)) of eight float64 lanes. */
// @ts-ignore: decorator
@inline
export function sumOfEight(lanes01: v128, lanes23: v128, lanes45: v128, lanes67: v128): f64 {
  return sumOfLanes(lanes01, lanes23) + sumOfLanes(lanes45, lanes67);
}

/** x̂ = (x - mean) · inverse. */
// @ts-ignore: decorator
@inline
export function normalized(x: v128, mean: v128, inverse: v128): v128 {
  return f32x4.mul(f32x4.sub(x, mean), inverse);
}

/** sum + (x - mean)² in float64. */
// @ts-ignore: decorator
@inline
export function addSquaredDistance(sum: v128, x: v128, mean: v128): v128 {
  const distance = f64x2.sub(x, mean);
  return f64x2.add(sum, f64x2.mul(distance, distance));
}

export { promoteHigh };
