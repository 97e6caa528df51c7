// Rosenblatt's perceptron: weights change row by row, in place, so a record says how far they have.

import { loadUpTo, promoteHigh, storeUpTo, sumOfLanes } from './lanes';

/** Bytes from `progress` to its two words: rows that are done, and how far the correction of the next one has come. */
const ROWS_DONE: usize = 0;
const CORRECTION: usize = 4;

/** One pass over the rows; see the table of kernels. */
export function perceptron(
  weights: usize, bias: usize, mistakes: usize, x: usize, xStride: usize, labels: usize, rows: i32, inputs: i32,
  learningRate: i32, progress: usize,
): void {
  const rate = reinterpret<f32>(learningRate);
  for (let row = load<i32>(progress, ROWS_DONE); row < rows; row++) {
    const values = x + <usize>row * xStride;
    let correction = load<i32>(progress, CORRECTION);
    if (correction == 0) {
      const label = load<i32>(labels + (<usize>row << 2)) != 0;
      const predicted = weightedInputs(weights, values, inputs) + <f64>f32.load(bias) > 0;
      if (predicted == label) {
        store<i32>(progress, row + 1, ROWS_DONE);
        continue;
      }
      correction = label ? 1 : -1;
      store<i32>(mistakes, load<i32>(mistakes) + 1);
      store<i32>(progress, correction, CORRECTION);
    }
    // Of the elements so many are corrected: one less than the word says, whose sign is that of the error.
    const error = correction > 0 ? 1 : -1;
    const step = error > 0 ? rate : -rate;
    let done = correction * error - 1;
    while (done < inputs) {
      const left = inputs - done;
      const place = weights + (<usize>done << 2);
      const v = loadUpTo(values + (<usize>done << 2), left);
      storeUpTo(place, f32x4.relaxed_madd(f32x4.splat(step), v, loadUpTo(place, left)), left);
      done += min(left, 4);
      store<i32>(progress, error * (done + 1), CORRECTION);
    }
    f32.store(bias, f32.load(bias) + step);
    store<i32>(progress, 0, CORRECTION);
    store<i32>(progress, row + 1, ROWS_DONE);
  }
}

/** Σ weights · x in float64: four lanes i mod 4, each in order, then (l0 + l1) + (l2 + l3). */
function weightedInputs(weights: usize, x: usize, inputs: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let left = inputs; left > 0; left -= 4) {
    const w = loadUpTo(weights, left);
    const v = loadUpTo(x, left);
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(w), f64x2.promote_low_f32x4(v)));
    high = f64x2.add(high, f64x2.mul(promoteHigh(w), promoteHigh(v)));
    weights += 16;
    x += 16;
  }
  return sumOfLanes(low, high);
}
