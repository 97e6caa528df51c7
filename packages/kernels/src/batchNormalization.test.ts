import { describe, expect, test } from 'vitest';
import { floatBits } from './floatBits.ts';
import type { KernelTable } from './table.ts';
import { Bench, ODD_SIZES, numbers } from './testing/bench.ts';
import { centralDifferences, distance, randomMatrix, rowsOf } from './testing/matrix.ts';

const bench = new Bench();
const tables = [...bench.tables, { name: 'reference', kernels: bench.reference }];
const EPSILON = 1e-3;
const EPSILON_BITS = floatBits(EPSILON);

describe('batch normalization has the bits of the reference', () => {
  test.each([4, 9, 12, 13, ...ODD_SIZES])('%i columns', (columns) => {
    for (const rows of [0, 1, 2, 7]) {
      bench.reset(columns);
      const [y, x, dy, dx] = [1, 2, 3, 4].map((seed) => randomMatrix(bench, rows, columns, seed, 30, seed));
      const [gamma, beta, mean, variance] = [5, 6, 7, 8].map((seed) => bench.random(columns, seed));
      const sums = bench.random(columns * 3, 9);
      const of = (g: number, b: number) => (kernels: KernelTable) => {
        kernels.batchStatistics(mean, variance, x.address, x.stride, rows, columns);
        kernels.batchNormalization(
          ...([y.address, y.stride, x.address, x.stride, mean, variance, g, b, rows, columns, EPSILON_BITS] as const),
        );
        kernels.batchNormalizationGradient(
          ...([dx.address, dx.stride, dy.address, dy.stride, x.address, x.stride, mean, variance, g] as const),
          ...([rows, columns, EPSILON_BITS] as const),
        );
        kernels.batchNormalizedColumnSum(
          ...([sums + columns * 8, dy.address, dy.stride, x.address, x.stride, mean, variance, rows, columns] as const),
          ...([EPSILON_BITS, g === 0 ? 0 : 3, columns * 4] as const),
        );
      };
      for (const call of [of(gamma, beta), of(gamma, 0), of(0, beta), of(0, 0)]) {
        expect(bench.different(call)).toEqual([]);
      }
    }
  });

  test.each([0, 4, 8, ...ODD_SIZES])('moving average of %i', (n) => {
    bench.reset(n);
    const [moving, batch] = [1, 2].map((seed) => bench.random(n, seed));
    const hyper = bench.allocate(2);
    bench.floats(hyper, 2).set([1 / 37, 0.99]);
    const progress = bench.word(0);
    expect(bench.different((kernels) => kernels.movingAverage(moving, batch, hyper, progress, n))).toEqual([]);
    expect(bench.integers(progress, 1)[0]).toBe(n);
  });
});

/** Batch normalization in float64. */
function normalizeColumns(
  x: readonly (readonly number[])[],
  gamma: readonly number[],
  beta: readonly number[],
): number[][] {
  const { mean, variance } = statisticsOf(x);
  return x.map((line) =>
    line.map((value, j) => ((value - mean[j]) / Math.sqrt(variance[j] + EPSILON)) * gamma[j] + beta[j]),
  );
}

function statisticsOf(x: readonly (readonly number[])[]): { mean: number[]; variance: number[] } {
  const mean = x[0].map((_, j) => x.reduce((sum, line) => sum + line[j], 0) / x.length);
  const variance = mean.map((centre, j) => x.reduce((sum, line) => sum + (line[j] - centre) ** 2, 0) / x.length);
  return { mean, variance };
}

describe.each(tables)('$name against float64', ({ kernels }) => {
  const [rows, columns] = [7, 13];

  test('output and gradients', () => {
    bench.reset(1);
    const [y, x, dy, dx] = [1, 2, 3, 4].map((seed) => randomMatrix(bench, rows, columns, seed, 2));
    const [gamma, beta] = [5, 6].map((seed) => bench.random(columns, seed));
    const [mean, variance, dGamma] = [1, 2, 3].map(() => bench.allocate(columns));
    const [inputs, weights] = [x, dy].map((matrix) => rowsOf(bench, matrix));
    const [g, b] = [gamma, beta].map((address) => [...bench.floats(address, columns)]);
    kernels.batchStatistics(mean, variance, x.address, x.stride, rows, columns);
    kernels.batchNormalization(
      ...([
        y.address,
        y.stride,
        x.address,
        x.stride,
        mean,
        variance,
        gamma,
        beta,
        rows,
        columns,
        EPSILON_BITS,
      ] as const),
    );
    kernels.batchNormalizationGradient(
      ...([dx.address, dx.stride, dy.address, dy.stride, x.address, x.stride, mean, variance, gamma] as const),
      ...([rows, columns, EPSILON_BITS] as const),
    );
    kernels.batchNormalizedColumnSum(
      ...([dGamma, dy.address, dy.stride, x.address, x.stride, mean, variance, rows, columns] as const),
      ...([EPSILON_BITS, 0, 0] as const),
    );
    expect(distance(rowsOf(bench, y), normalizeColumns(inputs, g, b))).toBeLessThan(1e-6);
    const sum = (values: readonly (readonly number[])[]): number =>
      values.reduce((total, line, r) => total + line.reduce((part, value, j) => part + value * weights[r][j], 0), 0);
    const expected = centralDifferences((at) => sum(normalizeColumns(at, g, b)), inputs);
    expect(distance(rowsOf(bench, dx), expected)).toBeLessThan(2e-6);
    const [gradientOfGamma] = centralDifferences(([at]) => sum(normalizeColumns(inputs, at, b)), [g]);
    expect(distance([[...bench.floats(dGamma, columns)]], [gradientOfGamma])).toBeLessThan(1e-6);
  });

  test('columns in pieces, and rows of the output, have the same bits', () => {
    bench.reset(1);
    const [y, x, dy, dx] = [1, 2, 3, 4].map((seed) => randomMatrix(bench, rows, columns, seed, 2));
    const [gamma, beta, mean, variance] = [5, 6, 7, 8].map((seed) => bench.random(columns, seed));
    const pass = (begin: number, end: number, cut: number): void => {
      const [at, n] = [begin * 4, end - begin];
      const statistics = [mean + at, variance + at] as const;
      kernels.batchStatistics(...statistics, x.address + at, x.stride, rows, n);
      kernels.batchNormalizationGradient(
        ...([dx.address + at, dx.stride, dy.address + at, dy.stride, x.address + at, x.stride, ...statistics] as const),
        ...([gamma + at, rows, n, EPSILON_BITS] as const),
      );
      for (const [first, last] of [
        [0, cut],
        [cut, rows],
      ]) {
        kernels.batchNormalization(
          ...([y.address + at + first * y.stride, y.stride, x.address + at + first * x.stride, x.stride] as const),
          ...([...statistics, gamma + at, beta + at, last - first, n, EPSILON_BITS] as const),
        );
      }
    };
    pass(0, columns, 0);
    const whole = bench.snapshot();
    for (const begin of [1, 5, 8, 12]) {
      pass(0, begin, 3);
      pass(begin, columns, 4);
      expect(Buffer.compare(bench.snapshot(), whole)).toBe(0);
    }
  });

  test('mean and variance of 10,000 rows far from 0', () => {
    bench.reset(1);
    const [many, wide] = [10_000, 3];
    const address = bench.allocate(many * wide);
    const x = bench.floats(address, many * wide);
    const next = numbers(5);
    for (let i = 0; i < x.length; i++) x[i] = [3, 1e4, -1e6][i % wide] + next();
    const [mean, variance] = [bench.allocate(wide), bench.allocate(wide)];
    kernels.batchStatistics(mean, variance, address, wide * 4, many, wide);
    const expected = statisticsOf(Array.from({ length: many }, (_, r) => [...x.subarray(r * wide, (r + 1) * wide)]));
    expect([...bench.floats(mean, wide)]).toEqual(expected.mean.map(Math.fround));
    for (let j = 0; j < wide; j++) {
      expect(Math.abs(bench.floats(variance, wide)[j] / expected.variance[j] - 1)).toBeLessThan(1e-7);
    }
  });

  test('statistics of shards, weighted by their rows, in the moving average', () => {
    bench.reset(1);
    const shards = [randomMatrix(bench, 7, columns, 1), randomMatrix(bench, 4, columns, 2)];
    const statistics = shards.map((x) => {
      const [mean, variance] = [bench.allocate(columns), bench.allocate(columns)];
      kernels.batchStatistics(mean, variance, x.address, x.stride, x.rows, columns);
      return mean;
    });
    const [sum, moving, hyper, progress] = [
      bench.allocate(columns),
      bench.random(columns, 3),
      bench.allocate(2),
      bench.word(0),
    ];
    const before = [...bench.floats(moving, columns)];
    bench.floats(hyper, 2).set([1 / 11, 0.9]);
    kernels.weightedSum(sum, statistics[0], 7, columns, 0, 0);
    kernels.weightedSum(sum, statistics[1], 4, columns, 1, 0);
    kernels.movingAverage(moving, sum, hyper, progress, columns);
    const { mean } = statisticsOf(shards.flatMap((x) => rowsOf(bench, x)));
    const expected = before.map((value, j) => 0.9 * value + 0.1 * mean[j]);
    expect(distance([[...bench.floats(moving, columns)]], [expected])).toBeLessThan(1e-6);
  });
});
