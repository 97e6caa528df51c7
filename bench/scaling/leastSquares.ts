/** Rounds of the descent; it settles long before with a handful of unknowns. */
const ROUNDS = 20_000;

/**
 * The x ≥ 0 for which the rows of A·x come nearest to b, relatively: the least Σ ((A·x − b) / b)². Descends one coordinate
 * after the other, each to its own best (Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 3.8.6).
 */
export function fitCosts(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const unknowns = rows[0].length;
  const scaled = rows.map((row, index) => row.map((value) => value / targets[index]));
  const x = Array.from({ length: unknowns }, () => 0);
  const errors = scaled.map(() => -1);
  const norms = x.map((_, column) => scaled.reduce((sum, row) => sum + row[column] ** 2, 0));
  for (let round = 0; round < ROUNDS; round++) {
    for (let column = 0; column < unknowns; column++) {
      if (norms[column] === 0) continue;
      const slope = scaled.reduce((sum, row, index) => sum + row[column] * errors[index], 0);
      const moved = Math.max(0, x[column] - slope / norms[column]) - x[column];
      if (moved === 0) continue;
      x[column] += moved;
      scaled.forEach((row, index) => {
        errors[index] += moved * row[column];
      });
    }
  }
  return x;
}
