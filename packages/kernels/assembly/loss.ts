// Losses, each with its gradient.

import { logOf } from './exponential';
import { loadTail, promoteHigh, storeTail, sumOfLanes } from './lanes';
import { divideAndScale, rowExponentials, rowMaximum } from './softmax';

/** Softmax and cross-entropy from logits [rows, classes]; see the table of kernels. dLogits may be logits. */
export function softmaxCrossEntropy(
  dLogits: usize,
  sums: usize,
  logits: usize,
  labels: usize,
  weights: usize,
  rows: i32,
  classes: i32,
): void {
  let lossSum: f64 = 0;
  let weightSum: f64 = 0;
  let correctSum: f64 = 0;
  const rowBytes = (<usize>classes) << 2;
  for (let row = 0; row < rows; row++) {
    const label = i32.load(labels);
    const weight = f32.load(weights);
    const maximum = rowMaximum(logits, classes);
    const distance = f32.load(logits + ((<usize>label) << 2)) - maximum;
    if (isFirstMaximum(logits, classes, label, maximum)) correctSum += <f64>weight;

    const sum = rowExponentials(dLogits, logits, classes, maximum);
    lossSum += <f64>weight * (logOf(sum) - <f64>distance);
    weightSum += <f64>weight;

    const labelled = dLogits + ((<usize>label) << 2);
    const labelledGradient = (f32.load(labelled) / <f32>sum - 1) * weight;
    divideAndScale(dLogits, classes, <f32>sum, weight);
    f32.store(labelled, labelledGradient);

    logits += rowBytes;
    dLogits += rowBytes;
    labels += 4;
    weights += 4;
  }
  f64.store(sums, lossSum);
  f64.store(sums, weightSum, 8);
  f64.store(sums, correctSum, 16);
}

/** Whether `label` is the first place where z [classes] reaches its maximum; false when that is NaN. */
function isFirstMaximum(z: usize, classes: i32, label: i32, maximum: f32): bool {
  for (let i = 0; i < classes; i++) {
    if (f32.load(z + ((<usize>i) << 2)) == maximum) return i == label;
  }
  return false;
}

/** Squared error of predictions [rows, columns]; see the table of kernels. dPredictions may be predictions. */
export function squaredError(
  dPredictions: usize,
  sums: usize,
  predictions: usize,
  targets: usize,
  weights: usize,
  rows: i32,
  columns: i32,
): void {
  let lossSum: f64 = 0;
  let weightSum: f64 = 0;
  for (let row = 0; row < rows; row++) {
    const weight = <f64>f32.load(weights);
    const factors = f32x4.splat(<f32>((weight * 2) / <f64>columns));
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let i = columns & -4; i > 0; i -= 4) {
      const d = f32x4.sub(v128.load(predictions), v128.load(targets));
      v128.store(dPredictions, f32x4.mul(factors, d));
      const d01 = f64x2.promote_low_f32x4(d);
      const d23 = promoteHigh(d);
      low = f64x2.add(low, f64x2.mul(d01, d01));
      high = f64x2.add(high, f64x2.mul(d23, d23));
      predictions += 16;
      targets += 16;
      dPredictions += 16;
    }
    const tail = columns & 3;
    if (tail) {
      const d = f32x4.sub(loadTail(predictions, tail), loadTail(targets, tail));
      storeTail(dPredictions, f32x4.mul(factors, d), tail);
      const d01 = f64x2.promote_low_f32x4(d);
      const d23 = promoteHigh(d);
      low = f64x2.add(low, f64x2.mul(d01, d01));
      high = f64x2.add(high, f64x2.mul(d23, d23));
      const tailBytes = (<usize>tail) << 2;
      predictions += tailBytes;
      targets += tailBytes;
      dPredictions += tailBytes;
    }
    lossSum += weight * (sumOfLanes(low, high) / <f64>columns);
    weightSum += weight;
    weights += 4;
  }
  f64.store(sums, lossSum);
  f64.store(sums, weightSum, 8);
  f64.store(sums, 0, 16);
}
