// Batch normalization: each column by the mean and the deviation of its own rows. Eight columns at a time go down all rows.

import { loadTail, storeTail } from './lanes';
import { addSquaredDistance, demote, normalized, promoteHigh, promoteLow, storeEight } from './eights';

/** 1 / √(variance + epsilon) of four columns. */
export function inverseDeviation(variance: v128, epsilon: i32): v128 {
  const epsilons = f64x2.splat(<f64>reinterpret<f32>(epsilon));
  const one = f64x2.splat(1);
  const low = f64x2.div(one, f64x2.sqrt(f64x2.add(promoteLow(variance), epsilons)));
  const high = f64x2.div(one, f64x2.sqrt(f64x2.add(promoteHigh(variance), epsilons)));
  return demote(low, high);
}

/** mean and variance [columns] of x [rows, columns]; see the table of kernels. */
export function batchStatistics(
  mean: usize, variance: usize, x: usize, xStride: usize, rows: i32, columns: i32,
): void {
  // Of no rows both are 0.
  const counts = f64x2.splat(<f64>max(rows, 1));
  for (; columns > 0; columns -= 8) {
    let sum0 = f64x2.splat(0);
    let sum1 = f64x2.splat(0);
    let sum2 = f64x2.splat(0);
    let sum3 = f64x2.splat(0);
    let from = x;
    for (let row = 0; row < rows; row++) {
      const first = v128.load(from);
      const second = v128.load(from, 16);
      sum0 = f64x2.add(sum0, promoteLow(first));
      sum1 = f64x2.add(sum1, promoteHigh(first));
      sum2 = f64x2.add(sum2, promoteLow(second));
      sum3 = f64x2.add(sum3, promoteHigh(second));
      from += xStride;
    }
    const mean0 = f64x2.div(sum0, counts);
    const mean1 = f64x2.div(sum1, counts);
    const mean2 = f64x2.div(sum2, counts);
    const mean3 = f64x2.div(sum3, counts);
    sum0 = f64x2.splat(0);
    sum1 = f64x2.splat(0);
    sum2 = f64x2.splat(0);
    sum3 = f64x2.splat(0);
    from = x;
    for (let row = 0; row < rows; row++) {
      const first = v128.load(from);
      const second = v128.load(from, 16);
      sum0 = addSquaredDistance(sum0, promoteLow(first), mean0);
      sum1 = addSquaredDistance(sum1, promoteHigh(first), mean1);
      sum2 = addSquaredDistance(sum2, promoteLow(second), mean2);
      sum3 = addSquaredDistance(sum3, promoteHigh(second), mean3);
      from += xStride;
    }
    storeEight(mean, demote(mean0, mean1), demote(mean2, mean3), columns);
    const variance0 = demote(f64x2.div(sum0, counts), f64x2.div(sum1, counts));
    const variance1 = demote(f64x2.div(sum2, counts), f64x2.div(sum3, counts));
    storeEight(variance, variance0, variance1, columns);
    x += 32;
    mean += 32;
    variance += 32;
  }
}

/** y [rows, columns] = fma(x - mean, scale, beta), scale = gamma · inverse deviation; see the table of kernels. */
export function batchNormalization(
  y: usize, yStride: usize, x: usize, xStride: usize, mean: usize, variance: usize, gamma: usize, beta: usize, rows: i32,
  columns: i32, epsilon: i32,
): void {
  for (; columns > 0; columns -= 8) {
    const mean0 = v128.load(mean);
    const mean1 = v128.load(mean, 16);
    let scale0 = inverseDeviation(v128.load(variance), epsilon);
    let scale1 = inverseDeviation(v128.load(variance, 16), epsilon);
    if (gamma) {
      scale0 = f32x4.mul(v128.load(gamma), scale0);
      scale1 = f32x4.mul(v128.load(gamma, 16), scale1);
      gamma += 32;
    }
    let beta0 = f32x4.splat(0);
    let beta1 = f32x4.splat(0);
    if (beta) {
      beta0 = v128.load(beta);
      beta1 = v128.load(beta, 16);
      beta += 32;
    }
    let from = x;
    let to = y;
    for (let row = 0; row < rows; row++) {
      const y0 = f32x4.relaxed_madd(f32x4.sub(v128.load(from), mean0), scale0, beta0);
      const y1 = f32x4.relaxed_madd(f32x4.sub(v128.load(from, 16), mean1), scale1, beta1);
      storeEight(to, y0, y1, columns);
      from += xStride;
      to += yStride;
    }
    y += 32;
    x += 32;
    mean += 32;
    variance += 32;
  }
}

/** dx [rows, columns], through mean and variance too; see the table of kernels. */
export function batchNormalizationGradient(
  dx: usize, dxStride: usize, dy: usize, dyStride: usize, x: usize, xStride: usize, mean: usize, variance: usize,
  gamma: usize, rows: i32, columns: i32, epsilon: i32,
): void {
  const counts = f64x2.splat(<f64>rows);
  for (; columns > 0; columns -= 8) {
    const mean0 = v128.load(mean);
    const mean1 = v128.load(mean, 16);
    const inverse0 = inverseDeviation(v128.load(variance), epsilon);
    const inverse1 = inverseDeviation(v128.load(variance, 16), epsilon);
    // Σ dy and Σ dy · x̂.
    let sum0 = f64x2.splat(0);
    let sum1 = f64x2.splat(0);
    let sum2 = f64x2.splat(0);
    let sum3 = f64x2.splat(0);
    let dot0 = f64x2.splat(0);
    let dot1 = f64x2.splat(0);
    let dot2 = f64x2.splat(0);
    let dot3 = f64x2.splat(0);
    let from = x;
    let gradient = dy;
    for (let row = 0; row < rows; row++) {
      const dy0 = v128.load(gradient);
      const dy1 = v128.load(gradient, 16);
      const x0 = normalized(v128.load(from), mean0, inverse0);
      const x1 = normalized(v128.load(from, 16), mean1, inverse1);
      sum0 = f64x2.add(sum0, promoteLow(dy0));
      sum1 = f64x2.add(sum1, promoteHigh(dy0));
      sum2 = f64x2.add(sum2, promoteLow(dy1));
      sum3 = f64x2.add(sum3, promoteHigh(dy1));
      dot0 = f64x2.add(dot0, f64x2.mul(promoteLow(dy0), promoteLow(x0)));
      dot1 = f64x2.add(dot1, f64x2.mul(promoteHigh(dy0), promoteHigh(x0)));
      dot2 = f64x2.add(dot2, f64x2.mul(promoteLow(dy1), promoteLow(x1)));
      dot3 = f64x2.add(dot3, f64x2.mul(promoteHigh(dy1), promoteHigh(x1)));
      from += xStride;
      gradient += dyStride;
    }
    const meanOfDy0 = demote(f64x2.div(sum0, counts), f64x2.div(sum1, counts));
    const meanOfDy1 = demote(f64x2.div(sum2, counts), f64x2.div(sum3, counts));
    const slope0 = f32x4.neg(demote(f64x2.div(dot0, counts), f64x2.div(dot1, counts)));
    const slope1 = f32x4.neg(demote(f64x2.div(dot2, counts), f64x2.div(dot3, counts)));
    let scale0 = inverse0;
    let scale1 = inverse1;
    if (gamma) {
      scale0 = f32x4.mul(v128.load(gamma), inverse0);
      scale1 = f32x4.mul(v128.load(gamma, 16), inverse1);
      gamma += 32;
    }
    from = x;
    gradient = dy;
    let to = dx;
    for (let row = 0; row < rows; row++) {
      const x0 = normalized(v128.load(from), mean0, inverse0);
      const x1 = normalized(v128.load(from, 16), mean1, inverse1);
      const centred0 = f32x4.sub(v128.load(gradient), meanOfDy0);
      const centred1 = f32x4.sub(v128.load(gradient, 16), meanOfDy1);
      const dx0 = f32x4.mul(f32x4.relaxed_madd(x0, slope0, centred0), scale0);
      const dx1 = f32x4.mul(f32x4.relaxed_madd(x1, slope1, centred1), scale1);
      storeEight(to, dx0, dx1, columns);
      from += xStride;
      gradient += dyStride;
      to += dxStride;
    }
    dx += 32;
    dy += 32;
    x += 32;
    mean += 32;
    variance += 32;
  }
}

/** Positions in `hyper`, in bytes: MOVING_AVERAGE_HYPER of the table of kernels. */
const SCALE: usize = 0;
const MOMENTUM: usize = 4;

/** fma(momentum, moving, rest · (batch · scale)). */
// @ts-ignore: decorator
@inline
function moved(moving: v128, batch: v128, momentum: v128, rest: v128, scale: v128): v128 {
  return f32x4.relaxed_madd(momentum, moving, f32x4.mul(rest, f32x4.mul(batch, scale)));
}

/** moving [n] = momentum · moving + (1 - momentum) · batch · scale; restartable, see the table of kernels. */
export function movingAverage(moving: usize, batch: usize, hyper: usize, progress: usize, n: i32): void {
  const scale = v128.load32_splat(hyper, SCALE);
  const momentum = v128.load32_splat(hyper, MOMENTUM);
  const rest = f32x4.sub(f32x4.splat(1), momentum);
  let done = load<i32>(progress);
  moving += <usize>done << 2;
  batch += <usize>done << 2;
  while (n - done >= 4) {
    v128.store(moving, moved(v128.load(moving), v128.load(batch), momentum, rest, scale));
    moving += 16;
    batch += 16;
    done += 4;
    store<i32>(progress, done);
  }
  const tail = n - done;
  if (tail > 0) {
    storeTail(moving, moved(loadTail(moving, tail), loadTail(batch, tail), momentum, rest, scale), tail);
    store<i32>(progress, n);
  }
}
