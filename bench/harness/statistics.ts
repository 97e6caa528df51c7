/** Minimum and median of repetitions: the minimum is the machine at its best, the median what a user sees on a busy one. */
export interface Spread {
  readonly min: number;
  readonly median: number;
}

export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('a spread needs at least one value');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median };
}

/** The mean of ratios that treats 2 and 1/2 alike. */
export function geometricMean(ratios: readonly number[]): number {
  if (ratios.length === 0) throw new Error('a mean needs at least one value');
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
