// Losses that compare element by element, each with its gradient; see the table of kernels. One loop serves them all: `kind`
// is a constant of each kernel, and everything is inlined, so that the compiler leaves one way through it.

import { LN2_HIGH } from './exponential';
import { atLeast, atMost, clamp, expOfNegativeMagnitude, fma, fullExpOf, log1pOf, logOf4, sigmoidFrom, signOf, tanhOf } from './functions';
import { loadUpTo, promoteHigh, storeUpTo, sumOfLanes, tailMask } from './lanes';

const SQUARED: i32 = 0;
const ABSOLUTE: i32 = 1;
const HUBER: i32 = 2;
const LOG_COSH: i32 = 3;
const HINGE: i32 = 4;
const POISSON: i32 = 5;
const KULLBACK_LEIBLER: i32 = 6;
const SIGMOID: i32 = 7;
const BINARY: i32 = 8;
const PERCEPTRON: i32 = 9;

/** Keras's epsilon. */
export const EPSILON: f32 = 1e-7;
export const ONE_MINUS_EPSILON: f32 = 1.0 - 1e-7;

/** SETS the three sums. */
export function storeSums(sums: usize, loss: f64, weight: f64, correct: f64): void {
  f64.store(sums, loss);
  f64.store(sums, weight, 8);
  f64.store(sums, correct, 16);
}

/** All ones where x lies in [least, most]. */
// @ts-ignore: decorator
@inline
export function within(x: v128, least: f32, most: f32): v128 {
  return v128.and(f32x4.ge(x, f32x4.splat(least)), f32x4.le(x, f32x4.splat(most)));
}

/** All ones where x and t are on the same side of their limits; where x is NaN they are not. */
// @ts-ignore: decorator
@inline
function agreement(x: v128, xLimit: f32, t: v128, tLimit: f32): v128 {
  const same = i32x4.eq(f32x4.gt(x, f32x4.splat(xLimit)), f32x4.gt(t, f32x4.splat(tLimit)));
  return v128.and(same, f32x4.eq(x, x));
}

/** `number`: delta of huber, label smoothing of the cross-entropies. d may be x. */
// @ts-ignore: decorator
@inline
function compare(
  kind: i32, d: usize, sums: usize, x: usize, t: usize, weights: usize, rows: i32, columns: i32, number: f32,
): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const keep = f32x4.splat(1 - number);
  const share = f32x4.splat(number * 0.5);
  // The Kullback-Leibler divergence and the perceptrons' criterion are sums over columns, the others are means.
  const divisor: f64 = kind == KULLBACK_LEIBLER || kind == PERCEPTRON ? 1 : <f64>columns;
  const power: f64 = kind == SQUARED ? 2 : 1;
  const counts = kind == HINGE || kind == SIGMOID || kind == BINARY || kind == PERCEPTRON;
  let lossSum: f64 = 0;
  let weightSum: f64 = 0;
  let correctSum: f64 = 0;
  for (let row = 0; row < rows; row++) {
    const weight = <f64>f32.load(weights);
    const factors = f32x4.splat(<f32>((weight * power) / divisor));
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    let agreeing = i32x4.splat(0);
    for (let left = columns; left > 0; left -= 4) {
      const p = loadUpTo(x, left);
      const target = loadUpTo(t, left);
      const difference = f32x4.sub(p, target);
      let term = difference;
      let gradient = difference;
      let agree = zero;
      if (kind == ABSOLUTE) {
        term = f32x4.abs(difference);
        gradient = signOf(difference);
      } else if (kind == HUBER) {
        const delta = f32x4.splat(number);
        gradient = atMost(atLeast(difference, f32x4.neg(delta)), delta);
        term = f32x4.mul(gradient, fma(gradient, f32x4.splat(-0.5), difference));
      } else if (kind == LOG_COSH) {
        const magnitude = f32x4.abs(difference);
        const e = fullExpOf(f32x4.mul(magnitude, f32x4.splat(-2)));
        term = f32x4.add(magnitude, f32x4.sub(log1pOf(e), f32x4.splat(LN2_HIGH)));
        gradient = tanhOf(difference);
      } else if (kind == HINGE) {
        const sign = v128.bitselect(f32x4.splat(-1), target, f32x4.eq(target, zero));
        const margin = fma(f32x4.neg(sign), p, one);
        term = atLeast(margin, zero);
        gradient = v128.and(f32x4.neg(sign), f32x4.gt(margin, zero));
        agree = agreement(p, 0, sign, 0);
      } else if (kind == POISSON) {
        const shifted = f32x4.add(p, f32x4.splat(EPSILON));
        term = fma(f32x4.neg(target), logOf4(shifted), p);
        gradient = f32x4.sub(one, f32x4.div(target, shifted));
      } else if (kind == KULLBACK_LEIBLER) {
        const clipped = clamp(target, EPSILON, 1);
        const ratio = f32x4.div(clipped, clamp(p, EPSILON, 1));
        term = f32x4.mul(clipped, logOf4(ratio));
        gradient = v128.and(f32x4.neg(ratio), within(p, EPSILON, 1));
      } else if (kind == SIGMOID) {
        const smoothed = fma(target, keep, share);
        const e = expOfNegativeMagnitude(p);
        term = f32x4.add(fma(f32x4.neg(p), smoothed, atLeast(p, zero)), log1pOf(e));
        gradient = f32x4.sub(sigmoidFrom(p, e), smoothed);
        agree = agreement(p, 0, target, 0.5);
      } else if (kind == BINARY) {
        const smoothed = fma(target, keep, share);
        const q = clamp(p, EPSILON, ONE_MINUS_EPSILON);
        const other = f32x4.mul(f32x4.sub(one, smoothed), log1pOf(f32x4.neg(q)));
        term = f32x4.neg(fma(smoothed, logOf4(q), other));
        const slope = f32x4.div(f32x4.sub(q, smoothed), f32x4.mul(q, f32x4.sub(one, q)));
        gradient = v128.and(slope, within(p, EPSILON, ONE_MINUS_EPSILON));
        agree = agreement(p, 0.5, target, 0.5);
      } else if (kind == PERCEPTRON) {
        gradient = f32x4.sub(v128.and(one, f32x4.gt(p, zero)), target);
        term = f32x4.mul(gradient, p);
        agree = agreement(p, 0, target, 0.5);
      }
      storeUpTo(d, f32x4.mul(factors, gradient), left);
      const mask = tailMask(left);
      term = v128.and(term, mask);
      const term01 = f64x2.promote_low_f32x4(term);
      const term23 = promoteHigh(term);
      low = f64x2.add(low, kind == SQUARED ? f64x2.mul(term01, term01) : term01);
      high = f64x2.add(high, kind == SQUARED ? f64x2.mul(term23, term23) : term23);
      if (counts) agreeing = i32x4.sub(agreeing, v128.and(agree, mask));
      const bytes = (<usize>min(left, 4)) << 2;
      x += bytes;
      t += bytes;
      d += bytes;
    }
    lossSum += weight * (sumOfLanes(low, high) / divisor);
    weightSum += weight;
    if (counts) correctSum += weight * (<f64>sumOfCounts(agreeing) / <f64>columns);
    weights += 4;
  }
  storeSums(sums, lossSum, weightSum, correctSum);
}

// @ts-ignore: decorator
@inline
function sumOfCounts(x: v128): i32 {
  return (
    i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3)
  );
}

export function squaredError(
  d: usize, sums: usize, predictions: usize, targets: usize, weights: usize, rows: i32, columns: i32,
): void {
  compare(SQUARED, d, sums, predictions, targets, weights, rows, columns, 0);
}

export function absoluteError(
  d: usize, sums: usize, predictions: usize, targets: usize, weights: usize, rows: i32, columns: i32,
): void {
  compare(ABSOLUTE, d, sums, predictions, targets, weights, rows, columns, 0);
}

export function huber(
  d: usize, sums: usize, predictions: usize, targets: usize, weights: usize, rows: i32, columns: i32, delta: i32,
): void {
  compare(HUBER, d, sums, predictions, targets, weights, rows, columns, f32.reinterpret_i32(delta));
}

export function logCosh(
  d: usize, sums: usize, predictions: usize, targets: usize, weights: usize, rows: i32, columns: i32,
): void {
  compare(LOG_COSH, d, sums, predictions, targets, weights, rows, columns, 0);
}

export function hinge(
  d: usize, sums: usize, predictions: usize, targets: usize, weights: usize, rows: i32, columns: i32,
): void {
  compare(HINGE, d, sums, predictions, targets, weights, rows, columns, 0);
}

export function poisson(
  d: usize, sums: usize, predictions: usize, targets: usize, weights: usize, rows: i32, columns: i32,
): void {
  compare(POISSON, d, sums, predictions, targets, weights, rows, columns, 0);
}

export function kullbackLeibler(
  d: usize, sums: usize, predictions: usize, targets: usize, weights: usize, rows: i32, columns: i32,
): void {
  compare(KULLBACK_LEIBLER, d, sums, predictions, targets, weights, rows, columns, 0);
}

export function sigmoidCrossEntropy(
  d: usize, sums: usize, logits: usize, targets: usize, weights: usize, rows: i32, columns: i32, smoothing: i32,
): void {
  compare(SIGMOID, d, sums, logits, targets, weights, rows, columns, f32.reinterpret_i32(smoothing));
}

export function binaryCrossEntropy(
  d: usize, sums: usize, probabilities: usize, targets: usize, weights: usize, rows: i32, columns: i32, smoothing: i32,
): void {
  compare(BINARY, d, sums, probabilities, targets, weights, rows, columns, f32.reinterpret_i32(smoothing));
}

export function perceptron(
  d: usize, sums: usize, z: usize, targets: usize, weights: usize, rows: i32, columns: i32,
): void {
  compare(PERCEPTRON, d, sums, z, targets, weights, rows, columns, 0);
}
