/** `sum` added to `folds` older sums, at `target`, `target - foldStride` …, one after the other; written where the last was. */
export function foldInto(f: Float32Array, target: number, sum: number, folds: number, foldStride: number): void {
  for (let fold = 0; fold < folds; fold++) {
    if (fold > 0) target -= foldStride;
    sum = Math.fround(f[target >>> 2] + sum);
  }
  f[target >>> 2] = sum;
}
