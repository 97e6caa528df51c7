import { type Activation, adam, dense, type Loss, type Model, sequential, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { testMistakes } from '../support/mistakes.ts';

/**
 * T14, sections 2.3 and 2.5: softmax and cross-entropy for exclusive classes, sigmoid for yes or no, no activation and squared or
 * absolute error for values. Defaults are these, and errors lead to them.
 */

const modelOf = (units: number, activation?: Activation): Model =>
  sequential([dense(units, activation === undefined ? {} : { activation })], { inputShape: [2] });
const CLASSES = tensorDataset({ features: [1, 2, 3, 4], labels: Uint8Array.of(0, 1), featureShape: [2] });
const VALUES = tensorDataset({ features: [1, 2, 3, 4], labels: Float32Array.of(0.5, 7), featureShape: [2] });

describe('T14: defaults', () => {
  test.each([
    ['softmax', modelOf(3, 'softmax'), CLASSES, 'sparseCategoricalCrossentropy'],
    ['sigmoid', modelOf(1, 'sigmoid'), CLASSES, 'binaryCrossentropy'],
    ['step', modelOf(1, 'step'), CLASSES, 'perceptron'],
    ['no activation', modelOf(1), VALUES, 'meanSquaredError'],
  ] as const)('the usual loss after %s', async (_, model, data, loss) => {
    const usual = await model.evaluate(data);
    expect(usual['loss']).toBe((await model.evaluate(data, { loss }))['loss']);
    // Right or wrong is asked of classes, not of values.
    expect(Object.keys(usual)).toEqual(loss === 'meanSquaredError' ? ['loss'] : ['loss', 'accuracy']);
  });

  test('a layer has no activation, weights of Glorot and biases of 0; the optimizer is Adam', async () => {
    expect(modelOf(1).spec.layers[0]).toMatchObject({
      ...{ activation: 'linear', kernelInitializer: 'glorotUniform', biasInitializer: 'zeros', useBias: true },
    });
    const { manifest } = await modelOf(1).fit(VALUES, { loss: 'meanAbsoluteError', progress: false });
    expect(manifest.configuration.fit.optimizer).toEqual(adam({ learningRate: 0.001 }));
  });
});

describe('T14: errors lead to what goes together', () => {
  const fit =
    (model: Model, data: typeof CLASSES, loss: Loss | undefined, metrics: readonly 'accuracy'[] = []) =>
    () =>
      model.fit(data, { ...(loss === undefined ? {} : { loss }), metrics, progress: false });
  const mistake = (title: string, make: () => unknown, received: string, advice: string) => ({
    ...{ title, make, answer: { code: 'UNSUPPORTED', place: 'fit.loss', received, advice } as const },
  });
  testMistakes([
    mistake(
      'exclusive classes without softmax',
      fit(modelOf(2), CLASSES, 'sparseCategoricalCrossentropy'),
      ...(['linear', "activation: 'softmax'"] as const),
    ),
    mistake(
      'exclusive classes with sigmoid',
      fit(modelOf(2, 'sigmoid'), CLASSES, 'sparseCategoricalCrossentropy'),
      ...(['sigmoid', "activation: 'softmax'"] as const),
    ),
    mistake(
      'yes or no without sigmoid',
      fit(modelOf(1), CLASSES, 'binaryCrossentropy'),
      ...(['linear', "activation: 'sigmoid'"] as const),
    ),
    mistake(
      'yes or no with softmax',
      fit(modelOf(2, 'softmax'), CLASSES, 'binaryCrossentropy'),
      ...(['softmax', 'sparseCategoricalCrossentropy for exclusive classes'] as const),
    ),
    mistake(
      'squared error of class probabilities',
      fit(modelOf(2, 'softmax'), CLASSES, 'meanSquaredError'),
      ...(['softmax', 'For class probabilities use sparseCategoricalCrossentropy'] as const),
    ),
    mistake(
      'a step that is to be descended',
      fit(modelOf(1, 'step'), CLASSES, 'meanSquaredError'),
      ...(['would change no weight', "activation: 'sigmoid'"] as const),
    ),
    {
      title: 'values as classes',
      make: fit(modelOf(2, 'softmax'), VALUES, 'sparseCategoricalCrossentropy'),
      answer: { code: 'SHAPE_MISMATCH', place: 'fit: labels', advice: 'meanSquaredError for values' },
    },
    {
      title: 'accuracy of values',
      make: fit(modelOf(1), VALUES, 'meanSquaredError', ['accuracy']),
      answer: { code: 'UNSUPPORTED', place: 'fit.metrics', advice: 'watch the loss' },
    },
    {
      title: 'no loss where there is a choice',
      make: fit(modelOf(1), VALUES, undefined),
      answer: { code: 'INVALID_OPTION', place: 'fit.loss', received: 'nothing', advice: 'meanSquaredError' },
    },
  ]);
});
