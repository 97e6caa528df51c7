import { describe, expect, test } from 'vitest';
import { type KernelTable, SGD_HYPER } from './table.ts';
import { Bench, ODD_SIZES } from './testing/bench.ts';

const bench = new Bench();
const SGD = { scale: 0.25, learningRate: 0.1, momentum: 0.9 };
const ADAM = { scale: 0.5, learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, step: 3 };

function sgdHyper(nesterov: boolean): number {
  const hyper = bench.allocate(4);
  bench.floats(hyper, 4).set([SGD.scale, SGD.learningRate, SGD.momentum, nesterov ? 1 : 0]);
  return hyper;
}

function adamHyper(): number {
  const { scale, learningRate, beta1, beta2, epsilon, step } = ADAM;
  const hyper = bench.allocate(8);
  const stepSize = learningRate / (1 - beta1 ** step);
  const secondCorrection = 1 / Math.sqrt(1 - beta2 ** step);
  bench.floats(hyper, 8).set([scale, stepSize, beta1, 1 - beta1, beta2, 1 - beta2, secondCorrection, epsilon]);
  return hyper;
}

function positive(n: number, seed: number): number {
  const address = bench.random(n, seed);
  const x = bench.floats(address, n);
  x.forEach((value, i) => (x[i] = Math.abs(value)));
  return address;
}

describe('optimizers give the bits of the reference', () => {
  test.each([0, 4, 8, 12, ...ODD_SIZES])('%i parameters', (n) => {
    bench.reset(n);
    const [weights, velocity, gradient] = [1, 2, 3].map((seed) => bench.random(n, seed));
    const secondMoment = positive(n, 4);
    for (const nesterov of [false, true]) {
      const hyper = sgdHyper(nesterov);
      for (const kept of [velocity, 0]) {
        const progress = bench.word(0);
        expect(bench.different((kernels) => kernels.sgd(weights, kept, gradient, hyper, progress, n))).toEqual([]);
        expect(bench.integers(progress, 1)[0]).toBe(n);
      }
    }
    const hyper = adamHyper();
    const progress = bench.word(0);
    const call = (kernels: KernelTable) => kernels.adam(weights, velocity, secondMoment, gradient, hyper, progress, n);
    expect(bench.different(call)).toEqual([]);
    expect(bench.integers(progress, 1)[0]).toBe(n);
  });
});

test('sgd without a velocity gives the bits of momentum 0', () => {
  const n = 37;
  for (const { kernels } of [...bench.tables, { kernels: bench.reference }]) {
    bench.reset(2);
    const [weights, velocity, gradient] = [1, 2, 3].map((seed) => bench.random(n, seed));
    const hyper = sgdHyper(false);
    bench.floats(hyper, 4)[SGD_HYPER.momentum] = 0;
    bench.floats(velocity, n).fill(0);
    const before = bench.floats(weights, n).slice();
    kernels.sgd(weights, velocity, gradient, hyper, bench.word(0), n);
    const kept = bench.floats(weights, n).slice();
    bench.floats(weights, n).set(before);
    kernels.sgd(weights, 0, gradient, hyper, bench.word(0), n);
    expect(bench.floats(weights, n)).toEqual(kept);
    expect(kept).not.toEqual(before);
  }
});

describe('optimizers follow their rules, computed here in double precision', () => {
  const n = 37;

  test.each([false, true])('sgd, nesterov %s', (nesterov) => {
    bench.reset(1);
    const [weights, velocity, gradient] = [1, 2, 3].map((seed) => bench.random(n, seed));
    const [w0, v0, g0] = [weights, velocity, gradient].map((address) => [...bench.floats(address, n)]);
    bench.tables[0].kernels.sgd(weights, velocity, gradient, sgdHyper(nesterov), bench.word(0), n);
    for (let i = 0; i < n; i++) {
      const g = g0[i] * SGD.scale;
      const v = SGD.momentum * v0[i] + g;
      const w = w0[i] - SGD.learningRate * (nesterov ? g + SGD.momentum * v : v);
      expect(bench.floats(velocity, n)[i]).toBeCloseTo(v, 6);
      expect(bench.floats(weights, n)[i]).toBeCloseTo(w, 6);
    }
  });

  test('adam', () => {
    bench.reset(1);
    const [weights, firstMoment, gradient] = [1, 2, 3].map((seed) => bench.random(n, seed));
    const secondMoment = positive(n, 4);
    const before = [weights, firstMoment, secondMoment, gradient].map((address) => [...bench.floats(address, n)]);
    bench.tables[0].kernels.adam(weights, firstMoment, secondMoment, gradient, adamHyper(), bench.word(0), n);
    const { scale, learningRate, beta1, beta2, epsilon, step } = ADAM;
    for (let i = 0; i < n; i++) {
      const [w0, m0, v0, g0] = before.map((values) => values[i]);
      const g = g0 * scale;
      const m = beta1 * m0 + (1 - beta1) * g;
      const v = beta2 * v0 + (1 - beta2) * g * g;
      const w = w0 - (learningRate * (m / (1 - beta1 ** step))) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
      expect(bench.floats(firstMoment, n)[i]).toBeCloseTo(m, 6);
      expect(bench.floats(secondMoment, n)[i]).toBeCloseTo(v, 6);
      // Where both moments are near zero their quotient is large and known to fewer digits.
      expect(Math.abs(bench.floats(weights, n)[i] - w)).toBeLessThan(1e-6 * (1 + Math.abs(w0 - w)));
    }
  });
});
