import { describe, expect, test } from 'vitest';
import { floatBits } from './floatBits.ts';
import type { KernelTable } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';
import { centralDifferences, distance, randomMatrix, rowsOf, setRows } from './testing/matrix.ts';

const bench = new Bench();
const tables = [...bench.tables, { name: 'reference', kernels: bench.reference }];
const EPSILON = 1e-3;

describe('layer normalization has the bits of the reference', () => {
  test.each([4, 9, 12, 13, ...ODD_SIZES])('%i columns', (columns) => {
    for (const [scale, epsilon] of [
      [1, EPSILON],
      [1000, 1e-5],
    ]) {
      const rows = 5;
      bench.reset(columns);
      const [y, x, dy, dx] = [1, 2, 3, 4].map((seed) => randomMatrix(bench, rows, columns, seed, scale, seed));
      const [gamma, beta] = [5, 6].map((seed) => bench.random(columns, seed));
      const statistics = bench.random(rows * 2, 7);
      const sums = bench.random(columns * 3, 8);
      const of = (g: number, b: number) => (kernels: KernelTable) => {
        kernels.layerNormalization(
          ...([y.address, y.stride, statistics, x.address, x.stride, g, b, rows, columns] as const),
          floatBits(epsilon),
        );
        kernels.layerNormalizationGradient(
          ...([
            dx.address,
            dx.stride,
            dy.address,
            dy.stride,
            x.address,
            x.stride,
            statistics,
            g,
            rows,
            columns,
          ] as const),
        );
        kernels.normalizedColumnSum(
          ...([sums + columns * 8, dy.address, dy.stride, x.address, x.stride, statistics, rows, columns] as const),
          ...([g === 0 ? 0 : 3, columns * 4] as const),
        );
      };
      for (const call of [of(gamma, beta), of(gamma, 0), of(0, beta), of(0, 0)]) {
        expect(bench.different(call)).toEqual([]);
      }
    }
  });
});

/** Layer normalization in float64. */
function normalizeRows(
  x: readonly (readonly number[])[],
  gamma: readonly number[],
  beta: readonly number[],
): number[][] {
  return x.map((line) => {
    const mean = line.reduce((sum, value) => sum + value, 0) / line.length;
    const variance = line.reduce((sum, value) => sum + (value - mean) ** 2, 0) / line.length;
    return line.map((value, j) => ((value - mean) / Math.sqrt(variance + EPSILON)) * gamma[j] + beta[j]);
  });
}

describe.each(tables)('$name against float64', ({ kernels }) => {
  const [rows, columns] = [4, 13];

  test.each([0, 1000, -1e5])('output and gradients, of x around %i', (centre) => {
    bench.reset(1);
    const [y, x, dy, dx] = [1, 2, 3, 4].map((seed) => randomMatrix(bench, rows, columns, seed));
    // Distances from the centre that float32 holds exactly.
    const inputs = rowsOf(bench, x).map((line) => line.map((value) => Math.round(value * 64) / 64 + centre));
    setRows(bench, x, inputs);
    const [gamma, beta] = [5, 6].map((seed) => bench.random(columns, seed));
    const [g, b] = [gamma, beta].map((address) => [...bench.floats(address, columns)]);
    const statistics = bench.allocate(rows * 2);
    const [dGamma, dBeta] = [bench.allocate(columns), bench.allocate(columns)];
    const weights = rowsOf(bench, dy);
    kernels.layerNormalization(
      ...([y.address, y.stride, statistics, x.address, x.stride, gamma, beta, rows, columns] as const),
      floatBits(EPSILON),
    );
    // The rounding of the mean to float32 is what remains.
    const tolerance = 1e-6 + Math.abs(centre) * 1e-7;
    expect(distance(rowsOf(bench, y), normalizeRows(inputs, g, b))).toBeLessThan(tolerance);

    kernels.layerNormalizationGradient(
      ...([
        dx.address,
        dx.stride,
        dy.address,
        dy.stride,
        x.address,
        x.stride,
        statistics,
        gamma,
        rows,
        columns,
      ] as const),
    );
    kernels.normalizedColumnSum(
      ...([dGamma, dy.address, dy.stride, x.address, x.stride, statistics, rows, columns, 0, 0] as const),
    );
    kernels.columnSumRows(dBeta, dy.address, dy.stride, rows, columns, 0, 0);
    const sum = (values: readonly (readonly number[])[]): number =>
      values.reduce((total, line, r) => total + line.reduce((part, value, j) => part + value * weights[r][j], 0), 0);
    // Distances alone matter, so differences are taken where float64 is finest.
    const near = inputs.map((line) => line.map((value) => value - centre));
    const expected = centralDifferences((at) => sum(normalizeRows(at, g, b)), near);
    expect(distance(rowsOf(bench, dx), expected)).toBeLessThan(2e-6 + Math.abs(centre) * 1e-7);
    const [gradientOfGamma] = centralDifferences(([at]) => sum(normalizeRows(inputs, at, b)), [g]);
    const [gradientOfBeta] = centralDifferences(([at]) => sum(normalizeRows(inputs, g, at)), [b]);
    expect(distance([[...bench.floats(dGamma, columns)]], [gradientOfGamma])).toBeLessThan(tolerance);
    expect(distance([[...bench.floats(dBeta, columns)]], [gradientOfBeta])).toBeLessThan(1e-6);
  });

  test('a row that is the same everywhere is beta', () => {
    bench.reset(1);
    const [y, x] = [1, 2].map((seed) => randomMatrix(bench, 1, 9, seed));
    setRows(bench, x, [Array.from({ length: 9 }, () => 0.1)]);
    const beta = bench.random(9, 3);
    const statistics = bench.allocate(2);
    kernels.layerNormalization(y.address, y.stride, statistics, x.address, x.stride, 0, beta, 1, 9, floatBits(1e-5));
    expect(rowsOf(bench, y)).toEqual([[...bench.floats(beta, 9)]]);
    expect(bench.floats(statistics, 2)[0]).toBe(Math.fround(0.1));
  });

  test('a NaN makes its row NaN and no other', () => {
    bench.reset(1);
    const [y, x] = [1, 2].map((seed) => randomMatrix(bench, 2, 9, seed));
    bench.floats(x.address + 12, 1)[0] = NaN;
    const statistics = bench.allocate(4);
    kernels.layerNormalization(y.address, y.stride, statistics, x.address, x.stride, 0, 0, 2, 9, floatBits(1e-5));
    const [broken, whole] = rowsOf(bench, y);
    expect(broken.every(Number.isNaN)).toBe(true);
    expect(whole.every(Number.isFinite)).toBe(true);
  });
});
