// Layer normalization: each row by the mean and the deviation of its own columns.

import {
  maskFirst, maskSecond, normalized, promoteHigh, promoteLow, storeEight, storeRest, sumOfEight,
} from './eights';

/** y [rows, columns] and the statistics of its rows; see the table of kernels. */
export function layerNormalization(
  y: usize, yStride: usize, statistics: usize, x: usize, xStride: usize, gamma: usize, beta: usize, rows: i32, columns: i32,
  epsilon: i32,
): void {
  const epsilon64 = <f64>reinterpret<f32>(epsilon);
  for (let row = 0; row < rows; row++) {
    const mean = sumOfRow(x, columns) / <f64>columns;
    const variance = sumOfSquaredDistances(x, columns, mean) / <f64>columns;
    const inverse = <f32>(1.0 / sqrt<f64>(variance + epsilon64));
    f32.store(statistics, <f32>mean);
    f32.store(statistics, inverse, 4);
    normalizeRow(y, x, columns, f32x4.splat(<f32>mean), f32x4.splat(inverse), gamma, beta);
    y += yStride;
    x += xStride;
    statistics += 8;
  }
}

/** Σ x [columns] in float64, eight lanes. */
function sumOfRow(x: usize, columns: i32): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  for (; columns > 0; columns -= 8) {
    let x0 = v128.load(x);
    let x1 = v128.load(x, 16);
    if (columns < 8) {
      x0 = v128.and(x0, maskFirst(columns));
      x1 = v128.and(x1, maskSecond(columns));
    }
    sum0 = f64x2.add(sum0, promoteLow(x0));
    sum1 = f64x2.add(sum1, promoteHigh(x0));
    sum2 = f64x2.add(sum2, promoteLow(x1));
    sum3 = f64x2.add(sum3, promoteHigh(x1));
    x += 32;
  }
  return sumOfEight(sum0, sum1, sum2, sum3);
}

/** Σ (x [columns] - mean)² in float64, eight lanes. */
function sumOfSquaredDistances(x: usize, columns: i32, mean: f64): f64 {
  const means = f64x2.splat(mean);
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  for (; columns > 0; columns -= 8) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    let distance0 = f64x2.sub(promoteLow(x0), means);
    let distance1 = f64x2.sub(promoteHigh(x0), means);
    let distance2 = f64x2.sub(promoteLow(x1), means);
    let distance3 = f64x2.sub(promoteHigh(x1), means);
    if (columns < 8) {
      const first = maskFirst(columns);
      const second = maskSecond(columns);
      distance0 = v128.and(distance0, widenLow(first));
      distance1 = v128.and(distance1, widenHigh(first));
      distance2 = v128.and(distance2, widenLow(second));
      distance3 = v128.and(distance3, widenHigh(second));
    }
    sum0 = f64x2.add(sum0, f64x2.mul(distance0, distance0));
    sum1 = f64x2.add(sum1, f64x2.mul(distance1, distance1));
    sum2 = f64x2.add(sum2, f64x2.mul(distance2, distance2));
    sum3 = f64x2.add(sum3, f64x2.mul(distance3, distance3));
    x += 32;
  }
  return sumOfEight(sum0, sum1, sum2, sum3);
}

/** Masks of two float64 lanes, from those of the first and of the last two float32 lanes. */
// @ts-ignore: decorator
@inline
function widenLow(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 0, 0, 1, 1);
}
// @ts-ignore: decorator
@inline
function widenHigh(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 2, 2, 3, 3);
}

/** y = fma(x̂, gamma, beta), where either may be none. */
function normalizeRow(y: usize, x: usize, columns: i32, mean: v128, inverse: v128, gamma: usize, beta: usize): void {
  let gamma0 = f32x4.splat(1);
  let gamma1 = gamma0;
  let beta0 = f32x4.splat(0);
  let beta1 = beta0;
  for (let i: usize = 0; columns > 0; columns -= 8) {
    if (gamma) {
      gamma0 = v128.load(gamma + i);
      gamma1 = v128.load(gamma + i, 16);
    }
    if (beta) {
      beta0 = v128.load(beta + i);
      beta1 = v128.load(beta + i, 16);
    }
    const y0 = f32x4.relaxed_madd(normalized(v128.load(x + i), mean, inverse), gamma0, beta0);
    const y1 = f32x4.relaxed_madd(normalized(v128.load(x + i, 16), mean, inverse), gamma1, beta1);
    storeEight(y + i, y0, y1, columns);
    i += 32;
  }
}

/** dx [rows, columns]; see the table of kernels. */
export function layerNormalizationGradient(
  dx: usize, dxStride: usize, dy: usize, dyStride: usize, x: usize, xStride: usize, statistics: usize, gamma: usize,
  rows: i32, columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    rowGradient(dx, dy, x, v128.load32_splat(statistics), v128.load32_splat(statistics, 4), gamma, columns);
    dx += dxStride;
    dy += dyStride;
    x += xStride;
    statistics += 8;
  }
}

function rowGradient(dx: usize, dy: usize, x: usize, mean: v128, inverse: v128, gamma: usize, columns: i32): void {
  // Σ g and Σ g · x̂, where g = dy · gamma.
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  let dot0 = f64x2.splat(0);
  let dot1 = f64x2.splat(0);
  let dot2 = f64x2.splat(0);
  let dot3 = f64x2.splat(0);
  let i: usize = 0;
  for (let left = columns; left > 0; left -= 8) {
    let g0 = v128.load(dy + i);
    let g1 = v128.load(dy + i, 16);
    if (gamma) {
      g0 = f32x4.mul(g0, v128.load(gamma + i));
      g1 = f32x4.mul(g1, v128.load(gamma + i, 16));
    }
    let x0 = normalized(v128.load(x + i), mean, inverse);
    let x1 = normalized(v128.load(x + i, 16), mean, inverse);
    if (left < 8) {
      const first = maskFirst(left);
      const second = maskSecond(left);
      g0 = v128.and(g0, first);
      x0 = v128.and(x0, first);
      g1 = v128.and(g1, second);
      x1 = v128.and(x1, second);
    }
    sum0 = f64x2.add(sum0, promoteLow(g0));
    sum1 = f64x2.add(sum1, promoteHigh(g0));
    sum2 = f64x2.add(sum2, promoteLow(g1));
    sum3 = f64x2.add(sum3, promoteHigh(g1));
    dot0 = f64x2.add(dot0, f64x2.mul(promoteLow(g0), promoteLow(x0)));
    dot1 = f64x2.add(dot1, f64x2.mul(promoteHigh(g0), promoteHigh(x0)));
    dot2 = f64x2.add(dot2, f64x2.mul(promoteLow(g1), promoteLow(x1)));
    dot3 = f64x2.add(dot3, f64x2.mul(promoteHigh(g1), promoteHigh(x1)));
    i += 32;
  }
  const meanOfG = f32x4.splat(<f32>(sumOfEight(sum0, sum1, sum2, sum3) / <f64>columns));
  const slope = f32x4.splat(<f32>-(sumOfEight(dot0, dot1, dot2, dot3) / <f64>columns));
  i = 0;
  for (let left = columns; left > 0; left -= 8) {
    let g0 = v128.load(dy + i);
    let g1 = v128.load(dy + i, 16);
    if (gamma) {
      g0 = f32x4.mul(g0, v128.load(gamma + i));
      g1 = f32x4.mul(g1, v128.load(gamma + i, 16));
    }
    // Not `storeEight`: vectors that both of its branches use make the revectorizer of V8 14.6 end the process here.
    if (left >= 8) {
      v128.store(dx + i, gradientOfFour(g0, x + i, mean, inverse, meanOfG, slope));
      v128.store(dx + i, gradientOfFour(g1, x + i + 16, mean, inverse, meanOfG, slope), 16);
    } else {
      const dx0 = gradientOfFour(g0, x + i, mean, inverse, meanOfG, slope);
      const dx1 = gradientOfFour(g1, x + i + 16, mean, inverse, meanOfG, slope);
      storeRest(dx + i, dx0, dx1, left);
    }
    i += 32;
  }
}

// @ts-ignore: decorator
@inline
function gradientOfFour(g: v128, x: usize, mean: v128, inverse: v128, meanOfG: v128, slope: v128): v128 {
  return f32x4.mul(f32x4.relaxed_madd(normalized(v128.load(x), mean, inverse), slope, f32x4.sub(g, meanOfG)), inverse);
}
