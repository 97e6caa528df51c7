// Kernels that work element by element, or down the columns. Bodies store adjacent pairs of vectors, which V8 may
// fuse into one of 256 bits; tails run the same operations on a partly filled vector.

import { PANEL_COLUMNS, PANEL_ROW_BYTES } from './panels';
import { loadTail, loadUpTo, promoteHigh, storeTail, storeUpTo, sumOfLanes } from './lanes';

// @ts-ignore: decorator
@inline
function gradientWherePositive(dy: v128, y: v128): v128 {
  return v128.and(dy, f32x4.gt(y, f32x4.splat(0)));
}

/** dx [n] = y [n] > 0 ? dy [n] : 0. */
export function reluGradient(dx: usize, dy: usize, y: usize, n: i32): void {
  const end = dx + (<usize>(n & -8) << 2);
  while (dx < end) {
    const dx0 = gradientWherePositive(v128.load(dy), v128.load(y));
    const dx1 = gradientWherePositive(v128.load(dy, 16), v128.load(y, 16));
    v128.store(dx, dx0);
    v128.store(dx, dx1, 16);
    dx += 32;
    dy += 32;
    y += 32;
  }
  if (n & 4) {
    v128.store(dx, gradientWherePositive(v128.load(dy), v128.load(y)));
    dx += 16;
    dy += 16;
    y += 16;
  }
  const tail = n & 3;
  if (tail) storeTail(dx, gradientWherePositive(loadTail(dy, tail), loadTail(y, tail)), tail);
}

/** target [n] = keep ? target [n] + source [n] : source [n]; restartable, see the table of kernels. */
export function accumulate(target: usize, source: usize, keep: i32, progress: usize, n: i32): void {
  if (!keep) {
    copy(target, source, progress, n);
    return;
  }
  let done = load<i32>(progress);
  target += <usize>done << 2;
  source += <usize>done << 2;
  const left = n - done;
  const end = target + (<usize>(left & -8) << 2);
  while (target < end) {
    const sum0 = f32x4.add(v128.load(target), v128.load(source));
    const sum1 = f32x4.add(v128.load(target, 16), v128.load(source, 16));
    v128.store(target, sum0);
    v128.store(target, sum1, 16);
    target += 32;
    source += 32;
    done += 8;
    store<i32>(progress, done);
  }
  if (left & 4) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
    target += 16;
    source += 16;
    done += 4;
    store<i32>(progress, done);
  }
  const tail = left & 3;
  if (tail) {
    storeTail(target, f32x4.add(loadTail(target, tail), loadTail(source, tail)), tail);
    store<i32>(progress, n);
  }
}

/** What is left of n elements, in one go: nothing ends a thread within `memory.copy`. */
function copy(target: usize, source: usize, progress: usize, n: i32): void {
  const done = load<i32>(progress);
  const offset = <usize>done << 2;
  memory.copy(target + offset, source + offset, <usize>(n - done) << 2);
  store<i32>(progress, n);
}

/** out [columns] = sums down the rows of a packed matrix, added to `folds` older sums; see the table of kernels. */
export function columnSum(
  out: usize, panels: usize, panelStride: usize, rows: i32, columns: i32, folds: i32, foldStride: usize,
): void {
  for (; columns > 0; columns -= PANEL_COLUMNS) {
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let sum2 = f32x4.splat(0);
    let sum3 = f32x4.splat(0);
    const end = panels + <usize>rows * PANEL_ROW_BYTES;
    for (let p = panels; p < end; p += PANEL_ROW_BYTES) {
      sum0 = f32x4.add(sum0, v128.load(p));
      sum1 = f32x4.add(sum1, v128.load(p, 16));
      sum2 = f32x4.add(sum2, v128.load(p, 32));
      sum3 = f32x4.add(sum3, v128.load(p, 48));
    }
    foldColumns(out, sum0, columns, folds, foldStride);
    foldColumns(out + 16, sum1, columns - 4, folds, foldStride);
    foldColumns(out + 32, sum2, columns - 8, folds, foldStride);
    foldColumns(out + 48, sum3, columns - 12, folds, foldStride);
    out += PANEL_ROW_BYTES;
    panels += panelStride;
  }
}

/** The sums of up to four of the `columns` that are left, added to older ones. */
export function foldColumns(out: usize, sum: v128, columns: i32, folds: i32, foldStride: usize): void {
  if (columns >= 4) {
    for (let fold = 0; fold < folds; fold++) {
      if (fold > 0) out -= foldStride;
      sum = f32x4.add(v128.load(out), sum);
    }
    v128.store(out, sum);
  } else if (columns > 0) {
    for (let fold = 0; fold < folds; fold++) {
      if (fold > 0) out -= foldStride;
      sum = f32x4.add(loadTail(out, columns), sum);
    }
    storeTail(out, sum, columns);
  }
}

/** out (float64) = Σ x [n]², in float64: lane i mod 4 in order, then (l0 + l1) + (l2 + l3). */
export function sumOfSquares(out: usize, x: usize, n: i32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = x + (<usize>(n & -4) << 2);
  while (x < end) {
    const v = v128.load(x);
    const v01 = f64x2.promote_low_f32x4(v);
    const v23 = promoteHigh(v);
    low = f64x2.add(low, f64x2.mul(v01, v01));
    high = f64x2.add(high, f64x2.mul(v23, v23));
    x += 16;
  }
  const tail = n & 3;
  if (tail) {
    const v = loadTail(x, tail);
    const v01 = f64x2.promote_low_f32x4(v);
    const v23 = promoteHigh(v);
    low = f64x2.add(low, f64x2.mul(v01, v01));
    high = f64x2.add(high, f64x2.mul(v23, v23));
  }
  f64.store(out, sumOfLanes(low, high));
}

/** gradient [n] += weight · (l1 · sign(w) + 2 · l2 · w), and penalty = l1 · Σ|w| + l2 · Σ w²; see the table of kernels. */
export function regularize(
  penalty: usize, gradient: usize, weights: usize, weight: usize, n: i32, l1: i32, l2: i32,
): void {
  const scale = v128.load32_splat(weight);
  const size = f32x4.splat(reinterpret<f32>(l1));
  const slope = f32x4.splat(2 * reinterpret<f32>(l2));
  let sizesLow = f64x2.splat(0);
  let sizesHigh = f64x2.splat(0);
  let squaresLow = f64x2.splat(0);
  let squaresHigh = f64x2.splat(0);
  for (let left = n; left > 0; left -= 4) {
    const w = loadUpTo(weights, left);
    const sign = v128.and(f32x4.ne(w, f32x4.splat(0)), v128.bitselect(w, size, f32x4.splat(-0.0)));
    const derivative = f32x4.relaxed_madd(slope, w, sign);
    storeUpTo(gradient, f32x4.relaxed_madd(scale, derivative, loadUpTo(gradient, left)), left);
    const w01 = f64x2.promote_low_f32x4(w);
    const w23 = promoteHigh(w);
    sizesLow = f64x2.add(sizesLow, f64x2.abs(w01));
    sizesHigh = f64x2.add(sizesHigh, f64x2.abs(w23));
    squaresLow = f64x2.add(squaresLow, f64x2.mul(w01, w01));
    squaresHigh = f64x2.add(squaresHigh, f64x2.mul(w23, w23));
    weights += 16;
    gradient += 16;
  }
  const sizes = <f64>reinterpret<f32>(l1) * sumOfLanes(sizesLow, sizesHigh);
  f64.store(penalty, sizes + <f64>reinterpret<f32>(l2) * sumOfLanes(squaresLow, squaresHigh));
}
