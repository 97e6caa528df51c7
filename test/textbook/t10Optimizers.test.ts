import { adagrad, adam, dense, type OptimizerSpec, rmsprop, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { signedNumbers } from '../support/numbers.ts';

/**
 * T10, section 2.6.5: each update equals the published rule, step for step. ŷ = w · x + b is trained row by row on the squared
 * error, whose gradient is 2(ŷ − y)(x, 1); the rules are written here from the papers, in float64. All optimizers are compared with
 * PyTorch in test/pytorch.test.ts, and solve XOR in test/optimizers.test.ts.
 */

/** One update of the weights θ in place, from the gradient g of step t (from 1). State is kept by the closure. */
type Rule = (theta: number[], g: readonly number[], t: number) => void;

const SIZE = 4;
const vector = (): number[] => Array.from({ length: SIZE }, () => 0);

/** Polyak 1964: v ← βv + g, θ ← θ − αv. */
function momentum(alpha: number, beta: number): Rule {
  const v = vector();
  return (theta, g) => {
    for (let i = 0; i < SIZE; i++) {
      v[i] = beta * v[i] + g[i];
      theta[i] -= alpha * v[i];
    }
  };
}

/** Nesterov 1983 in the form of Sutskever et al. 2013 and Bengio et al. 2013, θ being the point that is looked ahead to. */
function nesterov(alpha: number, beta: number): Rule {
  const v = vector();
  return (theta, g) => {
    for (let i = 0; i < SIZE; i++) {
      const before = v[i];
      v[i] = beta * v[i] - alpha * g[i];
      theta[i] += v[i] + beta * (v[i] - before);
    }
  };
}

/** Duchi, Hazan & Singer 2011: G ← G + g², θ ← θ − αg / (√G + ε). */
function adagradRule(alpha: number, epsilon: number): Rule {
  const sum = vector();
  return (theta, g) => {
    for (let i = 0; i < SIZE; i++) {
      sum[i] += g[i] ** 2;
      theta[i] -= (alpha * g[i]) / (Math.sqrt(sum[i]) + epsilon);
    }
  };
}

/** Tieleman & Hinton 2012, lecture 6.5: r ← ρr + (1 − ρ)g², θ ← θ − αg / (√r + ε). */
function rmspropRule(alpha: number, rho: number, epsilon: number): Rule {
  const r = vector();
  return (theta, g) => {
    for (let i = 0; i < SIZE; i++) {
      r[i] = rho * r[i] + (1 - rho) * g[i] ** 2;
      theta[i] -= (alpha * g[i]) / (Math.sqrt(r[i]) + epsilon);
    }
  };
}

/** Kingma & Ba 2015, algorithm 1. */
function adamRule(alpha: number, beta1: number, beta2: number, epsilon: number): Rule {
  const [m, v] = [vector(), vector()];
  return (theta, g, t) => {
    for (let i = 0; i < SIZE; i++) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2;
      const [mean, square] = [m[i] / (1 - beta1 ** t), v[i] / (1 - beta2 ** t)];
      theta[i] -= (alpha * mean) / (Math.sqrt(square) + epsilon);
    }
  };
}

const STEPS = 30;
const FEATURES = signedNumbers(STEPS * (SIZE - 1), 1);
const LABELS = signedNumbers(STEPS, 2);
const DATA = tensorDataset({ features: FEATURES, labels: LABELS, featureShape: [SIZE - 1] });

function createModel() {
  return sequential([dense(1)], { inputShape: [SIZE - 1], seed: 4 });
}

/** θ after each step by the rule. */
function follow(rule: Rule): number[][] {
  const theta = createModel()
    .parameters()
    .flatMap(({ data }) => [...data]);
  return Array.from({ length: STEPS }, (_, step) => {
    const x = [...FEATURES.slice(step * (SIZE - 1), (step + 1) * (SIZE - 1)), 1];
    const error = x.reduce((sum, value, i) => sum + value * theta[i], 0) - LABELS[step];
    rule(
      theta,
      x.map((value) => 2 * error * value),
      step + 1,
    );
    return [...theta];
  });
}

describe('T10: updates equal the published rules, step for step', () => {
  const cases: readonly (readonly [string, OptimizerSpec, Rule])[] = [
    ['momentum', sgd({ learningRate: 0.05, momentum: 0.9 }), momentum(0.05, 0.9)],
    ['Nesterov momentum', sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }), nesterov(0.05, 0.9)],
    ['Adagrad', adagrad({ learningRate: 0.1, epsilon: 1e-7 }), adagradRule(0.1, 1e-7)],
    ['RMSprop', rmsprop({ learningRate: 0.01, rho: 0.9, epsilon: 1e-7 }), rmspropRule(0.01, 0.9, 1e-7)],
    ['Adam', adam({ learningRate: 0.01 }), adamRule(0.01, 0.9, 0.999, 1e-8)],
  ];
  test.each(cases)('%s', async (name, optimizer, rule) => {
    const expected = follow(rule);
    for (let steps = 1; steps <= STEPS; steps++) {
      const model = createModel();
      const options = { loss: 'meanSquaredError', optimizer, batchSize: 1, shuffle: false, maxSteps: steps } as const;
      await model.fit(DATA, { ...options, workers: 1, progress: false });
      const theta = model.parameters().flatMap(({ data }) => [...data]);
      // Float32 rounds numbers below 2 by 1.2e-7 at most, a few times a step; a step itself is 1e-2.
      for (const [i, value] of theta.entries()) {
        expect(Math.abs(value - expected[steps - 1][i]), `${name}, step ${steps}`).toBeLessThan(3e-6);
      }
    }
  });
});
