import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adam,
  adaptNormalization,
  categoricalCrossentropy,
  csvLogger,
  type Dataset,
  dense,
  earlyStopping,
  f1,
  type FitOptions,
  functional,
  huber,
  input,
  type Model,
  modelCheckpoint,
  normalization,
  reduceLearningRateOnPlateau,
  sequential,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Answer, type Mistake, option, raised, testMistakes } from './support/mistakes.ts';

/** Names and habits of Keras, PyTorch and scikit-learn, and what is answered to them. */

const wrong = (value: unknown): never => value as never;

const classes = (): Model => sequential([dense(3, { activation: 'softmax' })], { inputShape: [2] });
const yesNo = (units = 1): Model => sequential([dense(units, { activation: 'sigmoid' })], { inputShape: [2] });

const rowsOf = (labels: readonly number[]): Dataset =>
  tensorDataset({ features: [1, 2, 3, 4, 5, 6], labels, featureShape: [2] });

const fit = (options: object, labels = [0, 1, 2], model = classes()): (() => Promise<unknown>) => {
  const all = { loss: 'sparseCategoricalCrossentropy', workers: 1, progress: false, ...options };
  return () => model.fit(rowsOf(labels), all as FitOptions);
};

const meant = (name: string): Partial<Answer> => ({ advice: `Did you mean ${name}? ` });

describe('names', () => {
  const ofFit = (given: string, name: string): Mistake => ({
    title: `fit's ${given}`,
    make: fit({ [given]: 1 }),
    answer: option(`fit.${given}`, { expected: 'no such option', ...meant(name) }),
  });
  const loss = (given: string, name: string): Mistake => ({
    title: `the loss ${given}`,
    make: fit({ loss: given }),
    answer: option('fit.loss', meant(name)),
  });
  const metric = (given: string, name: string): Mistake => ({
    title: `the metric ${given}`,
    make: fit({ metrics: [given] }),
    answer: option('fit.metrics.0', meant(name)),
  });
  const activation = (given: string, name: string): Mistake => ({
    title: `the activation ${given}`,
    make: () => dense(3, { activation: wrong(given) }),
    answer: option('dense.activation', meant(name)),
  });
  testMistakes([
    ofFit('batch_size', 'batchSize'),
    ofFit('epoch', 'epochs'),
    ofFit('validation_data', 'validation'),
    ofFit('verbose', 'progress'),
    ofFit('class_weight', 'classWeights'),
    loss('mse', 'meanSquaredError'),
    loss('sparse_categorical_crossentropy', 'sparseCategoricalCrossentropy'),
    loss('categoricalCrossEntropy', 'categoricalCrossentropy'),
    metric('acc', 'accuracy'),
    metric('mae', 'meanAbsoluteError'),
    activation('Relu', 'relu'),
    activation('leaky_relu', 'leakyRelu'),
    activation('swish', 'silu'),
    {
      title: "Keras's learning_rate",
      make: () => adam(wrong({ learning_rate: 0.1 })),
      answer: option('adam.learning_rate', meant('learningRate')),
    },
    {
      title: "PyTorch's lr",
      make: () => adam(wrong({ lr: 0.1 })),
      answer: option('adam.lr', meant('learningRate')),
    },
    {
      title: 'an option that must be there, in another spelling',
      make: () => sequential([dense(3)], wrong({ input_shape: [2] })),
      answer: option('sequential.inputShape', { received: '"input_shape"' }),
    },
    {
      title: 'outputs of a model that has one output',
      make: () => {
        const x = input({ shape: [2] });
        return functional(wrong({ inputs: [x], outputs: [x] }));
      },
      answer: option('functional.output', { received: '"outputs"' }),
    },
    {
      title: 'a name that is like no other',
      make: fit({ zzz: 1 }),
      answer: option('fit.zzz', { advice: 'Options of fit: loss, ' }),
    },
    {
      title: 'a layer by a name that is not quite its own',
      make: () => classes().activations([1, 2], 'Dense-1'),
      answer: option('activations(layerName)', meant('dense_1')),
    },
    {
      title: 'a function of a callback in another spelling',
      make: fit({ callbacks: [{ on_epoch_end: () => {} }] }),
      answer: option('fit.callbacks.0', {
        advice: 'Write onEpochEnd instead of on_epoch_end. Their functions are named',
      }),
    },
  ]);
});

describe('things in the place of others', () => {
  testMistakes([
    {
      title: 'an optimizer by its name',
      make: fit({ optimizer: 'Adam' }),
      answer: option('fit.optimizer', { received: '"Adam"', advice: 'write optimizer: adam()' }),
    },
    {
      title: 'an optimizer that is not called',
      make: fit({ optimizer: adam }),
      answer: option('fit.optimizer', { received: 'the function adam, not called', advice: 'write optimizer: adam()' }),
    },
    {
      title: 'a loss that is not called',
      make: fit({ loss: huber }),
      answer: option('fit.loss', { advice: 'Call it: huber().' }),
    },
    {
      title: 'a function as a loss',
      make: fit({ loss: (output: number, label: number) => output - label }),
      answer: option('fit.loss', { received: 'a function', advice: 'defineLoss' }),
    },
    {
      title: 'a function as an activation',
      make: () => dense(3, { activation: wrong((x: number) => x) }),
      answer: option('dense.activation', { advice: 'defineLayer' }),
    },
    {
      title: 'a metric that is not called',
      make: fit({ metrics: [f1] }),
      answer: option('fit.metrics.0', { received: 'a function' }),
    },
    {
      title: 'a callback that is not called',
      make: fit({ callbacks: [earlyStopping] }),
      answer: option('fit.callbacks.0', { advice: 'Give what earlyStopping returns' }),
    },
    {
      title: 'a function as a learning rate',
      make: () => adam({ learningRate: wrong((step: number) => 1 / step) }),
      answer: option('adam.learningRate', { expected: 'or a schedule', received: 'a function' }),
    },
    {
      title: 'units among the options',
      make: () => dense(wrong({ units: 3 })),
      answer: option('dense(units)', { expected: 'a number', advice: "dense(10, { activation: 'relu' })" }),
    },
    {
      title: 'a folder as the option checkpoint',
      make: fit({ checkpoint: 'runs' }),
      answer: option('fit.checkpoint', {
        expected: 'an object',
        advice: 'Options of fit.checkpoint: directory, everySteps',
      }),
    },
    {
      title: 'the layer of adaptNormalization as options of another',
      make: async () => normalization(wrong(await adaptNormalization(rowsOf([0, 1, 2])))),
      answer: option('normalization', { received: 'a layer', advice: 'sequential([await adaptNormalization(data)' }),
    },
    {
      title: 'a layer that is not awaited',
      make: () => sequential([wrong(adaptNormalization(rowsOf([0, 1, 2]))), dense(1)], { inputShape: [2] }),
      answer: { code: 'INVALID_MODEL', place: 'sequential(layers[0])', received: 'a promise', advice: 'awaited first' },
    },
  ]);
});

describe('labels', () => {
  const binary = { loss: 'binaryCrossentropy' };
  const notProbability = (place: string, received: string, advice: string): Answer => ({
    ...{ code: 'LABEL_OUT_OF_RANGE', expected: 'a label from 0 to 1', place, received, advice },
  });
  testMistakes([
    {
      title: 'texts',
      make: () => rowsOf(wrong(['cat', 'dog', 'cat'])),
      answer: { code: 'INVALID_DATA', place: 'tensorDataset.labels[0]', advice: 'Number the classes from 0' },
    },
    {
      title: 'numbers that are texts',
      make: () => rowsOf(wrong(['0', '1', '2'])),
      answer: { code: 'INVALID_DATA', place: 'tensorDataset.labels[0]', advice: 'labels.map(Number)' },
    },
    {
      title: 'true and false',
      make: () => rowsOf(wrong([true, false, true])),
      answer: { code: 'INVALID_DATA', place: 'tensorDataset.labels[0]', advice: '1 for true, 0 for false' },
    },
    {
      title: 'classes for one yes or no',
      make: fit(binary, [0, 1, 2], yesNo()),
      answer: notProbability('tensorDataset, row 2', '2', 'softmax, and use sparseCategoricalCrossentropy'),
    },
    {
      title: 'signs for yes and no',
      make: fit(binary, [1, -1, 1], yesNo()),
      answer: notProbability('tensorDataset, row 1', '-1', 'Write 0 for no, or use the loss hinge'),
    },
    {
      title: 'values for probabilities',
      make: fit(binary, [0, 0.5, 1.5], yesNo()),
      answer: notProbability('tensorDataset, row 2', '1.5', 'meanSquaredError'),
    },
    {
      title: 'counts for one-hot labels, in validation data',
      make: () => {
        const options = { loss: categoricalCrossentropy(), workers: 1, progress: false };
        return classes().fit(rowsOf([1, 0, 0, 0, 1, 0, 0, 0, 1]), {
          ...options,
          validation: rowsOf([1, 0, 0, 0, 1, 0, 0, 0, 3]),
        });
      },
      answer: notProbability('tensorDataset, row 2, label 2', '3', 'meanSquaredError'),
    },
    {
      title: 'signs in an evaluation',
      make: () => yesNo().evaluate(rowsOf([0, 1, -1]), { workers: 1 }),
      answer: notProbability('tensorDataset, row 2', '-1', 'hinge'),
    },
  ]);

  test('probabilities are labels, also where a sum of float32 has missed 1', async () => {
    const labels = [0.25, 1 + 2 ** -23, 1];
    await expect(fit(binary, labels, yesNo())()).resolves.toBeDefined();
  });
});

describe('a metric that the run does not have is told before the first epoch', () => {
  const monitors = { earlyStopping, reduceLearningRateOnPlateau };
  const cases: [string, object][] = Object.entries(monitors).flatMap(([name, create]) => [
    [`${name}.monitor`, create({ monitor: 'val_loss' })],
  ]);
  cases.push([
    'modelCheckpoint.monitor',
    modelCheckpoint({ path: 'm.safetensors', monitor: 'val_loss', saveBestOnly: true }),
  ]);
  test.each(cases)('%s', async (place, callback) => {
    let epochs = 0;
    const counter = { onEpochBegin: () => void epochs++ };
    const validation = rowsOf([0, 1, 2]);
    const error = await raised(fit({ validation, callbacks: [counter, callback] }));
    expect(error).toMatchObject({
      code: 'INVALID_OPTION',
      place,
      received: '"val_loss"',
      advice: 'Did you mean valLoss?',
    });
    expect(epochs).toBe(0);
  });

  test('without validation data the advice is these', async () => {
    const error = await raised(fit({ callbacks: [earlyStopping()] }));
    expect(error).toMatchObject({ place: 'earlyStopping.monitor', received: '"valLoss"' });
    expect(error).toMatchObject({ advice: expect.stringContaining('`validationSplit`') as string });
  });
});

test('callbacks that write files make their folders', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-folders-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const log = join(folder, 'logs', 'a', 'log.csv');
  const callbacks = [csvLogger(log), modelCheckpoint({ path: join(folder, 'epoch-{epoch}', 'm.safetensors') })];
  await fit({ callbacks, epochs: 2 })();
  expect([log, join(folder, 'epoch-2', 'm.safetensors')].map((path) => existsSync(path))).toEqual([true, true]);
});
