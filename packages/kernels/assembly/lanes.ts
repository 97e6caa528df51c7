// The last one to three elements of an array, as a vector: the same operations as in the body give the same bits.

/** Loads `count` (1 to 3) float32 from x into the first lanes; the other lanes are zero. */
// @ts-ignore: decorator
@inline
export function loadTail(x: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(x);
  const pair = v128.load64_zero(x);
  return count == 2 ? pair : v128.load32_lane(x, pair, 2, 8);
}

/** Stores the first `count` (1 to 3) lanes. */
// @ts-ignore: decorator
@inline
export function storeTail(y: usize, value: v128, count: i32): void {
  if (count == 1) {
    v128.store32_lane(y, value, 0);
  } else {
    v128.store64_lane(y, value, 0);
    if (count == 3) v128.store32_lane(y, value, 2, 8);
  }
}

/** Loads four elements, or the `left` that are left. A loop that works so has its body, and its tail, once. */
// @ts-ignore: decorator
@inline
export function loadUpTo(x: usize, left: i32): v128 {
  return left >= 4 ? v128.load(x) : loadTail(x, left);
}

/** Stores four lanes, or the first `left`. */
// @ts-ignore: decorator
@inline
export function storeUpTo(y: usize, value: v128, left: i32): void {
  if (left >= 4) v128.store(y, value);
  else storeTail(y, value, left);
}

/** All ones in the first `count` lanes. */
// @ts-ignore: decorator
@inline
export function tailMask(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** (l0 + l1) + (l2 + l3) of the four float64 lanes that two vectors hold. */
// @ts-ignore: decorator
@inline
export function sumOfLanes(low: v128, high: v128): f64 {
  return (
    f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1) + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  );
}

/** Float64 of the last two float32 lanes. */
// @ts-ignore: decorator
@inline
export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1));
}
