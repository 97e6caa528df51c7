import type { Bench } from './bench.ts';

/** A matrix of float32 in a bench, whose rows lie apart. */
export interface Matrix {
  readonly address: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
}

/** Random numbers in [-scale, scale), rows `gap` floats apart. */
export function randomMatrix(bench: Bench, rows: number, columns: number, seed: number, scale = 1, gap = 3): Matrix {
  const address = bench.random(Math.max(1, rows * (columns + gap)), seed, scale);
  return { address, stride: (columns + gap) * 4, rows, columns };
}

/** All elements as rows of numbers. */
export function rowsOf(bench: Bench, matrix: Matrix): number[][] {
  return Array.from({ length: matrix.rows }, (_, row) => [
    ...bench.floats(matrix.address + row * matrix.stride, matrix.columns),
  ]);
}

/** Writes all elements. */
export function setRows(bench: Bench, matrix: Matrix, values: readonly (readonly number[])[]): void {
  for (const [row, line] of values.entries()) {
    bench.floats(matrix.address + row * matrix.stride, matrix.columns).set(line);
  }
}

/** The largest difference of two lists of rows, relative to the largest magnitude of the second. */
export function distance(actual: readonly (readonly number[])[], expected: readonly (readonly number[])[]): number {
  const scale = Math.max(1e-30, ...expected.flat().map(Math.abs));
  return Math.max(0, ...actual.flatMap((line, r) => line.map((value, j) => Math.abs(value - expected[r][j])))) / scale;
}

/** The gradient of `value` with respect to every element of `at`, by central differences in float64. */
export function centralDifferences(
  value: (at: readonly (readonly number[])[]) => number,
  at: readonly (readonly number[])[],
  step = 1e-5,
): number[][] {
  return at.map((line, r) =>
    line.map((_, j) => {
      const moved = (by: number): number[][] =>
        at.map((other, i) => other.map((x, k) => (i === r && k === j ? x + by : x)));
      return (value(moved(step)) - value(moved(-step))) / (2 * step);
    }),
  );
}
