import { describe, expect, test } from 'vitest';
import { floatBits } from './floatBits.ts';
import { type KernelTable, PERCEPTRON_PROGRESS } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';
import { type Matrix, randomMatrix, rowsOf, setRows } from './testing/matrix.ts';

const bench = new Bench();
const tables = [...bench.tables, { name: 'reference', kernels: bench.reference }];

interface Prepared {
  readonly x: Matrix;
  readonly weights: number;
  readonly bias: number;
  readonly mistakes: number;
  readonly labels: number;
  readonly progress: number;
  pass(kernels: KernelTable, rows?: number): void;
}

function prepare(rows: number, inputs: number, learningRate: number): Prepared {
  const x = randomMatrix(bench, rows, inputs, 1);
  const weights = bench.random(inputs, 2);
  const [bias, mistakes] = [bench.allocate(1), bench.word(0)];
  bench.floats(bias, 1)[0] = 0.25;
  const labels = bench.allocate(rows);
  bench.integers(labels, rows).set(Array.from({ length: rows }, (_, r) => ((r * 5) % 3) % 2));
  const progress = bench.allocate(PERCEPTRON_PROGRESS.count);
  bench.integers(progress, PERCEPTRON_PROGRESS.count).fill(0);
  return {
    ...{ x, weights, bias, mistakes, labels, progress },
    pass(kernels, count = rows) {
      kernels.perceptron(
        ...([weights, bias, mistakes, x.address, x.stride, labels, count, inputs, floatBits(learningRate)] as const),
        progress,
      );
    },
  };
}

test.each([0, 4, 9, ...ODD_SIZES])('the perceptron has the bits of the reference, %i inputs', (inputs) => {
  bench.reset(inputs);
  const { pass, progress, mistakes } = prepare(23, inputs, 0.1);
  expect(bench.different((kernels) => pass(kernels))).toEqual([]);
  expect([...bench.integers(progress, 2)]).toEqual([23, 0]);
  expect(bench.integers(mistakes, 1)[0]).toBeGreaterThan(0);
});

describe.each(tables)('$name', ({ kernels }) => {
  test('follows the rule, computed here in float64', () => {
    bench.reset(1);
    const [rows, inputs, rate] = [23, 11, 0.1];
    const { x, weights, bias, mistakes, labels, pass } = prepare(rows, inputs, rate);
    const w = [...bench.floats(weights, inputs)];
    let b = bench.floats(bias, 1)[0];
    let wrong = 0;
    for (const [r, line] of rowsOf(bench, x).entries()) {
      const z = line.reduce((sum, value, i) => sum + value * w[i], b);
      const error = bench.integers(labels, rows)[r] - (z > 0 ? 1 : 0);
      if (error !== 0) wrong++;
      line.forEach((value, i) => (w[i] += rate * error * value));
      b += rate * error;
    }
    pass(kernels);
    expect(bench.integers(mistakes, 1)[0]).toBe(wrong);
    bench.floats(weights, inputs).forEach((value, i) => expect(value).toBeCloseTo(w[i], 5));
    expect(bench.floats(bias, 1)[0]).toBeCloseTo(b, 5);
  });

  test.each([
    ['AND', [0, 0, 0, 1]],
    ['OR', [0, 1, 1, 1]],
    ['NAND', [1, 1, 1, 0]],
  ] as const)('learns %s and then makes no mistake', (_name, truth) => {
    bench.reset(1);
    const { x, weights, bias, mistakes, labels, progress, pass } = prepare(4, 2, 1);
    const inputs = [0, 1, 2, 3].map((r) => [r >> 1, r & 1]);
    setRows(bench, x, inputs);
    bench.integers(labels, 4).set(truth);
    bench.floats(weights, 2).fill(0);
    bench.floats(bias, 1)[0] = 0;
    for (let epoch = 0; epoch < 20; epoch++) {
      bench.integers(mistakes, 1)[0] = 0;
      bench.integers(progress, 2).fill(0);
      pass(kernels);
    }
    expect(bench.integers(mistakes, 1)[0]).toBe(0);
    const [w0, w1] = bench.floats(weights, 2);
    const predicted = inputs.map(([a, b]) => (w0 * a + w1 * b + bench.floats(bias, 1)[0] > 0 ? 1 : 0));
    expect(predicted).toEqual([...truth]);
  });

  test('a pass goes on where it was ended: between rows, and within a correction', () => {
    bench.reset(1);
    const [rows, inputs] = [9, 13];
    const { x, weights, bias, progress, pass, labels } = prepare(rows, inputs, 0.1);
    const before = bench.snapshot();
    pass(bench.reference);
    const whole = bench.snapshot();
    for (let row = 0; row < rows; row++) {
      bench.restore(before);
      pass(bench.reference, row);
      const start = [...bench.floats(weights, inputs)];
      const startOfBias = bench.floats(bias, 1)[0];
      const betweenRows = bench.snapshot();
      pass(kernels);
      expect(Buffer.compare(bench.snapshot(), whole)).toBe(0);

      bench.restore(betweenRows);
      pass(bench.reference, row + 1);
      const end = [...bench.floats(weights, inputs)];
      const corrected = bench.snapshot();
      if (startOfBias === bench.floats(bias, 1)[0]) continue;
      const error = bench.integers(labels, rows)[row] === 1 ? 1 : -1;
      for (let done = 0; done <= inputs; done++) {
        // What a thread leaves that is ended there: the mistake is counted, the bias is not corrected yet.
        bench.restore(corrected);
        bench.floats(weights, inputs).set([...end.slice(0, done), ...start.slice(done)]);
        bench.floats(bias, 1)[0] = startOfBias;
        bench.integers(progress, 2).set([row, error * (done + 1)]);
        pass(kernels);
        expect(Buffer.compare(bench.snapshot(), whole), `row ${row}, ${done} done, ${x.columns} inputs`).toBe(0);
      }
    }
  });
});
