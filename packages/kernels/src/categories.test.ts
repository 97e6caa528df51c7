import { describe, expect, test } from 'vitest';
import { CATEGORY_MODE, type KernelTable } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';
import { distance, type Matrix, randomMatrix, rowsOf, setRows } from './testing/matrix.ts';

const bench = new Bench();
const tables = [...bench.tables, { name: 'reference', kernels: bench.reference }];

/** Indices in [0, categories), some of them several times. */
function indexMatrix(rows: number, indexCount: number, categories: number): Matrix {
  const matrix = randomMatrix(bench, rows, indexCount, 9);
  const values = rowsOf(bench, matrix).map((line, r) => line.map((_, k) => (r * 7 + k * k * 3) % categories));
  setRows(bench, matrix, values);
  return matrix;
}

const WRONG = [-1, 5, 1.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, -0.5, 4.999];

describe('kernels on indices have the bits of the reference', () => {
  test.each([0, 4, 9, 12, 13, ...ODD_SIZES])('entries of %i', (dimension) => {
    for (const indexCount of [1, 3]) {
      bench.reset(dimension);
      const [rows, vocabulary] = [9, 5];
      const table = bench.random(vocabulary * dimension, 1);
      const indices = indexMatrix(rows, indexCount, vocabulary);
      for (const [i, value] of WRONG.entries()) {
        if (i % 3 === 0) bench.floats(indices.address + (i % rows) * indices.stride, 1)[0] = value;
      }
      const [y, dy] = [2, 3].map((seed) => randomMatrix(bench, rows, indexCount * dimension, seed));
      const sumBytes = 3 * dimension * 4;
      const sums = bench.random(4 * 3 * dimension, 4);
      const places = [indices.address, indices.stride] as const;
      const gradient = (folds: number, first: number) => (kernels: KernelTable) =>
        kernels.embeddingGradient(
          ...([sums + 2 * sumBytes, dy.address, dy.stride, ...places, rows, indexCount, dimension, first, 3] as const),
          ...([folds, sumBytes] as const),
        );
      const calls: ((kernels: KernelTable) => void)[] = [
        (kernels) =>
          kernels.embeddingGather(y.address, y.stride, ...places, table, rows, indexCount, dimension, vocabulary),
        gradient(0, 0),
        gradient(1, 2),
        gradient(3, 1),
      ];
      for (const each of calls) expect(bench.different(each)).toEqual([]);
    }
  });

  test.each([1, 2, 5, 7, 8, 9, 17, 33])('%i categories', (categories) => {
    for (const mode of Object.values(CATEGORY_MODE)) {
      bench.reset(categories);
      const [rows, indexCount] = [9, 4];
      const indices = indexMatrix(rows, indexCount, categories);
      bench.floats(indices.address + indices.stride + 4, 1)[0] = categories;
      const y = randomMatrix(bench, rows, categories * (mode === CATEGORY_MODE.oneHot ? indexCount : 1), 1);
      const call = (kernels: KernelTable): void =>
        kernels.categoryEncoding(
          ...([y.address, y.stride, indices.address, indices.stride, rows, indexCount, categories, mode] as const),
        );
      expect(bench.different(call)).toEqual([]);
    }
  });
});

describe.each(tables)('$name', ({ kernels }) => {
  test('gathers entries, and NaN for what is no index', () => {
    bench.reset(1);
    const [vocabulary, dimension] = [5, 11];
    const table = bench.random(vocabulary * dimension, 1);
    const entries = Array.from({ length: vocabulary }, (_, i) => [
      ...bench.floats(table + i * dimension * 4, dimension),
    ]);
    const indices = randomMatrix(bench, WRONG.length, 2, 2);
    setRows(
      bench,
      indices,
      WRONG.map((value, r) => [value, r % vocabulary]),
    );
    const y = randomMatrix(bench, WRONG.length, 2 * dimension, 3);
    kernels.embeddingGather(
      ...([
        y.address,
        y.stride,
        indices.address,
        indices.stride,
        table,
        WRONG.length,
        2,
        dimension,
        vocabulary,
      ] as const),
    );
    const none = Array.from({ length: dimension }, () => NaN);
    expect(rowsOf(bench, y)).toEqual(WRONG.map((_, r) => [...none, ...entries[r % vocabulary]]));
  });

  test('the gradient of entries is the sum over their places, in ranges and added to older sums', () => {
    bench.reset(1);
    const [rows, indexCount, vocabulary, dimension] = [20, 3, 7, 5];
    const indices = indexMatrix(rows, indexCount, vocabulary);
    const dy = randomMatrix(bench, rows, indexCount * dimension, 2);
    const expected = Array.from({ length: vocabulary }, () => Array.from({ length: dimension }, () => 0));
    for (const [r, line] of rowsOf(bench, indices).entries()) {
      for (const [k, entry] of line.entries()) {
        const gradient = rowsOf(bench, dy)[r].slice(k * dimension, (k + 1) * dimension);
        gradient.forEach((value, i) => (expected[entry][i] += value));
      }
    }
    for (const [first, entries] of [
      [0, vocabulary],
      [2, 3],
      [6, 1],
    ]) {
      const n = entries * dimension;
      const sums = bench.random(n * 3, 4);
      const older = bench.floats(sums + n * 4, n);
      const before = [...older];
      kernels.embeddingGradient(
        ...([sums + n * 4, dy.address, dy.stride, indices.address, indices.stride, rows, indexCount] as const),
        ...([dimension, first, entries, 1, n * 4] as const),
      );
      const sum = expected.slice(first, first + entries).flat();
      expect(distance([[...older]], [sum.map((value, i) => value + before[i])])).toBeLessThan(1e-6);
    }
  });

  test('encodes categories', () => {
    bench.reset(1);
    const indices = randomMatrix(bench, 3, 3, 2);
    setRows(bench, indices, [
      [2, 0, 2],
      [1, 1, 1],
      [0, 3, 1],
    ]);
    const encode = (mode: number, indexCount: number, width: number): number[][] => {
      const y = randomMatrix(bench, 3, width, 1);
      kernels.categoryEncoding(y.address, y.stride, indices.address, indices.stride, 3, indexCount, 3, mode);
      return rowsOf(bench, y);
    };
    const none = [NaN, NaN, NaN];
    expect(encode(CATEGORY_MODE.count, 3, 3)).toEqual([[1, 0, 2], [0, 3, 0], none]);
    expect(encode(CATEGORY_MODE.multiHot, 3, 3)).toEqual([[1, 0, 1], [0, 1, 0], none]);
    expect(encode(CATEGORY_MODE.oneHot, 1, 3)).toEqual([
      [0, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    expect(encode(CATEGORY_MODE.oneHot, 2, 6)).toEqual([
      [0, 0, 1, 1, 0, 0],
      [0, 1, 0, 0, 1, 0],
      [...none, ...none],
    ]);
  });

  test('an index that is none makes its whole row NaN', () => {
    for (const value of WRONG) {
      bench.reset(1);
      const indices = randomMatrix(bench, 1, 2, 2);
      setRows(bench, indices, [[3, value]]);
      const y = randomMatrix(bench, 1, 5, 1);
      kernels.categoryEncoding(y.address, y.stride, indices.address, indices.stride, 1, 2, 5, CATEGORY_MODE.count);
      expect(rowsOf(bench, y)[0].every(Number.isNaN), String(value)).toBe(true);
    }
  });
});
