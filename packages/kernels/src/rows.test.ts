import { describe, expect, test } from 'vitest';
import { floatBits } from './floatBits.ts';
import { instantiateKernels } from './instantiate.ts';
import { loadKernels } from './load.ts';
import { createSharedMemory } from './sharedMemory.ts';
import type { KernelTable } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';
import { distance, randomMatrix, rowsOf } from './testing/matrix.ts';

const bench = new Bench();
const SIZES = [0, 4, 9, 12, 13, ...ODD_SIZES];
const tables = [...bench.tables, { name: 'reference', kernels: bench.reference }];

describe('rows that lie apart: the bits of the reference, and nothing written between', () => {
  test.each(SIZES)('%i columns', (columns) => {
    for (const rows of [0, 1, 5]) {
      bench.reset(columns);
      const [to, from] = [1, 2].map((seed) => randomMatrix(bench, rows, columns, seed, 1, seed));
      const [scale, offset] = [4, 5].map((seed) => bench.random(columns, seed));
      const sums = bench.random(columns * 4, 6);
      const matrices = [to.address, to.stride, from.address, from.stride] as const;
      const calls: ((kernels: KernelTable) => void)[] = [
        (kernels) => kernels.copyRows(...matrices, rows, columns, 0),
        (kernels) => kernels.copyRows(...matrices, rows, columns, 1),
        (kernels) => kernels.affineRows(...matrices, scale, offset, rows, columns),
        (kernels) => kernels.scaleRows(...matrices, scale, rows, columns),
        ...[0, 1, 3].flatMap((folds) => [
          (kernels: KernelTable) =>
            kernels.columnSumRows(sums + columns * 8, from.address, from.stride, rows, columns, folds, columns * 4),
          (kernels: KernelTable) => kernels.weightedSum(sums + columns * 8, scale, 37, columns, folds, columns * 4),
        ]),
      ];
      for (const call of calls) expect(bench.different(call)).toEqual([]);
    }
  });
});

describe.each(tables)('$name computes', ({ kernels }) => {
  const [rows, columns] = [4, 11];

  function prepare() {
    bench.reset(1);
    const [to, from] = [1, 2].map((seed) => randomMatrix(bench, rows, columns, seed));
    const [scale, offset] = [4, 5].map((seed) => bench.random(columns, seed));
    const before = [to, from].map((matrix) => rowsOf(bench, matrix));
    return { to, from, scale, offset, before };
  }

  test('copies, sums and products', () => {
    const { to, from, scale, before } = prepare();
    const [old, x] = before;
    kernels.copyRows(to.address, to.stride, from.address, from.stride, rows, columns, 1);
    const sum = old.map((line, r) => line.map((value, j) => value + x[r][j]));
    expect(distance(rowsOf(bench, to), sum)).toBeLessThan(1e-7);
    kernels.copyRows(to.address, to.stride, from.address, from.stride, rows, columns, 0);
    expect(rowsOf(bench, to)).toEqual(x);
    kernels.scaleRows(to.address, to.stride, from.address, from.stride, scale, rows, columns);
    const scaled = x.map((line) => line.map((value, j) => value * bench.floats(scale, columns)[j]));
    expect(distance(rowsOf(bench, to), scaled)).toBeLessThan(1e-7);
  });

  test('scale and offset', () => {
    const { to, from, scale, offset, before } = prepare();
    kernels.affineRows(to.address, to.stride, from.address, from.stride, scale, offset, rows, columns);
    const [factors, terms] = [scale, offset].map((address) => bench.floats(address, columns));
    const expected = before[1].map((line) => line.map((value, j) => value * factors[j] + terms[j]));
    expect(distance(rowsOf(bench, to), expected)).toBeLessThan(1e-7);
  });

  test('sums of columns, added to older ones', () => {
    const { from, before } = prepare();
    const sums = bench.random(columns * 3, 7);
    const [newest, older] = [sums + columns * 8, sums + columns * 4];
    const [c0, c1] = [newest, older].map((address) => [...bench.floats(address, columns)]);
    kernels.columnSumRows(newest, from.address, from.stride, rows, columns, 2, columns * 4);
    const expected = c0.map((value, j) => before[1].reduce((sum, line) => sum + line[j], value) + c1[j]);
    expect(distance([[...bench.floats(older, columns)]], [expected])).toBeLessThan(1e-6);
    expect([...bench.floats(newest, columns)]).toEqual(c0);
  });

  test('a packed matrix and a plain one have the same sums', () => {
    const { from } = prepare();
    const panels = bench.allocate(rows * 16, 0);
    const [packed, plain] = [bench.allocate(columns), bench.allocate(columns)];
    kernels.packPanels(panels, rows * 64, from.address, from.stride, 4, rows, columns);
    kernels.columnSum(packed, panels, rows * 64, rows, columns, 0, 0);
    kernels.columnSumRows(plain, from.address, from.stride, rows, columns, 0, 0);
    expect(bench.floats(plain, columns)).toEqual(bench.floats(packed, columns));
  });

  test('weighted sums of vectors', () => {
    const { scale } = prepare();
    const sums = bench.random(columns, 7);
    const before = [...bench.floats(sums, columns)];
    kernels.weightedSum(sums, scale, 300, columns, 1, 0);
    const expected = before.map((value, j) => value + 300 * bench.floats(scale, columns)[j]);
    expect(distance([[...bench.floats(sums, columns)]], [expected])).toBeLessThan(1e-7);
  });
});

test('no kernel reads more than 28 bytes behind its inputs, nor anything behind its outputs', () => {
  const memory = createSharedMemory(1);
  const end = memory.buffer.byteLength;
  const { module } = loadKernels();
  const kernels = instantiateKernels({ module, tile: '6x16' }, memory);
  const epsilon = floatBits(1e-3);
  for (let columns = 1; columns <= 20; columns++) {
    const bytes = columns * 4;
    const [input, output, statistics] = [end - 28 - bytes, end - bytes, 0];
    kernels.copyRows(output, 0, input, 0, 1, columns, 0);
    kernels.copyRows(output, 0, input, 0, 1, columns, 1);
    kernels.scaleRows(output, 0, input, 0, input, 1, columns);
    kernels.affineRows(output, 0, input, 0, input, input, 1, columns);
    kernels.columnSumRows(output, input, 0, 1, columns, 1, 0);
    kernels.weightedSum(output, input, 2, columns, 1, 0);
    kernels.layerNormalization(output, 0, statistics, input, 0, input, input, 1, columns, epsilon);
    kernels.layerNormalizationGradient(output, 0, input, 0, input, 0, statistics, input, 1, columns);
    kernels.normalizedColumnSum(output, input, 0, input, 0, statistics, 1, columns, 1, 0);
    kernels.batchStatistics(output, output, input, 0, 1, columns);
    kernels.batchNormalization(output, 0, input, 0, input, input, input, input, 1, columns, epsilon);
    kernels.batchNormalizationGradient(output, 0, input, 0, input, 0, input, input, input, 1, columns, epsilon);
    kernels.batchNormalizedColumnSum(output, input, 0, input, 0, input, input, 1, columns, epsilon, 1, 0);
    kernels.movingAverage(output, output, statistics, 8, columns);
    kernels.dropout(output, 0, input, 0, 1, columns, 0, statistics, epsilon);
    kernels.categoryEncoding(output, 0, statistics, 0, 1, 1, columns, 0);
    kernels.embeddingGather(output, 0, statistics, 0, input, 1, 1, columns, 1);
    kernels.embeddingGradient(output - bytes, input, 0, 4096, 0, 1, 1, columns, 0, 1, 1, bytes);
    // Had one of them read or written beyond the memory, it would have trapped.
    expect(memory.buffer.byteLength).toBe(end);
  }
});
