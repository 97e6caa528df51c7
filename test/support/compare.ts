/**
 * Largest difference, as a part of the largest expected entry, or of 0.05 where all are smaller: the gradient of a row
 * that is almost right is `p - 1` or `p - t`, a small difference of numbers near 1, and keeps their absolute error.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 0.05;
  for (let i = 0; i < expected.length; i++) {
    // Written so that NaN counts as a difference.
    if (!(Math.abs(actual[i] - expected[i]) <= difference)) difference = Math.abs(actual[i] - expected[i]);
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return Number.isNaN(difference) ? Infinity : difference / largest;
}
