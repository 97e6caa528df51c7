import {
  activation,
  type Activation,
  dense,
  type Layer,
  leakyRelu,
  type Model,
  rescaling,
  sequential,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';

/** T4, section 2.3 and table 2.1: activations and their derivatives. */

const POINTS = [-6, -2.5, -1, -0.25, 0, 0.5, 1, 3, 7];

/** A neuron for each point, whose weighted sum is that point: its bias. `rescaling(1)` leaves the outputs as they are. */
function modelOf(points: readonly number[], function_: Activation): Model {
  const layers: readonly Layer[] = [dense(points.length, { name: 'sums' }), activation(function_), rescaling(1)];
  const model = sequential(layers, { inputShape: [1] });
  model.setWeights({ ...model.getWeights(), 'sums/kernel': points.map(() => 0), 'sums/bias': [...points] });
  return model;
}

async function valuesOf(points: readonly number[], function_: Activation): Promise<number[]> {
  return [...(await modelOf(points, function_).predict([0]))];
}

/**
 * Σ cⱼ · dfⱼ/dzᵢ for each i. Labels are chosen so that the mean squared error, Σ (fⱼ − tⱼ)² / n, has the derivative cⱼ by fⱼ:
 * backpropagation does the rest.
 */
async function slopesOf(points: readonly number[], function_: Activation, c: readonly number[]): Promise<number[]> {
  const model = modelOf(points, function_);
  const outputs = await model.predict([0]);
  const labels = c.map((value, i) => outputs[i] - (value * points.length) / 2);
  const { gradients } = await model.gradients({ features: [0], labels, loss: 'meanSquaredError' });
  return [...gradients['sums/bias']];
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe('T4: activations', () => {
  const table: readonly (readonly [string, Activation, (x: number) => number, (x: number) => number])[] = [
    ['linear', 'linear', (x) => x, () => 1],
    ['Heaviside step, 0 at 0', 'step', (x) => (x <= 0 ? 0 : 1), () => 0],
    ['sigmoid', 'sigmoid', sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))],
    ['tanh', 'tanh', Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
    ['ReLU', 'relu', (x) => Math.max(0, x), (x) => (x > 0 ? 1 : 0)],
    ['leaky ReLU of slope 0.01', 'leakyRelu', (x) => (x > 0 ? x : 0.01 * x), (x) => (x > 0 ? 1 : 0.01)],
    ['leaky ReLU of slope 0.2', leakyRelu({ slope: 0.2 }), (x) => (x > 0 ? x : 0.2 * x), (x) => (x > 0 ? 1 : 0.2)],
  ];
  test.each(table)('%s and its derivative', async (_, function_, formula, derivative) => {
    const values = await valuesOf(POINTS, function_);
    const slopes = await slopesOf(
      POINTS,
      function_,
      POINTS.map(() => 1),
    );
    for (const [i, x] of POINTS.entries()) {
      expect(values[i], `at ${x}`).toBeCloseTo(formula(x), 6);
      expect(slopes[i], `derivative at ${x}`).toBeCloseTo(derivative(x), 5);
    }
  });

  test('the derivative of the sigmoid is σ(x)(1 − σ(x)) of its own values', async () => {
    const values = await valuesOf(POINTS, 'sigmoid');
    const slopes = await slopesOf(
      POINTS,
      'sigmoid',
      POINTS.map(() => 1),
    );
    for (const [i, value] of values.entries()) expect(slopes[i]).toBeCloseTo(value * (1 - value), 5);
  });

  test('softmax sums to 1, and its derivative is s(δ − s)', async () => {
    const logits = [1.5, -0.5, 0.25, 3];
    const s = await valuesOf(logits, 'softmax');
    expect(s.reduce((sum, value) => sum + value)).toBeCloseTo(1, 6);
    expect(s.every((value) => value > 0)).toBe(true);
    for (const [k, own] of s.entries()) {
      const row = await slopesOf(
        logits,
        'softmax',
        logits.map((_, j) => (j === k ? 1 : 0)),
      );
      for (const [i, other] of s.entries()) expect(row[i]).toBeCloseTo(own * ((i === k ? 1 : 0) - other), 5);
    }
  });

  test('of two classes, softmax is the sigmoid of the difference of their logits', async () => {
    for (const [a, b] of [
      [0, 0],
      [2, -1],
      [-3, 0.5],
      [10, 4],
    ]) {
      const [first, second] = await valuesOf([a, b], 'softmax');
      expect(first).toBeCloseTo((await valuesOf([a - b], 'sigmoid'))[0], 6);
      expect(second).toBeCloseTo((await valuesOf([b - a], 'sigmoid'))[0], 6);
    }
  });
});
