// Sums down the columns of matrices whose rows lie apart, eight columns at a time: gradients of vectors of parameters.

import { inverseDeviation } from './batchNormalization';
import { normalized } from './eights';
import { foldColumns } from './elementwise';

/** out [columns] = sums down the rows, added to `folds` older sums; see the table of kernels. */
export function columnSumRows(
  out: usize, dy: usize, dyStride: usize, rows: i32, columns: i32, folds: i32, foldStride: usize,
): void {
  for (; columns > 0; columns -= 8) {
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let y = dy;
    for (let row = 0; row < rows; row++) {
      sum0 = f32x4.add(sum0, v128.load(y));
      sum1 = f32x4.add(sum1, v128.load(y, 16));
      y += dyStride;
    }
    foldEight(out, sum0, sum1, columns, folds, foldStride);
    out += 32;
    dy += 32;
  }
}

/** out [columns] = Σ dy · x̂, where each row has its mean and inverse deviation; see the table of kernels. */
export function normalizedColumnSum(
  out: usize, dy: usize, dyStride: usize, x: usize, xStride: usize, statistics: usize, rows: i32, columns: i32,
  folds: i32, foldStride: usize,
): void {
  for (; columns > 0; columns -= 8) {
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let y = dy;
    let z = x;
    let ofRow = statistics;
    for (let row = 0; row < rows; row++) {
      const mean = v128.load32_splat(ofRow);
      const inverse = v128.load32_splat(ofRow, 4);
      sum0 = f32x4.relaxed_madd(v128.load(y), normalized(v128.load(z), mean, inverse), sum0);
      sum1 = f32x4.relaxed_madd(v128.load(y, 16), normalized(v128.load(z, 16), mean, inverse), sum1);
      y += dyStride;
      z += xStride;
      ofRow += 8;
    }
    foldEight(out, sum0, sum1, columns, folds, foldStride);
    out += 32;
    dy += 32;
    x += 32;
  }
}

/** out [columns] = Σ dy · x̂, where each column has its mean and variance; see the table of kernels. */
export function batchNormalizedColumnSum(
  out: usize, dy: usize, dyStride: usize, x: usize, xStride: usize, mean: usize, variance: usize, rows: i32, columns: i32,
  epsilon: i32, folds: i32, foldStride: usize,
): void {
  for (; columns > 0; columns -= 8) {
    const mean0 = v128.load(mean);
    const mean1 = v128.load(mean, 16);
    const inverse0 = inverseDeviation(v128.load(variance), epsilon);
    const inverse1 = inverseDeviation(v128.load(variance, 16), epsilon);
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let y = dy;
    let z = x;
    for (let row = 0; row < rows; row++) {
      sum0 = f32x4.relaxed_madd(v128.load(y), normalized(v128.load(z), mean0, inverse0), sum0);
      sum1 = f32x4.relaxed_madd(v128.load(y, 16), normalized(v128.load(z, 16), mean1, inverse1), sum1);
      y += dyStride;
      z += xStride;
    }
    foldEight(out, sum0, sum1, columns, folds, foldStride);
    out += 32;
    dy += 32;
    x += 32;
    mean += 32;
    variance += 32;
  }
}

/** out [n] = factor · x [n], added to `folds` older sums; see the table of kernels. */
export function weightedSum(out: usize, x: usize, factor: i32, n: i32, folds: i32, foldStride: usize): void {
  const factors = f32x4.splat(<f32>factor);
  for (; n > 0; n -= 4) {
    foldColumns(out, f32x4.mul(v128.load(x), factors), n, folds, foldStride);
    out += 16;
    x += 16;
  }
}

/** The sums of up to eight of the `columns` that are left, added to older ones. */
// @ts-ignore: decorator
@inline
function foldEight(out: usize, sum0: v128, sum1: v128, columns: i32, folds: i32, foldStride: usize): void {
  foldColumns(out, sum0, columns, folds, foldStride);
  foldColumns(out + 16, sum1, columns - 4, folds, foldStride);
}
