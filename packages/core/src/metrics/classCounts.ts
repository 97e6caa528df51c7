import type { Average, ClassMetricSpec } from './metric.ts';

/** Weights of rows, one number a class: truly of it, given it, and both. */
export interface ClassCounts {
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
  readonly right: Float64Array;
}

const FORMULAS: {
  readonly [Kind in ClassMetricSpec['kind']]: (actual: number, predicted: number, right: number) => number;
} = {
  precision: (_actual, predicted, right) => ratio(right, predicted),
  recall: (actual, _predicted, right) => ratio(right, actual),
  // 2pr / (p + r), without dividing twice.
  f1: (actual, predicted, right) => ratio(2 * right, actual + predicted),
};

/** 0 where there is nothing to divide, as in scikit-learn and Keras. */
function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

/** A metric of class counts. `occurring`: classes that no row is of and none is given do not count in means. */
export function classMetric(
  kind: ClassMetricSpec['kind'],
  average: Average,
  { actual, predicted, right }: ClassCounts,
  occurring: boolean,
): number {
  const formula = FORMULAS[kind];
  if (average === 'micro') return formula(sum(actual), sum(predicted), sum(right));
  let total = 0;
  let weights = 0;
  for (let i = 0; i < actual.length; i++) {
    if (occurring && actual[i] === 0 && predicted[i] === 0) continue;
    const weight = average === 'weighted' ? actual[i] : 1;
    total += weight * formula(actual[i], predicted[i], right[i]);
    weights += weight;
  }
  return ratio(total, weights);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
