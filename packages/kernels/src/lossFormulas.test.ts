import { describe, expect, test } from 'vitest';
import { floatBits } from './floatBits.ts';
import type { KernelTable } from './table.ts';
import { Bench, ODD_SIZES, numbers } from './testing/bench.ts';

const bench = new Bench();
const EPSILON = 1e-7;

type Row = readonly number[];
type LossName =
  | 'softmaxCrossEntropy'
  | 'softmaxCrossEntropyDense'
  | 'crossEntropy'
  | 'crossEntropyDense'
  | 'sigmoidCrossEntropy'
  | 'binaryCrossEntropy'
  | 'squaredError'
  | 'absoluteError'
  | 'huber'
  | 'logCosh'
  | 'hinge'
  | 'perceptron'
  | 'poisson'
  | 'kullbackLeibler';

interface Case {
  name: LossName;
  /** Delta or label smoothing. */
  number: number;
  /** The loss of a row in float64, written down anew. Of a sparse loss, `t` is one-hot. */
  formula(x: Row, t: Row): number;
  correct(x: Row, t: Row): number;
  /** Outputs and targets from numbers in [-1, 1). */
  output(u: number): number;
  target(u: number): number;
  sparse?: boolean;
}

const sum = (x: Row): number => x.reduce((total, value) => total + value, 0);
const mean = (x: Row): number => sum(x) / x.length;
const clip = (x: number, most = 1 - EPSILON): number => Math.min(Math.max(x, EPSILON), most);
const never = (): number => 0;
const identity = (u: number): number => u;
const logit = (u: number): number => 6 * u;
/** In (0, 1), far from where it is clipped. */
const probability = (u: number): number => (u + 1.1) / 2.2;
const binary = (u: number): number => (u > 0 ? 1 : 0);

const argmaxAgrees = (x: Row, t: Row): number => Number(x.indexOf(Math.max(...x)) === t.indexOf(Math.max(...t)));
const shareOf = (right: (x: number, t: number) => boolean) => (x: Row, t: Row) =>
  mean(x.map((value, i) => Number(right(value, t[i]))));

const smooth = (t: Row, smoothing: number, classes = t.length): number[] =>
  t.map((value) => value * (1 - smoothing) + smoothing / classes);
const logSoftmax = (z: Row): number[] => {
  const logSum = Math.log(sum(z.map(Math.exp)));
  return z.map((value) => value - logSum);
};
const fromLogits = (smoothing: number) => (z: Row, t: Row) => {
  const logs = logSoftmax(z);
  return -sum(smooth(t, smoothing).map((s, i) => s * logs[i]));
};
const fromProbabilities = (smoothing: number) => (p: Row, t: Row) => {
  const total = sum(p);
  return -sum(smooth(t, smoothing).map((s, i) => s * Math.log(clip(p[i] / total))));
};
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const binaryLoss = (smoothing: number) => (p: Row, t: Row) =>
  mean(smooth(t, smoothing, 2).map((s, i) => -(s * Math.log(clip(p[i])) + (1 - s) * Math.log(1 - clip(p[i])))));
const overDifferences = (of: (e: number) => number) => (p: Row, t: Row) => mean(p.map((value, i) => of(value - t[i])));

const regression = { correct: never, output: logit, target: identity, number: 0 };

const CASES: readonly Case[] = [
  ...[0, 0.2].flatMap((number): Case[] => [
    {
      name: 'softmaxCrossEntropy',
      ...{ number, formula: fromLogits(number), correct: argmaxAgrees, output: logit, target: identity, sparse: true },
    },
    {
      name: 'softmaxCrossEntropyDense',
      ...{ number, formula: fromLogits(number), correct: argmaxAgrees, output: logit, target: probability },
    },
    {
      name: 'crossEntropyDense',
      ...{
        number,
        formula: fromProbabilities(number),
        correct: argmaxAgrees,
        output: probability,
        target: probability,
      },
    },
    {
      name: 'sigmoidCrossEntropy',
      number,
      formula: (z, t) => binaryLoss(number)(z.map(sigmoid), t),
      correct: shareOf((z, t) => z > 0 === t > 0.5),
      ...{ output: logit, target: probability },
    },
    {
      name: 'binaryCrossEntropy',
      number,
      formula: binaryLoss(number),
      correct: shareOf((p, t) => p > 0.5 === t > 0.5),
      ...{ output: probability, target: probability },
    },
  ]),
  {
    name: 'crossEntropy',
    ...{ number: 0, formula: fromProbabilities(0), correct: argmaxAgrees, output: probability, target: identity },
    sparse: true,
  },
  { name: 'squaredError', ...regression, formula: overDifferences((e) => e * e) },
  { name: 'absoluteError', ...regression, formula: overDifferences(Math.abs) },
  {
    name: 'huber',
    ...regression,
    number: 1.5,
    formula: overDifferences((e) => (Math.abs(e) <= 1.5 ? e ** 2 / 2 : 1.5 * Math.abs(e) - 1.5 ** 2 / 2)),
  },
  { name: 'logCosh', ...regression, formula: overDifferences((e) => Math.log(Math.cosh(e))) },
  ...[binary, (u: number) => (u > 0 ? 1 : -1)].map((target): Case => ({
    name: 'hinge',
    number: 0,
    formula: (p, t) => mean(p.map((value, i) => Math.max(0, 1 - (t[i] === 0 ? -1 : t[i]) * value))),
    correct: shareOf((p, t) => p > 0 === t > 0),
    ...{ output: logit, target },
  })),
  {
    name: 'perceptron',
    number: 0,
    formula: (z, t) => sum(z.map((value, i) => Math.max(0, -(2 * t[i] - 1) * value))),
    correct: shareOf((z, t) => z > 0 === t > 0.5),
    ...{ output: logit, target: binary },
  },
  {
    name: 'poisson',
    number: 0,
    formula: (p, t) => mean(p.map((value, i) => value - t[i] * Math.log(value + EPSILON))),
    ...{ correct: never, output: probability, target: (u) => Math.round(3 * (u + 1)) },
  },
  {
    name: 'kullbackLeibler',
    number: 0,
    formula: (p, t) => sum(p.map((value, i) => clip(t[i], 1) * Math.log(clip(t[i], 1) / clip(value, 1)))),
    ...{ correct: never, output: probability, target: (u) => Math.max(0, u) },
  },
];

const ROWS = 7;
const WEIGHTS = [1, 0.5, 0, 2, 1, 0.25, 3];

interface Operands {
  x: number;
  t: number;
  d: number;
  sums: number;
  weights: number;
}

/** Operands of a loss in the bench, with the rows in float64. */
function prepare({ output, target, sparse }: Case, columns: number): Operands & { xs: number[][]; ts: number[][] } {
  bench.reset(columns);
  const next = numbers(columns + 1);
  const [x, t, d] = [1, 2, 3].map(() => bench.allocate(ROWS * columns));
  const [weights, sums] = [bench.allocate(ROWS), bench.allocate(6, 0)];
  bench.floats(weights, ROWS).set(WEIGHTS);
  const [outputs, targets] = [bench.floats(x, ROWS * columns), bench.floats(t, ROWS * columns)];
  outputs.forEach((_, i) => (outputs[i] = output(next())));
  targets.forEach((_, i) => (targets[i] = target(next())));
  const rowsOf = (values: Float32Array): number[][] =>
    WEIGHTS.map((_, row) => [...values.subarray(row * columns, (row + 1) * columns)]);
  if (!sparse) return { x, t, d, sums, weights, xs: rowsOf(outputs), ts: rowsOf(targets) };
  const labels = bench.integers(t, ROWS);
  labels.forEach((_, row) => (labels[row] = (row * 5) % columns));
  const ts = [...labels].map((label) => Array.from({ length: columns }, (_, i) => Number(i === label)));
  return { x, t, d, sums, weights, xs: rowsOf(outputs), ts };
}

function call(kernels: KernelTable, { name, number }: Case, o: Operands, d: number, columns: number): void {
  kernels[name](d, o.sums, o.x, o.t, o.weights, ROWS, columns, floatBits(number));
}

describe.each(CASES)('$name, number $number', (loss) => {
  test.each([4, 12, ...ODD_SIZES])('gives the bits of the reference, %i columns', (columns) => {
    const operands = prepare(loss, columns);
    expect(bench.different((kernels) => call(kernels, loss, operands, operands.d, columns))).toEqual([]);
    // In place, and from outputs far off: clipped, saturated.
    expect(bench.different((kernels) => call(kernels, loss, operands, operands.x, columns))).toEqual([]);
    const outputs = bench.floats(operands.x, ROWS * columns);
    const signed = loss.output !== probability;
    outputs.forEach((_, i) => (outputs[i] = signed ? ((i % 5) - 2) * (i % 3) * 60 : ((i % 5) * (i % 3)) / 6 + 1e-9));
    expect(bench.different((kernels) => call(kernels, loss, operands, operands.d, columns))).toEqual([]);
  });

  test.each([1, 2, 3, 5, 8, 13])('is what its formula says, %i columns', (columns) => {
    const operands = prepare(loss, columns);
    const { xs, ts } = operands;
    call(bench.tables[0].kernels, loss, operands, operands.d, columns);
    const [lossSum, weightSum, correctSum] = bench.doubles(operands.sums, 3);
    const total = (of: (x: Row, t: Row) => number): number => sum(WEIGHTS.map((w, row) => w * of(xs[row], ts[row])));
    const expected = total(loss.formula);
    expect(Math.abs(lossSum - expected)).toBeLessThan(2e-6 * (1 + Math.abs(expected)));
    expect(weightSum).toBe(sum(WEIGHTS));
    expect(correctSum).toBeCloseTo(total(loss.correct), 12);
  });

  test.each([1, 2, 3, 5, 8, 13])('has the gradient of central differences, %i columns', (columns) => {
    const operands = prepare(loss, columns);
    const { xs, ts } = operands;
    call(bench.tables[0].kernels, loss, operands, operands.d, columns);
    const h = 1e-6;
    WEIGHTS.forEach((weight, row) => {
      const gradients = bench.floats(operands.d + row * columns * 4, columns);
      gradients.forEach((gradient, i) => {
        const shifted = (by: number): number =>
          loss.formula(
            xs[row].map((value, j) => (i === j ? value + by : value)),
            ts[row],
          );
        const expected = (weight * (shifted(h) - shifted(-h))) / (2 * h);
        expect(Math.abs(gradient - expected), `row ${row}, column ${i}`).toBeLessThan(3e-6 * (1 + Math.abs(expected)));
      });
    });
  });
});

describe.each([...bench.tables, { name: 'reference', kernels: bench.reference }])('$name', ({ kernels }) => {
  /** Loss and gradient of one row of weight 1. */
  function rowOf(name: LossName, x: number[], t: number[], number = 0): { loss: number; gradient: number[] } {
    bench.reset(1);
    const [p, q, d, w] = [x.length, x.length, x.length, 1].map((elements) => bench.allocate(elements));
    const sums = bench.allocate(6, 0);
    bench.floats(p, x.length).set(x);
    bench.floats(q, x.length).set(t);
    bench.floats(w, 1).set([1]);
    kernels[name](d, sums, p, q, w, 1, x.length, floatBits(number));
    return { loss: bench.doubles(sums, 1)[0], gradient: [...bench.floats(d, x.length)] };
  }

  test('without smoothing, softmaxCrossEntropy has the bits that it has without the argument', () => {
    const columns = 11;
    const operands = prepare({ ...CASES[0], number: 0 }, columns);
    call(kernels, CASES[0], operands, operands.d, columns);
    const [sums, gradient] = [
      bench.doubles(operands.sums, 3).slice(),
      bench.floats(operands.d, ROWS * columns).slice(),
    ];
    kernels.softmaxCrossEntropy(operands.d, operands.sums, operands.x, operands.t, operands.weights, ROWS, columns);
    expect(bench.doubles(operands.sums, 3)).toEqual(sums);
    expect(bench.floats(operands.d, ROWS * columns)).toEqual(gradient);
  });

  test('at 0, derivatives and losses of differences are 0', () => {
    for (const name of ['absoluteError', 'huber', 'logCosh', 'squaredError'] as const) {
      expect(rowOf(name, [2, 0, -3], [2, 0, -3], 1)).toEqual({ loss: 0, gradient: [0, 0, 0] });
    }
  });

  test('logits that are very sure keep their small loss, and wrong ones do not overflow', () => {
    const right = rowOf('sigmoidCrossEntropy', [20, -20], [1, 0]);
    expect(right.loss / Math.log1p(Math.exp(-20))).toBeCloseTo(1, 5);
    const wrong = rowOf('sigmoidCrossEntropy', [1e30, -1e30], [0, 1]);
    expect(wrong).toEqual({ loss: Math.fround(1e30), gradient: [0.5, -0.5] });
  });

  test('probabilities of 0 and 1 are clipped, and have no gradient', () => {
    const most = -Math.log(Math.fround(1e-7));
    expect(rowOf('binaryCrossEntropy', [0], [1]).loss).toBeCloseTo(most, 5);
    expect(rowOf('binaryCrossEntropy', [0, 1], [1, 0]).gradient).toEqual([0, 0]);
    expect(rowOf('crossEntropyDense', [0, 1], [1, 0])).toEqual({ loss: expect.closeTo(most, 5), gradient: [0, 0] });
    expect(rowOf('kullbackLeibler', [0, 1], [0, 1])).toEqual({ loss: 0, gradient: [0, -1] });
  });

  test('a class that is impossible in targets and logits costs nothing', () => {
    expect(rowOf('softmaxCrossEntropyDense', [0, -Infinity], [1, 0])).toEqual({ loss: 0, gradient: [0, 0] });
  });

  test('NaN makes the loss NaN', () => {
    const dense = CASES.filter(({ sparse }) => !sparse);
    const losses = dense.map(({ name, number }) => rowOf(name, [0.5, NaN], [0.5, 0.5], number).loss);
    expect(losses.every(Number.isNaN)).toBe(true);
  });
});
