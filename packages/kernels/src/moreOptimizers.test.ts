import { describe, expect, test } from 'vitest';
import { COMMON_HYPER, HYPER_COUNT, type KernelTable } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';

const bench = new Bench();

/** The step size of the first step, and what comes before every rule. */
const COMMON = { scale: 0.5, rate: 0.01, clip: 0.4, decay: 0.1, shrink: 0.001 };
const OFF = { ...COMMON, clip: 0, decay: 0, shrink: 0 };
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-3];
const MOMENTS = [BETA1, 1 - BETA1, BETA2, 1 - BETA2];

interface State {
  w: number;
  /** As many as the rule has. */
  vectors: number[];
}

interface Case {
  name: string;
  /** Numbers of the rule's own, at step t. */
  own(t: number): number[];
  /** What the kernel is given as its learning rate, at step t. */
  rate(t: number): number;
  /** How many vectors there are, and which of the kernel's it does without. */
  vectors: number;
  call(kernels: KernelTable, weights: number, vectors: number[], rest: [number, number, number, number]): void;
  /** The published rule in float64, after g was prepared and w was shrunk. */
  rule(state: State, g: number, t: number): void;
}

const mu = (t: number): number => BETA1 * (1 - 0.5 * 0.96 ** (t * 0.004));
const muProduct = (t: number): number => Array.from({ length: t }, (_, i) => mu(i + 1)).reduce((x, y) => x * y, 1);

/** Moments of Adam; they are updated. */
function adamMoments(vectors: number[], g: number): void {
  vectors[0] = BETA1 * vectors[0] + (1 - BETA1) * g;
  vectors[1] = BETA2 * vectors[1] + (1 - BETA2) * g * g;
}

const sgdCase = (momentum: number, nesterov: boolean): Case => ({
  name: `sgdW, momentum ${momentum}, nesterov ${nesterov}`,
  own: () => [momentum, Number(nesterov)],
  rate: () => COMMON.rate,
  vectors: momentum > 0 ? 1 : 0,
  call: (kernels, weights, [velocity = 0], rest) => kernels.sgdW(weights, velocity, ...rest),
  rule(state, g) {
    if (momentum === 0) state.w -= COMMON.rate * g;
    else {
      const v = (state.vectors[0] = momentum * state.vectors[0] + g);
      state.w -= COMMON.rate * (nesterov ? g + momentum * v : v);
    }
  },
});

const adamCase = (amsgrad: boolean): Case => ({
  name: `adamW, AMSGrad ${amsgrad}`,
  own: (t) => [...MOMENTS, 1 / Math.sqrt(1 - BETA2 ** t), EPSILON],
  rate: (t) => COMMON.rate / (1 - BETA1 ** t),
  vectors: amsgrad ? 3 : 2,
  call: (kernels, weights, [m, v, maximum = 0], rest) => kernels.adamW(weights, m, v, maximum, ...rest),
  rule(state, g, t) {
    adamMoments(state.vectors, g);
    const [m, v, maximum] = state.vectors;
    if (amsgrad) state.vectors[2] = Math.max(maximum, v);
    const second = Math.sqrt((amsgrad ? state.vectors[2] : v) / (1 - BETA2 ** t));
    state.w -= ((COMMON.rate / (1 - BETA1 ** t)) * m) / (second + EPSILON);
  },
});

const rmspropCase = (centered: boolean, momentum: number): Case => ({
  name: `rmsprop, centered ${centered}, momentum ${momentum}`,
  own: () => [0.9, 0.1, momentum, 0.002, EPSILON],
  rate: () => COMMON.rate,
  vectors: 1 + Number(centered) + Number(momentum > 0),
  call(kernels, weights, [squares, ...others], rest) {
    const mean = centered ? others[0] : 0;
    kernels.rmsprop(weights, squares, mean, momentum > 0 ? others[others.length - 1] : 0, ...rest);
  },
  rule(state, g) {
    const v = state.vectors;
    v[0] = 0.9 * v[0] + 0.1 * g * g;
    if (centered) v[1] = 0.9 * v[1] + 0.1 * g;
    const variance = centered ? Math.max(v[0] - v[1] ** 2, 0) : v[0];
    let step = g / (Math.sqrt(variance + 0.002) + EPSILON);
    if (momentum > 0) step = v[v.length - 1] = momentum * v[v.length - 1] + step;
    state.w -= COMMON.rate * step;
  },
});

const CASES: readonly Case[] = [
  ...[sgdCase(0, false), sgdCase(0.9, false), sgdCase(0.9, true), adamCase(false), adamCase(true)],
  {
    name: 'nadam',
    own: (t) => [
      ...[...MOMENTS, 1 / Math.sqrt(1 - BETA2 ** t), EPSILON],
      (COMMON.rate * (1 - mu(t))) / (1 - muProduct(t)),
    ],
    rate: (t) => (COMMON.rate * mu(t + 1)) / (1 - muProduct(t + 1)),
    vectors: 2,
    call: (kernels, weights, [m, v], rest) => kernels.nadam(weights, m, v, ...rest),
    rule(state, g, t) {
      adamMoments(state.vectors, g);
      const [m, v] = state.vectors;
      const divisor = Math.sqrt(v / (1 - BETA2 ** t)) + EPSILON;
      state.w -= (((COMMON.rate * (1 - mu(t))) / (1 - muProduct(t))) * g) / divisor;
      state.w -= (((COMMON.rate * mu(t + 1)) / (1 - muProduct(t + 1))) * m) / divisor;
    },
  },
  {
    name: 'adamax',
    own: () => [BETA1, 1 - BETA1, BETA2, EPSILON],
    rate: (t) => COMMON.rate / (1 - BETA1 ** t),
    vectors: 2,
    call: (kernels, weights, [m, norm], rest) => kernels.adamax(weights, m, norm, ...rest),
    rule(state, g, t) {
      const v = state.vectors;
      v[0] = BETA1 * v[0] + (1 - BETA1) * g;
      v[1] = Math.max(BETA2 * v[1], Math.abs(g) + EPSILON);
      state.w -= ((COMMON.rate / (1 - BETA1 ** t)) * v[0]) / v[1];
    },
  },
  {
    name: 'adagrad',
    own: () => [0.002, EPSILON],
    rate: () => COMMON.rate,
    vectors: 1,
    call: (kernels, weights, [squares], rest) => kernels.adagrad(weights, squares, ...rest),
    rule(state, g) {
      state.vectors[0] += g * g;
      state.w -= (COMMON.rate * g) / (Math.sqrt(state.vectors[0] + 0.002) + EPSILON);
    },
  },
  ...[rmspropCase(false, 0), rmspropCase(true, 0), rmspropCase(false, 0.8), rmspropCase(true, 0.8)],
  {
    name: 'adadelta',
    own: () => [0.9, 0.1, EPSILON],
    rate: () => COMMON.rate,
    vectors: 2,
    call: (kernels, weights, [squares, steps], rest) => kernels.adadelta(weights, squares, steps, ...rest),
    rule(state, g) {
      const v = state.vectors;
      v[0] = 0.9 * v[0] + 0.1 * g * g;
      const step = (Math.sqrt(v[1] + EPSILON) / Math.sqrt(v[0] + EPSILON)) * g;
      v[1] = 0.9 * v[1] + 0.1 * step * step;
      state.w -= COMMON.rate * step;
    },
  },
  {
    name: 'lion',
    own: () => [BETA1, 1 - BETA1, 0.99, 1 - 0.99],
    rate: () => COMMON.rate,
    vectors: 1,
    call: (kernels, weights, [moment], rest) => kernels.lion(weights, moment, ...rest),
    rule(state, g) {
      const v = state.vectors;
      state.w -= COMMON.rate * Math.sign(BETA1 * v[0] + (1 - BETA1) * g);
      v[0] = 0.99 * v[0] + 0.01 * g;
    },
  },
];

function setHyper(address: number, options: typeof COMMON, { own, rate }: Case, t: number): void {
  const hyper = bench.floats(address, HYPER_COUNT).fill(NaN);
  hyper[COMMON_HYPER.scale] = options.scale;
  hyper[COMMON_HYPER.learningRate] = rate(t);
  hyper[COMMON_HYPER.clip] = options.clip;
  hyper[COMMON_HYPER.decay] = options.decay;
  hyper[COMMON_HYPER.shrink] = options.shrink;
  hyper.set(own(t), COMMON_HYPER.count);
}

function zeros(n: number): number {
  const address = bench.allocate(n);
  bench.floats(address, n).fill(0);
  return address;
}

describe.each(CASES)('$name', (optimizer) => {
  const { vectors, call, rule } = optimizer;

  test.each([0, 4, 8, 12, ...ODD_SIZES])('gives the bits of the reference, %i parameters', (n) => {
    for (const options of [COMMON, OFF]) {
      bench.reset(n);
      const [weights, gradient] = [1, 2].map((seed) => bench.random(n, seed));
      const state = Array.from({ length: vectors }, () => zeros(n));
      const [hyper, progress] = [bench.allocate(HYPER_COUNT), bench.word(0)];
      for (let t = 1; t <= 3; t++) {
        setHyper(hyper, options, optimizer, t);
        bench.integers(progress, 1)[0] = 0;
        expect(bench.different((k) => call(k, weights, state, [gradient, hyper, progress, n]))).toEqual([]);
        expect(bench.integers(progress, 1)[0]).toBe(n);
      }
    }
  });

  test.each([COMMON, OFF])('follows its rule in float64 over steps, %o', (options) => {
    const n = 37;
    bench.reset(1);
    const weights = bench.random(n, 1);
    const state = Array.from({ length: vectors }, () => zeros(n));
    const hyper = bench.allocate(HYPER_COUNT);
    const expected: State[] = Array.from(bench.floats(weights, n), (w) => ({ w, vectors: state.map(() => 0) }));
    for (let t = 1; t <= 5; t++) {
      const gradient = bench.random(n, 10 + t);
      setHyper(hyper, options, optimizer, t);
      const gradients = [...bench.floats(gradient, n)];
      call(bench.tables[0].kernels, weights, state, [gradient, hyper, bench.word(0), n]);
      expected.forEach((element, i) => {
        const scaled = gradients[i] * options.scale;
        const clipped = options.clip > 0 ? Math.min(Math.max(scaled, -options.clip), options.clip) : scaled;
        const g = clipped + options.decay * element.w;
        element.w -= options.shrink * element.w;
        rule(element, g, t);
      });
    }
    bench.floats(weights, n).forEach((w, i) => expect(w, `weight ${i}`).toBeCloseTo(expected[i].w, 5));
    state.forEach((address, vector) => {
      const values = bench.floats(address, n);
      values.forEach((value, i) => expect(value, `vector ${vector}`).toBeCloseTo(expected[i].vectors[vector], 5));
    });
  });

  test('a gradient that is NaN is seen in the weight', () => {
    bench.reset(1);
    const [weights, gradient, hyper] = [bench.random(5, 1), bench.random(5, 2), bench.allocate(HYPER_COUNT)];
    const state = Array.from({ length: vectors }, () => zeros(5));
    bench.floats(gradient, 5)[2] = NaN;
    setHyper(hyper, COMMON, optimizer, 1);
    const tables = [...bench.tables.map(({ kernels }) => kernels), bench.reference];
    const seen = tables.map((kernels) => {
      call(kernels, weights, state, [gradient, hyper, bench.word(0), 5]);
      return [...bench.floats(weights, 5)].map(Number.isNaN);
    });
    expect(seen).toEqual(tables.map(() => [false, false, true, false, false]));
  });
});

test('without options sgdW and adamW give the bits of sgd and adam', () => {
  const n = 37;
  const { kernels } = bench.tables[0];
  for (const nesterov of [0, 1]) {
    bench.reset(1);
    const [weights, m, gradient] = [1, 2, 3].map((seed) => bench.random(n, seed));
    const v = zeros(n);
    const hyper = bench.allocate(HYPER_COUNT);
    const before = bench.snapshot();
    // Adding a decay of 0 makes 0 of -0.
    const state = (): number[] => [weights, m, v].flatMap((address) => [...bench.floats(address, n)].map((x) => x + 0));
    const both = (first: () => void, second: () => void): void => {
      first();
      const results = state();
      bench.restore(before);
      second();
      expect(state()).toEqual(results);
      bench.restore(before);
    };
    const set = (...values: number[]): number => {
      bench.floats(hyper, HYPER_COUNT).set(values);
      return hyper;
    };
    const progress = bench.allocate(1);
    const start = (): number => {
      bench.integers(progress, 1)[0] = 0;
      return progress;
    };
    for (const velocity of [m, 0]) {
      both(
        () => kernels.sgd(weights, velocity, gradient, set(0.5, 0.1, 0.9, nesterov), start(), n),
        () => kernels.sgdW(weights, velocity, gradient, set(0.5, 0.1, 0, 0, 0, 0.9, nesterov), start(), n),
      );
    }
    both(
      () => kernels.adam(weights, m, v, gradient, set(0.5, 0.1, 0.9, 0.1, 0.99, 0.01, 3, 1e-7), start(), n),
      () =>
        kernels.adamW(weights, m, v, 0, gradient, set(0.5, 0.1, 0, 0, 0, 0.9, 0.1, 0.99, 0.01, 3, 1e-7), start(), n),
    );
  }
});
