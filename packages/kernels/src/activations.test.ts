import { describe, expect, test } from 'vitest';
import { floatBits } from './floatBits.ts';
import type { KernelTable } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';
import { errorFunction } from './testing/errorFunction.ts';

const bench = new Bench();

interface Case {
  name: string;
  /** In float64. */
  formula(x: number): number;
  activate(kernels: KernelTable, y: number, x: number, n: number): void;
  /** `z` is the activation's result, or what it was given. */
  differentiate(kernels: KernelTable, dx: number, dy: number, z: number, n: number): void;
  from: 'result' | 'input';
  /** Results for -Infinity, -1e30, -0, 0, 1e30, Infinity. */
  ends: readonly number[];
  /** Where the derivative jumps. */
  corners?: readonly number[];
}

type Plain = 'relu' | 'sigmoid' | 'tanh' | 'selu' | 'gelu' | 'geluTanh' | 'silu' | 'softplus' | 'hardSigmoid' | 'step';

/** The calls of an activation without a number. */
function plain(name: Plain): Pick<Case, 'name' | 'activate' | 'differentiate'> {
  return {
    name,
    activate: (kernels, ...operands) => kernels[name](...operands),
    differentiate: (kernels, ...operands) => kernels[`${name}Gradient`](...operands),
  };
}

/** The calls of one with a number. */
function withNumber(name: 'leakyRelu' | 'elu', number: number): Pick<Case, 'name' | 'activate' | 'differentiate'> {
  const bits = floatBits(number);
  return {
    name: `${name} ${number}`,
    activate: (kernels, ...operands) => kernels[name](...operands, bits),
    differentiate: (kernels, ...operands) => kernels[`${name}Gradient`](...operands, bits),
  };
}

const elu = (x: number, alpha: number): number => (x > 0 ? x : alpha * Math.expm1(x));
const [ALPHA, LAMBDA] = [1.6732632423543772, 1.0507009873554805];

const CASES: readonly Case[] = [
  {
    ...plain('relu'),
    formula: (x) => Math.max(x, 0),
    from: 'result',
    ends: [0, 0, 0, 0, Math.fround(1e30), Infinity],
    corners: [0],
  },
  { ...plain('sigmoid'), formula: (x) => 1 / (1 + Math.exp(-x)), from: 'result', ends: [0, 0, 0.5, 0.5, 1, 1] },
  { ...plain('tanh'), formula: Math.tanh, from: 'result', ends: [-1, -1, -0, 0, 1, 1] },
  {
    ...withNumber('leakyRelu', 0.25),
    formula: (x) => (x > 0 ? x : x / 4),
    from: 'result',
    ends: [-Infinity, -Math.fround(1e30) / 4, -0, 0, Math.fround(1e30), Infinity],
    corners: [0],
  },
  {
    ...withNumber('leakyRelu', 0),
    formula: (x) => (x > 0 ? x : 0),
    from: 'result',
    ends: [NaN, -0, -0, 0, Math.fround(1e30), Infinity],
    corners: [0],
  },
  {
    ...withNumber('elu', 1.5),
    formula: (x) => elu(x, 1.5),
    from: 'result',
    ends: [-1.5, -1.5, 0, 0, Math.fround(1e30), Infinity],
    corners: [0],
  },
  {
    ...plain('selu'),
    formula: (x) => LAMBDA * elu(x, ALPHA),
    from: 'result',
    ends: [
      ...[-Math.fround(LAMBDA * ALPHA), -Math.fround(LAMBDA * ALPHA), 0, 0],
      ...[Math.fround(Math.fround(1e30) * Math.fround(LAMBDA)), Infinity],
    ],
    corners: [0],
  },
  {
    ...plain('gelu'),
    formula: (x) => (x * (1 + errorFunction(x / Math.SQRT2))) / 2,
    from: 'input',
    ends: [-0, -0, -0, 0, Math.fround(1e30), Infinity],
  },
  {
    ...plain('geluTanh'),
    formula: (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
    from: 'input',
    ends: [-0, -0, -0, 0, Math.fround(1e30), Infinity],
  },
  {
    ...plain('silu'),
    formula: (x) => x / (1 + Math.exp(-x)),
    from: 'input',
    ends: [-0, -0, -0, 0, Math.fround(1e30), Infinity],
  },
  {
    ...plain('softplus'),
    formula: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    from: 'result',
    ends: [0, 0, Math.fround(Math.LN2), Math.fround(Math.LN2), Math.fround(1e30), Infinity],
  },
  {
    ...plain('hardSigmoid'),
    formula: (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
    from: 'result',
    ends: [0, 0, 0.5, 0.5, 1, 1],
    corners: [-3, 3],
  },
  { ...plain('step'), formula: (x) => (x > 0 ? 1 : 0), from: 'result', ends: [0, 0, 0, 0, 1, 1], corners: [0] },
];

describe.each(CASES)('$name', ({ formula, activate, differentiate, from, ends, corners = [] }) => {
  test.each([0, 4, 8, 12, ...ODD_SIZES])('gives the bits of the reference, %i elements', (n) => {
    for (const scale of [0.01, 1, 8, 100]) {
      bench.reset(n);
      const [x, dy] = [1, 2].map((seed) => bench.random(n, seed, scale));
      const [y, dx] = [bench.allocate(n), bench.allocate(n)];
      const calls: ((kernels: KernelTable) => void)[] = [
        (kernels) => activate(kernels, y, x, n),
        (kernels) => differentiate(kernels, dx, dy, from === 'result' ? y : x, n),
        (kernels) => differentiate(kernels, dy, dy, from === 'result' ? y : x, n),
        (kernels) => activate(kernels, x, x, n),
      ];
      for (const call of calls) expect(bench.different(call)).toEqual([]);
    }
  });

  const n = 4001;
  const { kernels } = bench.tables[0];
  /** From -20 to 20. */
  function spread(): number {
    const x = bench.allocate(n);
    for (let i = 0; i < n; i++) bench.floats(x, n)[i] = (i - 2000) / 100;
    return x;
  }

  test('is what its formula says, in float64', () => {
    bench.reset(1);
    const [x, y] = [spread(), bench.allocate(n)];
    activate(kernels, y, x, n);
    const results = bench.floats(y, n);
    bench.floats(x, n).forEach((value, i) => {
      expect(Math.abs(results[i] - formula(value)), `${value}`).toBeLessThan(2.5e-7 * Math.max(1, Math.abs(value)));
    });
  });

  test('has the gradient of central differences, in float64', () => {
    bench.reset(1);
    const [x, y, dy] = [spread(), bench.allocate(n), bench.random(n, 3)];
    activate(kernels, y, x, n);
    const upstream = bench.floats(dy, n).slice();
    differentiate(kernels, dy, dy, from === 'result' ? y : x, n);
    const h = 1e-5;
    bench.floats(x, n).forEach((value, i) => {
      if (corners.some((corner) => Math.abs(value - corner) < 0.001)) return;
      const slope = (formula(value + h) - formula(value - h)) / (2 * h);
      expect(Math.abs(bench.floats(dy, n)[i] - upstream[i] * slope), `${value}`).toBeLessThan(2e-6);
    });
  });

  test.each([...bench.tables, { name: 'reference', kernels: bench.reference }])('at its ends, $name', (table) => {
    bench.reset(1);
    const inputs = [-Infinity, -1e30, -0, 0, 1e30, Infinity, NaN];
    const [x, y, dy] = [7, 7, 7].map((elements) => bench.allocate(elements));
    bench.floats(x, 7).set(inputs);
    bench.floats(dy, 7).fill(1);
    activate(table.kernels, y, x, 7);
    expect([...bench.floats(y, 7)].map((value) => value + 0)).toEqual([...ends, NaN].map((value) => value + 0));
    differentiate(table.kernels, dy, dy, from === 'result' ? y : x, 7);
    expect([...bench.floats(dy, 6)].every((value) => Math.abs(value) <= 1.8)).toBe(true);
  });
});

describe('softmaxGradient', () => {
  test.each(ODD_SIZES)('gives the bits of the reference, %i columns', (columns) => {
    bench.reset(columns);
    const [x, dy, y, dx] = [1, 2, 3, 4].map((seed) => bench.random(5 * columns, seed, 3));
    const calls: ((kernels: KernelTable) => void)[] = [
      (kernels) => kernels.softmax(y, x, 5, columns),
      (kernels) => kernels.softmaxGradient(dx, dy, y, 5, columns),
      (kernels) => kernels.softmaxGradient(dy, dy, y, 5, columns),
    ];
    for (const call of calls) expect(bench.different(call)).toEqual([]);
  });

  test('is that of central differences, in float64', () => {
    bench.reset(1);
    const columns = 7;
    const [x, dy, y] = [1, 2, 3].map((seed) => bench.random(columns, seed, 3));
    const { kernels } = bench.tables[0];
    const [inputs, upstream] = [[...bench.floats(x, columns)], [...bench.floats(dy, columns)]];
    const value = (z: number[]): number => {
      const e = z.map(Math.exp);
      const sum = e.reduce((a, b) => a + b);
      return e.reduce((total, term, i) => total + (upstream[i] * term) / sum, 0);
    };
    kernels.softmax(y, x, 1, columns);
    kernels.softmaxGradient(dy, dy, y, 1, columns);
    const h = 1e-5;
    bench.floats(dy, columns).forEach((gradient, i) => {
      const shifted = (by: number): number => value(inputs.map((z, j) => (j === i ? z + by : z)));
      expect(gradient).toBeCloseTo((shifted(h) - shifted(-h)) / (2 * h), 6);
    });
  });
});
