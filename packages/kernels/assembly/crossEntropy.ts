// Cross-entropies over the classes of a row, from logits or from probabilities, each with its gradient; see the table of
// kernels.

import { logOf } from './exponential';
import { clamp, fma, logOf4 } from './functions';
import { loadUpTo, promoteHigh, storeUpTo, sumOfLanes, tailMask } from './lanes';
import { EPSILON, ONE_MINUS_EPSILON, storeSums, within } from './loss';
import { divideAndScale, rowExponentials, rowMaximum } from './softmax';

/** The first place where x [classes] is `maximum`, its largest; -1 when that is NaN. */
function firstPlaceOf(x: usize, classes: i32, maximum: f32): i32 {
  for (let i = 0; i < classes; i++) {
    if (f32.load(x + ((<usize>i) << 2)) == maximum) return i;
  }
  return -1;
}

/** Whether x and t [classes] have their first maximum in the same place. */
function sameFirstMaximum(x: usize, t: usize, classes: i32): bool {
  const place = firstPlaceOf(x, classes, rowMaximum(x, classes));
  return place >= 0 && place == firstPlaceOf(t, classes, rowMaximum(t, classes));
}

const VALUES: i32 = 0;
const DISTANCES: i32 = 1;
const TARGETS: i32 = 2;
const EXPECTATION: i32 = 3;
const TARGETS_WITHIN: i32 = 4;

/**
 * Over a row, in float64, four lanes i mod 4, each in order, then (l0 + l1) + (l2 + l3): Σ x; Σ (x - number); Σ s, where
 * s = t · keep + share; Σ s · (x - number) where s is not 0; Σ s where x / number is not clipped.
 */
// @ts-ignore: decorator
@inline
function rowSum(kind: i32, x: usize, t: usize, columns: i32, number: f32, keep: f32, share: f32): f64 {
  const numbers = f32x4.splat(number);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0, left = columns; left > 0; left -= 4, i += 16) {
    let term = f32x4.splat(0);
    if (kind == VALUES) term = loadUpTo(x + i, left);
    if (kind == DISTANCES) term = f32x4.sub(loadUpTo(x + i, left), numbers);
    if (kind >= TARGETS) term = fma(loadUpTo(t + i, left), f32x4.splat(keep), f32x4.splat(share));
    if (kind == EXPECTATION) {
      const product = f32x4.mul(term, f32x4.sub(loadUpTo(x + i, left), numbers));
      term = v128.and(product, f32x4.ne(term, f32x4.splat(0)));
    }
    if (kind == TARGETS_WITHIN) {
      term = v128.and(term, within(f32x4.div(loadUpTo(x + i, left), numbers), EPSILON, ONE_MINUS_EPSILON));
    }
    term = v128.and(term, tailMask(left));
    low = f64x2.add(low, f64x2.promote_low_f32x4(term));
    high = f64x2.add(high, promoteHigh(term));
  }
  return sumOfLanes(low, high);
}

export function softmaxCrossEntropy(
  dLogits: usize, sums: usize, logits: usize, labels: usize, weights: usize, rows: i32, classes: i32, smoothing: i32,
): void {
  const smoothed = <f64>f32.reinterpret_i32(smoothing);
  const share = smoothed / <f64>classes;
  let lossSum: f64 = 0;
  let weightSum: f64 = 0;
  let correctSum: f64 = 0;
  const rowBytes = (<usize>classes) << 2;
  for (let row = 0; row < rows; row++) {
    const label = i32.load(labels);
    const weight = f32.load(weights);
    const maximum = rowMaximum(logits, classes);
    let distance = <f64>(f32.load(logits + ((<usize>label) << 2)) - maximum);
    if (firstPlaceOf(logits, classes, maximum) == label) correctSum += <f64>weight;
    if (smoothed != 0) {
      distance = (1 - smoothed) * distance + share * rowSum(DISTANCES, logits, 0, classes, maximum, 0, 0);
    }

    const sum = rowExponentials(dLogits, logits, classes, maximum);
    lossSum += <f64>weight * (logOf(sum) - distance);
    weightSum += <f64>weight;

    const labelled = dLogits + ((<usize>label) << 2);
    const labelledGradient = (f32.load(labelled) / <f32>sum - <f32>(1 - smoothed + share)) * weight;
    divideAndScale(dLogits, classes, <f32>sum, <f32>share, weight);
    f32.store(labelled, labelledGradient);

    logits += rowBytes;
    dLogits += rowBytes;
    labels += 4;
    weights += 4;
  }
  storeSums(sums, lossSum, weightSum, correctSum);
}

export function softmaxCrossEntropyDense(
  dLogits: usize, sums: usize, logits: usize, targets: usize, weights: usize, rows: i32, classes: i32, smoothing: i32,
): void {
  const smoothed = <f64>f32.reinterpret_i32(smoothing);
  const keep = <f32>(1 - smoothed);
  const share = <f32>(smoothed / <f64>classes);
  let lossSum: f64 = 0;
  let weightSum: f64 = 0;
  let correctSum: f64 = 0;
  const rowBytes = (<usize>classes) << 2;
  for (let row = 0; row < rows; row++) {
    const weight = f32.load(weights);
    if (sameFirstMaximum(logits, targets, classes)) correctSum += <f64>weight;
    const maximum = rowMaximum(logits, classes);
    const total = rowSum(TARGETS, 0, targets, classes, 0, keep, share);
    const expectation = rowSum(EXPECTATION, logits, targets, classes, maximum, keep, share);
    const sum = rowExponentials(dLogits, logits, classes, maximum);
    lossSum += <f64>weight * (total * logOf(sum) - expectation);
    weightSum += <f64>weight;

    const divisors = f32x4.splat(<f32>sum);
    for (let i: usize = 0, left = classes; left > 0; left -= 4, i += 16) {
      const target = fma(loadUpTo(targets + i, left), f32x4.splat(keep), f32x4.splat(share));
      const probability = f32x4.div(loadUpTo(dLogits + i, left), divisors);
      const gradient = fma(probability, f32x4.splat(<f32>total), f32x4.neg(target));
      storeUpTo(dLogits + i, f32x4.mul(gradient, f32x4.splat(weight)), left);
    }

    logits += rowBytes;
    dLogits += rowBytes;
    targets += rowBytes;
    weights += 4;
  }
  storeSums(sums, lossSum, weightSum, correctSum);
}

export function crossEntropy(
  d: usize, sums: usize, probabilities: usize, labels: usize, weights: usize, rows: i32, classes: i32,
): void {
  let lossSum: f64 = 0;
  let weightSum: f64 = 0;
  let correctSum: f64 = 0;
  const rowBytes = (<usize>classes) << 2;
  for (let row = 0; row < rows; row++) {
    const label = i32.load(labels);
    const weight = <f64>f32.load(weights);
    if (firstPlaceOf(probabilities, classes, rowMaximum(probabilities, classes)) == label) correctSum += weight;
    const sum = <f32>rowSum(VALUES, probabilities, 0, classes, 0, 0, 0);
    const q = f32.load(probabilities + ((<usize>label) << 2)) / sum;
    lossSum -= weight * logOf(<f64>min(max(q, EPSILON), ONE_MINUS_EPSILON));
    weightSum += weight;

    const clipped = !(q >= EPSILON && q <= ONE_MINUS_EPSILON);
    const factor: f64 = clipped ? 0 : weight / <f64>sum;
    for (let i: usize = 0, left = classes; left > 0; left -= 4, i += 16) {
      storeUpTo(d + i, f32x4.splat(<f32>factor), left);
    }
    if (!clipped) f32.store(d + ((<usize>label) << 2), <f32>(factor * (1 - 1 / <f64>q)));

    probabilities += rowBytes;
    d += rowBytes;
    labels += 4;
    weights += 4;
  }
  storeSums(sums, lossSum, weightSum, correctSum);
}

export function crossEntropyDense(
  d: usize, sums: usize, probabilities: usize, targets: usize, weights: usize, rows: i32, classes: i32, smoothing: i32,
): void {
  const smoothed = <f64>f32.reinterpret_i32(smoothing);
  const keep = <f32>(1 - smoothed);
  const share = <f32>(smoothed / <f64>classes);
  let lossSum: f64 = 0;
  let weightSum: f64 = 0;
  let correctSum: f64 = 0;
  const rowBytes = (<usize>classes) << 2;
  for (let row = 0; row < rows; row++) {
    const weight = <f64>f32.load(weights);
    if (sameFirstMaximum(probabilities, targets, classes)) correctSum += weight;
    const sum = <f32>rowSum(VALUES, probabilities, 0, classes, 0, 0, 0);
    const total = f32x4.splat(<f32>rowSum(TARGETS_WITHIN, probabilities, targets, classes, sum, keep, share));
    const factors = f32x4.splat(<f32>(weight / <f64>sum));
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let i: usize = 0, left = classes; left > 0; left -= 4, i += 16) {
      const target = fma(loadUpTo(targets + i, left), f32x4.splat(keep), f32x4.splat(share));
      const q = f32x4.div(loadUpTo(probabilities + i, left), f32x4.splat(sum));
      const pull = v128.and(f32x4.div(target, q), within(q, EPSILON, ONE_MINUS_EPSILON));
      storeUpTo(d + i, f32x4.mul(factors, f32x4.sub(total, pull)), left);
      const logarithm = logOf4(clamp(q, EPSILON, ONE_MINUS_EPSILON));
      const term = v128.and(f32x4.mul(target, logarithm), tailMask(left));
      low = f64x2.add(low, f64x2.promote_low_f32x4(term));
      high = f64x2.add(high, promoteHigh(term));
    }
    lossSum -= weight * sumOfLanes(low, high);
    weightSum += weight;

    probabilities += rowBytes;
    d += rowBytes;
    targets += rowBytes;
    weights += 4;
  }
  storeSums(sums, lossSum, weightSum, correctSum);
}
