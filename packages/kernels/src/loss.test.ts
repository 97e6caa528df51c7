import { describe, expect, test } from 'vitest';
import type { KernelTable } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';

const bench = new Bench();

describe('losses give the bits of the reference', () => {
  test.each(ODD_SIZES)('%i columns', (columns) => {
    for (const scale of [1, 20, 300]) {
      bench.reset(columns);
      const rows = 9;
      const sums = bench.allocate(6, 0);
      const [x, y, d] = [1, 2, 3].map((seed) => bench.random(rows * columns, seed, scale));
      const weights = bench.random(rows, 4);
      const labels = bench.allocate(rows);
      bench.integers(labels, rows).set(Array.from({ length: rows }, (_, row) => (row * 5) % columns));
      const calls: ((kernels: KernelTable) => void)[] = [
        (kernels) => kernels.softmax(y, x, rows, columns),
        (kernels) => kernels.softmaxCrossEntropy(d, sums, x, labels, weights, rows, columns),
        (kernels) => kernels.softmaxCrossEntropy(x, sums, x, labels, weights, rows, columns),
        (kernels) => kernels.squaredError(d, sums, x, y, weights, rows, columns),
        (kernels) => kernels.softmax(x, x, rows, columns),
      ];
      for (const call of calls) expect(bench.different(call)).toEqual([]);
    }
  });

  test('rows do not change with how many are given at once', () => {
    bench.reset(1);
    const x = bench.random(10 * 13, 1, 5);
    const y = bench.allocate(10 * 13);
    const { kernels } = bench.tables[0];
    kernels.softmax(y, x, 10, 13);
    const whole = bench.floats(y, 130).slice();
    bench.floats(y, 130).fill(0);
    for (let row = 0; row < 10; row++) kernels.softmax(y + row * 52, x + row * 52, 1, 13);
    expect(bench.floats(y, 130)).toEqual(whole);
  });
});

describe.each([...bench.tables, { name: 'reference', kernels: bench.reference }])('$name', ({ kernels }) => {
  /** Logits of rows of equal length, with their labels and weights, given to the kernel. */
  function crossEntropy(logits: number[][], labels: number[], weights: number[]) {
    bench.reset(1);
    const [rows, classes] = [logits.length, logits[0].length];
    const sums = bench.allocate(6, 0);
    const [z, d] = [bench.allocate(rows * classes), bench.allocate(rows * classes)];
    const [t, w] = [bench.allocate(rows), bench.allocate(rows)];
    bench.floats(z, rows * classes).set(logits.flat());
    bench.integers(t, rows).set(labels);
    bench.floats(w, rows).set(weights);
    kernels.softmaxCrossEntropy(d, sums, z, t, w, rows, classes);
    return { sums: [...bench.doubles(sums, 3)], gradient: [...bench.floats(d, rows * classes)] };
  }

  test('cross-entropy is what its formula says', () => {
    const logits = [
      [1, 2, 3, 4, 5],
      [-1, 0.5, 0.25, 8, -3],
      [2, 2, 2, 2, 2],
    ];
    const labels = [4, 1, 0];
    const weights = [1, 0.5, 2];
    const { sums, gradient } = crossEntropy(logits, labels, weights);
    const softmax = logits.map((z) => {
      const e = z.map(Math.exp);
      return e.map((value) => value / e.reduce((x, y) => x + y));
    });
    const loss = softmax.reduce((sum, p, row) => sum - weights[row] * Math.log(p[labels[row]]), 0);
    expect(sums[0]).toBeCloseTo(loss, 6);
    // The third row is a tie, which its first class wins.
    expect(sums.slice(1)).toEqual([3.5, 3]);
    const expected = softmax.flatMap((p, row) => p.map((x, i) => weights[row] * (x - (i === labels[row] ? 1 : 0))));
    gradient.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
  });

  test('a very sure answer keeps its small loss', () => {
    const { sums } = crossEntropy([[0, 20]], [1], [1]);
    expect(sums[0] / Math.log1p(Math.exp(-20))).toBeCloseTo(1, 5);
  });

  test('a NaN logit gives a NaN loss and a wrong answer, in any column', () => {
    for (let column = 0; column < 5; column++) {
      const logits = [0, 1, 2, 3, 4];
      logits[column] = NaN;
      const { sums, gradient } = crossEntropy([logits], [4], [1]);
      expect(sums).toEqual([NaN, 1, 0]);
      expect(gradient.every(Number.isNaN)).toBe(true);
    }
  });

  test('logits far apart and infinite ones', () => {
    expect(crossEntropy([[1e30, -1e30, -Infinity]], [0], [1])).toEqual({ sums: [0, 1, 1], gradient: [0, 0, 0] });
    expect(crossEntropy([[0, -Infinity]], [1], [1]).sums[0]).toBe(Infinity);
    expect(crossEntropy([[0, Infinity]], [1], [1]).sums[0]).toBeNaN();
  });

  test('squared error is what its formula says', () => {
    bench.reset(1);
    const sums = bench.allocate(6, 0);
    const [p, t, d, w] = [6, 6, 6, 2].map((elements) => bench.allocate(elements));
    bench.floats(p, 6).set([1, 2, 3, 4, 5, 6]);
    bench.floats(t, 6).set([1, 0, 0, 4, 4, 8]);
    bench.floats(w, 2).set([1, 3]);
    kernels.squaredError(d, sums, p, t, w, 2, 3);
    expect(bench.doubles(sums, 3)[0]).toBeCloseTo(13 / 3 + 3 * (5 / 3), 12);
    expect([...bench.doubles(sums + 8, 2)]).toEqual([4, 0]);
    const expected = [0, 4 / 3, 2, 0, 2, -4];
    bench.floats(d, 6).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
  });
});
