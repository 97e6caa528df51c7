import { dense, type Loss, rescaling, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { numbersFrom } from '../support/numbers.ts';

/** T6, section 2.5: error functions. Logarithms are natural. */

/** The error of outputs that a model gives, against labels. The model hands its features on as they are. */
async function errorOf(loss: Loss, outputs: readonly number[], labels: readonly number[], width = 1): Promise<number> {
  const model = sequential([rescaling(1)], { inputShape: [width] });
  const data = tensorDataset({ features: outputs, labels: Float32Array.from(labels), featureShape: [width] });
  return (await model.evaluate(data, { loss }))['loss'];
}

describe('T6: error functions', () => {
  test('the textbook: cross-entropy of (0, 1, 0) against (0.2, 0.3, 0.5) is 1.20, against (0.3, 0.5, 0.0) is 0.69', async () => {
    const before = await errorOf('categoricalCrossentropy', [0.2, 0.3, 0.5], [0, 1, 0], 3);
    expect(before).toBeCloseTo(-Math.log(0.3), 6);
    expect(before.toFixed(2)).toBe('1.20');
    // Its three probabilities add up to 0.8 only. Keras and Lockstep divide by their sum: then it is −ln(0.5 / 0.8) = 0.47,
    // and the textbook's number is that of 0.5 alone, which any completion to a sum of 1 gives.
    const after = await errorOf('categoricalCrossentropy', [0.3, 0.5, 0.2], [0, 1, 0], 3);
    expect(after).toBeCloseTo(-Math.log(0.5), 6);
    expect(after.toFixed(2)).toBe('0.69');
    expect(await errorOf('categoricalCrossentropy', [0.3, 0.5, 0], [0, 1, 0], 3)).toBeCloseTo(-Math.log(0.5 / 0.8), 6);
    // The Kullback-Leibler divergence, which is the cross-entropy where labels are one-hot, takes the numbers as they stand.
    expect((await errorOf('klDivergence', [0.3, 0.5, 0], [0, 1, 0], 3)).toFixed(2)).toBe('0.69');
  });

  test('mean squared and mean absolute error are means over the rows', async () => {
    const [outputs, labels] = [
      [1, 2, 4, -1],
      [1, 4, 1, 0],
    ];
    expect(await errorOf('meanSquaredError', outputs, labels)).toBeCloseTo((0 + 4 + 9 + 1) / 4, 6);
    expect(await errorOf('meanAbsoluteError', outputs, labels)).toBeCloseTo((0 + 2 + 3 + 1) / 4, 6);
  });

  test('binary cross-entropy for one output', async () => {
    const error = await errorOf('binaryCrossentropy', [0.8, 0.4], [1, 0]);
    expect(error).toBeCloseTo(-(Math.log(0.8) + Math.log(1 - 0.4)) / 2, 6);
  });

  test('an error is never negative, and 0 where nothing is wrong', async () => {
    const next = numbersFrom(6);
    for (const loss of ['meanSquaredError', 'meanAbsoluteError', 'binaryCrossentropy'] as const) {
      const outputs = Array.from({ length: 200 }, next);
      const labels = outputs.map(() => Math.round(next()));
      for (let i = 0; i < outputs.length; i += 10) {
        expect(await errorOf(loss, outputs.slice(i, i + 10), labels.slice(i, i + 10))).toBeGreaterThan(0);
      }
      expect(await errorOf(loss, [0, 1, 1], [0, 1, 1])).toBeCloseTo(0, 5);
    }
  });

  test('input 0.3, target 0.8: the curve of |0.3w − 0.8| has its minimum at w = 8/3', async () => {
    const model = sequential([dense(1, { useBias: false, name: 'neuron' })], { inputShape: [1] });
    const one = { features: [0.3], labels: [0.8], loss: 'meanAbsoluteError' } as const;
    const at = async (w: number): Promise<{ error: number; slope: number }> => {
      model.setWeights({ 'neuron/kernel': [w] });
      const { loss, gradients } = await model.gradients(one);
      return { error: loss, slope: gradients['neuron/kernel'][0] };
    };
    // From -1 to 6 in steps of 1/3.
    const curve = await Promise.all(
      Array.from({ length: 22 }, (_, i) => (i - 3) / 3).map(async (w) => [w, await at(w)] as const),
    );
    const [lowest] = curve.toSorted(([, a], [, b]) => a.error - b.error);
    expect(lowest[0]).toBeCloseTo(8 / 3, 12);
    expect(lowest[1].error).toBeCloseTo(0, 6);
    for (const [w, { error, slope }] of curve) {
      expect(error).toBeCloseTo(Math.abs(0.3 * w - 0.8), 6);
      if (w !== lowest[0]) expect(slope).toBeCloseTo(w < 8 / 3 ? -0.3 : 0.3, 6);
    }
  });

  test('and gradient descent finds it', async () => {
    const model = sequential([dense(1, { useBias: false, kernelInitializer: 'zeros', name: 'neuron' })], {
      inputShape: [1],
    });
    const data = tensorDataset({ features: [0.3], labels: [0.8], featureShape: [1] });
    const options = { loss: 'meanAbsoluteError', optimizer: sgd({ learningRate: 0.05 }) } as const;
    await model.fit(data, { ...options, epochs: 300, progress: false });
    // It steps back and forth over the minimum, by 0.05 · 0.3.
    expect(Math.abs(model.getWeights()['neuron/kernel'][0] - 8 / 3)).toBeLessThan(0.05 * 0.3);
  });
});
