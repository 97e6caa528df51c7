// Softmax of a row, and the part of it that the loss shares.

import { expOf } from './exponential';
import { loadTail, loadUpTo, promoteHigh, storeTail, storeUpTo, sumOfLanes, tailMask } from './lanes';

/** Largest of x [columns]; NaN if there is one. */
export function rowMaximum(x: usize, columns: i32): f32 {
  let largest = f32x4.splat(-Infinity);
  const end = x + ((<usize>(columns & -4)) << 2);
  while (x < end) {
    largest = f32x4.max(largest, v128.load(x));
    x += 16;
  }
  let result = max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  for (let i = columns & 3; i > 0; i--) {
    result = max(result, f32.load(x));
    x += 4;
  }
  return result;
}

/**
 * y [columns] = exp(x - maximum), and their sum in float64: four lanes i mod 4, each in order, then
 * (l0 + l1) + (l2 + l3). y may be x.
 */
export function rowExponentials(y: usize, x: usize, columns: i32, maximum: f32): f64 {
  const subtrahend = f32x4.splat(maximum);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = x + ((<usize>(columns & -4)) << 2);
  while (x < end) {
    const e = expOf(f32x4.sub(v128.load(x), subtrahend));
    v128.store(y, e);
    low = f64x2.add(low, f64x2.promote_low_f32x4(e));
    high = f64x2.add(high, promoteHigh(e));
    x += 16;
    y += 16;
  }
  const tail = columns & 3;
  if (tail) {
    const e = v128.and(expOf(f32x4.sub(loadTail(x, tail), subtrahend)), tailMask(tail));
    storeTail(y, e, tail);
    low = f64x2.add(low, f64x2.promote_low_f32x4(e));
    high = f64x2.add(high, promoteHigh(e));
  }
  return sumOfLanes(low, high);
}

/** y [columns] = (y / divisor - subtrahend) · factor. */
export function divideAndScale(y: usize, columns: i32, divisor: f32, subtrahend: f32, factor: f32): void {
  const divisors = f32x4.splat(divisor);
  const subtrahends = f32x4.splat(subtrahend);
  const factors = f32x4.splat(factor);
  const end = y + ((<usize>(columns & -4)) << 2);
  while (y < end) {
    v128.store(y, f32x4.mul(f32x4.sub(f32x4.div(v128.load(y), divisors), subtrahends), factors));
    y += 16;
  }
  const tail = columns & 3;
  if (tail) storeTail(y, f32x4.mul(f32x4.sub(f32x4.div(loadTail(y, tail), divisors), subtrahends), factors), tail);
}

/** y [rows, columns] = softmax of each row of x. */
export function softmax(y: usize, x: usize, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    const sum = rowExponentials(y, x, columns, rowMaximum(x, columns));
    divideAndScale(y, columns, <f32>sum, 0, 1);
    x += (<usize>columns) << 2;
    y += (<usize>columns) << 2;
  }
}

/** dx [rows, columns] = y · (dy - Σ dy · y), see the table of kernels. */
export function softmaxGradient(dx: usize, dy: usize, y: usize, rows: i32, columns: i32): void {
  const rowBytes = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++) {
    const sums = f32x4.splat(<f32>rowProduct(dy, y, columns));
    for (let i: usize = 0, left = columns; left > 0; left -= 4, i += 16) {
      storeUpTo(dx + i, f32x4.mul(loadUpTo(y + i, left), f32x4.sub(loadUpTo(dy + i, left), sums)), left);
    }
    dx += rowBytes;
    dy += rowBytes;
    y += rowBytes;
  }
}

/** Σ a · b [columns] in float64: four lanes i mod 4, each in order, then (l0 + l1) + (l2 + l3). */
function rowProduct(a: usize, b: usize, columns: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; columns > 0; columns -= 4) {
    const p = loadUpTo(a, columns);
    const q = loadUpTo(b, columns);
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(p), f64x2.promote_low_f32x4(q)));
    high = f64x2.add(high, f64x2.mul(promoteHigh(p), promoteHigh(q)));
    a += 16;
    b += 16;
  }
  return sumOfLanes(low, high);
}
