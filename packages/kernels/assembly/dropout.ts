// Dropout by numbers that are counted, not drawn one after the other: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel
// random numbers: as easy as 1, 2, 3", SC 2011), four blocks at a time. Lane l of a vector belongs to block l.

import { storeEight } from './eights';

const MULTIPLIER_0: i32 = 0xd2511f53;
const MULTIPLIER_1: i32 = 0xcd9e8d57;
const WEYL_0: i32 = 0x9e3779b9;
const WEYL_1: i32 = 0xbb67ae85;

/** What the numbers are for, in the upper byte of a word of the counter: PURPOSE in core's random/philox.ts has others. */
const PURPOSE: i32 = 4 << 24;
/** Bits of the key's upper word that the seed takes up; the layer's number is above them. */
const SEED_HIGH_BITS: i32 = 21;

/** Bytes from `key` to its words. */
const SEED_LOW: usize = 0;
const SEED_HIGH: usize = 4;
const LAYER: usize = 8;
const STEP_LOW: usize = 16;
const STEP_HIGH: usize = 20;

/** y = x / (1 - rate), or 0 where x is dropped; see the table of kernels. */
export function dropout(
  y: usize, yStride: usize, x: usize, xStride: usize, rows: i32, columns: i32, firstRow: i32, key: usize, rate: i32,
): void {
  const rate64 = <f64>reinterpret<f32>(rate);
  const limit = i32x4.splat(<i32>(<i64>ceil<f64>(rate64 * 4294967296)));
  const scale = f32x4.splat(<f32>(1 / (1 - rate64)));
  const key0 = load<i32>(key, SEED_LOW);
  const key1 = load<i32>(key, SEED_HIGH) | (load<i32>(key, LAYER) << SEED_HIGH_BITS);
  const step = load<i32>(key, STEP_LOW);
  const purpose = PURPOSE | load<i32>(key, STEP_HIGH);
  for (let row = 0; row < rows; row++) {
    let blocks = i32x4(0, 1, 2, 3);
    let from = x;
    let to = y;
    for (let left = columns; left > 0; left -= 16) {
      // The words of four blocks: numbers of 16 columns, in their order.
      let c0 = blocks;
      let c1 = i32x4.splat(firstRow + row);
      let c2 = i32x4.splat(purpose);
      let c3 = i32x4.splat(step);
      let k0 = key0;
      let k1 = key1;
      for (let round = 0; round < 10; round++) {
        // Products of the first and of the last two lanes.
        const low0 = i64x2.extmul_low_i32x4_u(c0, i32x4.splat(MULTIPLIER_0));
        const high0 = i64x2.extmul_high_i32x4_u(c0, i32x4.splat(MULTIPLIER_0));
        const low1 = i64x2.extmul_low_i32x4_u(c2, i32x4.splat(MULTIPLIER_1));
        const high1 = i64x2.extmul_high_i32x4_u(c2, i32x4.splat(MULTIPLIER_1));
        c0 = v128.xor(upperWords(low1, high1), v128.xor(c1, i32x4.splat(k0)));
        c1 = lowerWords(low1, high1);
        c2 = v128.xor(upperWords(low0, high0), v128.xor(c3, i32x4.splat(k1)));
        c3 = lowerWords(low0, high0);
        k0 += WEYL_0;
        k1 += WEYL_1;
      }
      keepEight(to, from, c0, c1, limit, scale, left);
      if (left > 8) keepEight(to + 32, from + 32, c2, c3, limit, scale, left - 8);
      blocks = i32x4.add(blocks, i32x4.splat(4));
      from += 64;
      to += 64;
    }
    y += yStride;
    x += xStride;
  }
}

/** Of four 64-bit numbers, the lower and the upper 32 bits. */
// @ts-ignore: decorator
@inline
function lowerWords(first: v128, second: v128): v128 {
  return v128.shuffle<i32>(first, second, 0, 2, 4, 6);
}
// @ts-ignore: decorator
@inline
function upperWords(first: v128, second: v128): v128 {
  return v128.shuffle<i32>(first, second, 1, 3, 5, 7);
}

/** Eight columns, or the `left` that are left: those with numbers below the limit become 0. */
// @ts-ignore: decorator
@inline
function keepEight(y: usize, x: usize, numbers0: v128, numbers1: v128, limit: v128, scale: v128, left: i32): void {
  const y0 = v128.andnot(f32x4.mul(v128.load(x), scale), i32x4.lt_u(numbers0, limit));
  const y1 = v128.andnot(f32x4.mul(v128.load(x, 16), scale), i32x4.lt_u(numbers1, limit));
  storeEight(y, y0, y1, left);
}
