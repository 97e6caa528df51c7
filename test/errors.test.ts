import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adam,
  batchNormalization,
  categoryEncoding,
  type Dataset,
  dense,
  dropout,
  embedding,
  encodeSafetensors,
  ERROR_CODES,
  f1,
  type FitOptions,
  flatten,
  type Layer,
  layerNormalization,
  loadModel,
  type LockstepError,
  type Model,
  normalization,
  precision,
  recall,
  rescaling,
  reshape,
  sequential,
  sgd,
  sparseCategoricalCrossentropy,
  tensorDataset,
  type TensorDatasetOptions,
  topKAccuracy,
  WARNING_CODES,
} from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Mistake, option, raised, testMistakes } from './support/mistakes.ts';
import { catchWarnings } from './support/warnings.ts';
import { codeTable } from './tools/writeErrors.ts';

test('docs/errors.md lists exactly the codes, with their sentences (test/tools/writeErrors.ts writes it)', () => {
  const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  expect(text).toContain(`\n${codeTable(ERROR_CODES)}\n\n## Warnings\n`);
  expect(text.endsWith(`\n\n${codeTable(WARNING_CODES)}\n`)).toBe(true);
});

const takeWarnings = catchWarnings();

/** Values of types that TypeScript would refuse: programs in JavaScript, and options from JSON, do pass them. */
const wrong = (value: unknown): never => value as never;

const model = (): Model => sequential([dense(3, { activation: 'softmax' })], { inputShape: [2] });
const regression = (): Model => sequential([dense(1)], { inputShape: [2] });
const binary = (): Model => sequential([dense(1, { activation: 'sigmoid' })], { inputShape: [2] });

function data(options: Partial<Record<keyof TensorDatasetOptions, unknown>> = {}): Dataset {
  return tensorDataset({
    ...{ features: [1, 2, 3, 4], labels: [0, 2], featureShape: [2] },
    ...(options as Partial<TensorDatasetOptions>),
  });
}

const LOSS = 'sparseCategoricalCrossentropy';
const fit = (options: Record<string, unknown>, dataset: Dataset = data()): (() => Promise<unknown>) => {
  const all = { loss: LOSS, workers: 1, progress: false, ...options };
  return () => model().fit(dataset, all as unknown as FitOptions);
};

const OPTION_MISTAKES: readonly Mistake[] = [
  {
    title: 'units that are text',
    make: () => dense(wrong('10')),
    answer: option('dense(units)', { received: '"10"' }),
  },
  { title: 'half a unit', make: () => dense(2.5), answer: option('dense(units)', { received: '2.5' }) },
  { title: 'no unit', make: () => dense(0), answer: option('dense(units)', { received: '0' }) },
  {
    title: 'an activation that does not exist',
    make: () => dense(3, { activation: wrong('rellu') }),
    answer: option('dense.activation', { received: '"rellu"', advice: 'linear, relu, softmax' }),
  },
  {
    title: 'an option of another library',
    make: () => dense(3, wrong({ bias: true })),
    answer: option('dense.bias', {
      expected: 'no such option',
      advice: 'activation, useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer, name',
    }),
  },
  { title: 'useBias as a number', make: () => dense(3, { useBias: wrong(1) }), answer: option('dense.useBias') },
  {
    title: 'an initializer that does not exist',
    make: () => dense(3, { kernelInitializer: wrong('glorot') }),
    answer: option('dense.kernelInitializer', { expected: 'glorotUniform' }),
  },
  {
    title: 'an epsilon of 0',
    make: () => layerNormalization({ epsilon: 0 }),
    answer: option('layerNormalization.epsilon', { received: '0' }),
  },
  {
    title: 'an axis for layer normalization',
    make: () => layerNormalization(wrong({ axis: 1 })),
    answer: option('layerNormalization.axis', { advice: 'epsilon, center, scale, name' }),
  },
  {
    title: 'a momentum of 1, which never moves',
    make: () => batchNormalization({ momentum: 1 }),
    answer: option('batchNormalization.momentum', { expected: 'in [0, 1)', received: '1' }),
  },
  {
    title: 'an axis for batch normalization',
    make: () => batchNormalization(wrong({ axis: -1 })),
    answer: option('batchNormalization.axis', { advice: 'momentum, epsilon, center, scale, name' }),
  },
  { title: 'a scale that is text', make: () => rescaling(wrong('1/255')), answer: option('rescaling(scale)') },
  { title: 'an offset of NaN', make: () => rescaling(1, [0, NaN]), answer: option('rescaling(offset).1') },
  {
    title: 'a negative variance',
    make: () => normalization({ mean: [0], variance: [-1] }),
    answer: option('normalization.variance.0', { received: '-1' }),
  },
  {
    title: 'a mean and a variance of two lengths',
    make: () => normalization({ mean: [0, 1], variance: [1] }),
    answer: option('normalization', { expected: 'lists of one length' }),
  },
  {
    title: 'more entries than float32 has indices',
    make: () => embedding(2 ** 24 + 1, 2),
    answer: option('embedding(inputDimension)', { expected: 'at most 2^24' }),
  },
  { title: 'an embedding of no numbers', make: () => embedding(2, 0), answer: option('embedding(outputDimension)') },
  {
    title: 'an encoding under the name of another library',
    make: () => categoryEncoding({ categories: 3, mode: wrong('one_hot') }),
    answer: option('categoryEncoding.mode', { expected: 'oneHot, multiHot, count', received: '"one_hot"' }),
  },
  {
    title: 'an encoding without a number of categories',
    make: () => categoryEncoding(wrong({ mode: 'count' })),
    answer: option('categoryEncoding.categories', { received: 'nothing' }),
  },
  { title: 'a rate of 1', make: () => dropout(1), answer: option('dropout(rate)', { expected: 'in [0, 1)' }) },
  {
    title: 'a rate that is 1 as float32',
    make: () => dropout(1 - 2 ** -40),
    answer: option('dropout(rate)', { expected: 'float32' }),
  },
  { title: 'a rate in per cent', make: () => dropout(50), answer: option('dropout(rate)', { received: '50' }) },
  {
    title: 'a seed below 0',
    make: () => dropout(0.5, { seed: -1 }),
    answer: option('dropout.seed', { received: '-1' }),
  },
  {
    title: 'more layers of dropout than their numbers have room for',
    make: () => sequential(Array<Layer>(2049).fill(dropout(0.5)), { inputShape: [1] }),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers)', expected: '2048', received: '2049' },
  },
  {
    title: 'training that is no yes or no',
    make: () => model().gradients({ features: [1, 2], labels: [0], loss: LOSS, training: wrong('yes') }),
    answer: option('gradients.training', { received: '"yes"' }),
  },
  { title: 'a name with a slash', make: () => dense(3, { name: 'a/b' }), answer: option('dense.name') },
  {
    title: 'an empty input shape',
    make: () => sequential([dense(1)], { inputShape: [] }),
    answer: option('sequential.inputShape'),
  },
  {
    title: 'a dense layer on rows of two dimensions',
    make: () => sequential([dense(1)], { inputShape: [28, 28] }),
    answer: { code: 'INVALID_MODEL', place: 'layer "dense_1"', received: '[28, 28]', advice: 'flatten()' },
  },
  {
    title: 'a dimension of 0',
    make: () => sequential([dense(1)], { inputShape: [0] }),
    answer: option('sequential.inputShape.0'),
  },
  {
    title: 'a negative seed',
    make: () => sequential([dense(1)], { inputShape: [1], seed: -1 }),
    answer: option('sequential.seed', { received: '-1' }),
  },
  { title: 'no options', make: () => sequential([dense(1)], wrong(undefined)), answer: option('sequential') },
  { title: 'a learning rate of 0', make: () => sgd({ learningRate: 0 }), answer: option('sgd.learningRate') },
  { title: 'a learning rate of NaN', make: () => adam({ learningRate: NaN }), answer: option('adam.learningRate') },
  { title: 'momentum of 1', make: () => sgd({ momentum: 1 }), answer: option('sgd.momentum', { advice: '[0, 1)' }) },
  {
    title: 'an unknown option of an optimizer',
    make: () => adam(wrong({ lr: 1 })),
    answer: option('adam.lr', { advice: 'learningRate, beta1, beta2, epsilon' }),
  },
  { title: 'features that are text', make: () => data({ features: 'abc' }), answer: option('tensorDataset.features') },
  {
    title: 'labels of 64-bit integers',
    make: () => data({ labels: BigInt64Array.of(0n, 2n) }),
    answer: option('tensorDataset.labels'),
  },
  { title: 'labels that are missing', make: () => data({ labels: undefined }), answer: option('tensorDataset.labels') },
  { title: 'an unknown option of fit', make: fit({ batch: 3 }), answer: option('fit.batch', { advice: 'batchSize' }) },
  { title: 'no loss', make: fit({ loss: undefined }), answer: option('fit.loss', { advice: 'meanSquaredError' }) },
  { title: 'an unknown loss', make: fit({ loss: 'mse' }), answer: option('fit.loss', { received: '"mse"' }) },
  { title: 'a batch size of 0', make: fit({ batchSize: 0 }), answer: option('fit.batchSize', { received: '0' }) },
  {
    title: 'a batch size as text',
    make: fit({ batchSize: '32' }),
    answer: option('fit.batchSize', { received: '"32"' }),
  },
  { title: 'half an epoch', make: fit({ epochs: 0.5 }), answer: option('fit.epochs') },
  { title: 'no workers', make: fit({ workers: 0 }), answer: option('fit.workers', { advice: "'auto'" }) },
  { title: 'many shards', make: fit({ shards: 5000 }), answer: option('fit.shards', { advice: '4096' }) },
  {
    title: 'an optimizer by name',
    make: fit({ optimizer: 'adam' }),
    answer: option('fit.optimizer', { expected: 'adam() or sgd()', advice: 'adam({' }),
  },
  {
    title: 'an optimizer that does not exist',
    make: fit({ optimizer: { kind: 'adagrad2' } }),
    answer: option('fit.optimizer', { received: 'adagrad2' }),
  },
  {
    title: 'an optimizer from JSON with a wrong value',
    make: fit({ optimizer: { kind: 'sgd', learningRate: '0.1' } }),
    answer: option('sgd.learningRate', { received: '"0.1"' }),
  },
  {
    title: 'an unknown metric',
    make: fit({ metrics: ['accuracy', 'mae'] }),
    answer: option('fit.metrics.1', { received: '"mae"', advice: 'accuracy, topKAccuracy, binaryAccuracy, precision' }),
  },
  { title: 'a metric that is no list', make: fit({ metrics: 'accuracy' }), answer: option('fit.metrics') },
  {
    title: 'the function of a metric, not called',
    make: fit({ metrics: [topKAccuracy] }),
    answer: option('fit.metrics.0', { received: 'a function', advice: 'topKAccuracy({ k: 3 })' }),
  },
  {
    title: 'a metric twice',
    make: fit({ metrics: [topKAccuracy({ k: 1 }), topKAccuracy({ k: 2 })] }),
    answer: option('fit.metrics.1', { received: 'topKAccuracy twice', advice: "name: 'top3Accuracy'" }),
  },
  { title: 'no best', make: () => topKAccuracy({ k: 0 }), answer: option('topKAccuracy.k', { received: '0' }) },
  {
    title: 'a threshold in percent',
    make: () => precision({ threshold: 50 }),
    answer: option('precision.threshold', { received: '50', expected: 'a probability between 0 and 1' }),
  },
  {
    title: 'an average that does not exist',
    make: () => f1({ average: wrong('binary') }),
    answer: option('f1.average', { received: '"binary"', expected: 'one of macro, micro, weighted' }),
  },
  ...['loss', 'valRecall', 'epoch', 'precision', 'top 3', 'constructor'].map((name) => ({
    title: `a metric named ${name}`,
    make: () => recall({ name }),
    answer: option('recall.name', { received: name, expected: 'a word' }),
  })),
  {
    title: 'weights of classes that are no object',
    make: fit({ classWeights: 'balanced' }),
    answer: option('fit.classWeights', { received: '"balanced"', advice: '{ 0: 1, 1: 5 }' }),
  },
  {
    title: 'a negative weight of a class',
    make: fit({ classWeights: { 1: -1 } }),
    answer: option('fit.classWeights.1', { received: '-1', advice: 'leaves a class out' }),
  },
  {
    title: 'a weight of a class that is not finite',
    make: fit({ classWeights: [1, 1e39, 1] }),
    answer: option('fit.classWeights.1', { received: '1e+39' }),
  },
  {
    title: 'weights of classes by name',
    make: fit({ classWeights: { cat: 2 } }),
    answer: option('fit.classWeights.cat', { advice: 'numbered from 0' }),
  },
  {
    title: 'the weight of a class that does not exist',
    make: fit({ classWeights: { 3: 2 } }),
    answer: option('fit.classWeights', { expected: 'from 0 to 2', received: 'class 3' }),
  },
  {
    title: 'too few weights of classes',
    make: fit({ classWeights: [1, 2] }),
    answer: option('fit.classWeights', { expected: '3 weights', received: '2' }),
  },
  {
    title: 'no weight of any class',
    make: fit({ classWeights: [0, 0, 0] }),
    answer: option('fit.classWeights', { advice: 'nothing to learn' }),
  },
  {
    title: 'a validation split',
    make: fit({ validation: 0.2 }),
    answer: option('fit.validation', { advice: 'dataset' }),
  },
  { title: 'a shuffle buffer', make: fit({ shuffle: 1000 }), answer: option('fit.shuffle') },
  { title: 'a controller for a signal', make: fit({ signal: new AbortController() }), answer: option('fit.signal') },
  { title: 'callbacks that are one object', make: fit({ callbacks: {} }), answer: option('fit.callbacks') },
  {
    title: 'a callback under another name',
    make: fit({ callbacks: [{ onEpochEnd: () => {}, onBatchFinish: () => {} }] }),
    answer: option('fit.callbacks.0', {
      advice: 'onTrainBegin, onEpochBegin, onBatchBegin, onBatchEnd, onEpochEnd, onTrainEnd, onProgress',
    }),
  },
  {
    title: 'a method of a class under another name',
    make: fit({
      callbacks: [
        new (class {
          onBatchFinish(): void {}
        })(),
      ],
    }),
    answer: option('fit.callbacks.0', { advice: 'onEpochEnd' }),
  },
  { title: 'a callback without functions', make: fit({ callbacks: [{}] }), answer: option('fit.callbacks.0') },
  {
    title: 'a callback that is no function',
    make: fit({ callbacks: [{ onEpochEnd: 'log' }] }),
    answer: option('fit.callbacks.0'),
  },
  {
    title: 'a fault that does not exist',
    make: fit({ faults: [{ thread: 0, step: 0, action: 'burn' }] }),
    answer: option('fit.faults.0.action'),
  },
  {
    title: 'no options for fit',
    make: () => model().fit(data(), wrong(undefined)),
    answer: option('fit', { expected: 'an object', advice: 'loss, optimizer' }),
  },
  {
    title: 'arrays and options for evaluate',
    make: () => model().evaluate(wrong(Float32Array.of(1, 2)), {}),
    answer: option('evaluate(dataset)', { received: 'Float32Array', advice: 'model.evaluate(tensorDataset({' }),
  },
  {
    title: 'options without a loss',
    make: () => model().fit(data(), wrong({})),
    answer: option('fit.loss', { received: 'nothing', advice: 'meanSquaredError' }),
  },
  {
    title: 'a list for options',
    make: () => model().fit(data(), wrong([0, 2])),
    answer: option('fit', { expected: 'an object', received: 'a list', advice: 'loss, optimizer' }),
  },
  {
    title: 'a dataset that was not awaited',
    make: () => model().fit(wrong(Promise.resolve(data())), { loss: LOSS }),
    answer: option('fit(dataset)', { expected: 'a dataset', advice: 'await it first' }),
  },
  {
    title: 'an unknown option of evaluate',
    make: () => model().evaluate(data(), wrong({ epochs: 1 })),
    answer: option('evaluate.epochs', { advice: 'batchSize' }),
  },
  {
    title: 'an unknown loss for gradients',
    make: () => model().gradients({ features: [1, 2], labels: [0], loss: wrong('hinges') }),
    answer: option('gradients.loss', { advice: LOSS }),
  },
];

const MODEL_MISTAKES: readonly Mistake[] = [
  {
    title: 'an embedding behind a layer',
    make: () => sequential([dense(3), embedding(5, 2)], { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'layer "embedding_2"', received: '"dense_1"', advice: 'the first layer' },
  },
  {
    title: 'categories of numbers that were rescaled',
    make: () => sequential([rescaling(2), flatten(), categoryEncoding({ categories: 4 })], { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'layer "categoryEncoding_3"', received: '"rescaling_1"' },
  },
  {
    title: 'counts in rows of two dimensions',
    make: () => sequential([categoryEncoding({ categories: 4, mode: 'count' })], { inputShape: [2, 3] }),
    answer: { code: 'INVALID_MODEL', place: 'layer "categoryEncoding_1"', received: '[2, 3]', advice: 'flatten()' },
  },
  {
    title: 'constants for other columns',
    make: () => sequential([normalization({ mean: [0, 1], variance: [1, 1] })], { inputShape: [2, 3] }),
    answer: { code: 'INVALID_MODEL', place: 'layer "normalization_1"', expected: '3 numbers', received: '2' },
  },
  {
    title: 'a dense layer directly behind an embedding',
    make: () => sequential([embedding(5, 2), dense(1)], { inputShape: [3] }),
    answer: { code: 'INVALID_MODEL', place: 'layer "dense_2"', received: '[3, 2]', advice: 'flatten()' },
  },
  {
    title: 'no layers',
    make: () => sequential([], { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers)', received: 'an empty list' },
  },
  {
    title: 'a layer without a list',
    make: () => sequential(wrong(dense(1)), { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers)' },
  },
  {
    title: 'a number of units for a layer',
    make: () => sequential(wrong([3]), { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers[0])', received: '3', advice: 'dense(' },
  },
  {
    title: 'a layer of an unknown kind',
    make: () => sequential([dense(1), wrong({ kind: 'conv' })], { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers[1])', received: 'conv' },
  },
  {
    title: 'a hand-made layer with a wrong field',
    make: () => sequential([wrong({ kind: 'dense', units: 0 })], { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers[0]): dense(units)', received: '0' },
  },
  {
    title: 'two layers of one name',
    make: () => sequential([dense(1, { name: 'a' }), dense(1, { name: 'a' })], { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers[1].name)', received: 'a' },
  },
  {
    title: 'a name that another layer gets by default',
    make: () => sequential([dense(1, { name: 'dense_2' }), dense(1)], { inputShape: [2] }),
    answer: { code: 'INVALID_MODEL', place: 'sequential(layers[1].name)', received: 'dense_2' },
  },
  {
    title: 'sigmoid with exclusive classes',
    make: () => sequential([dense(3, { activation: 'sigmoid' })], { inputShape: [2] }).fit(data(), { loss: LOSS }),
    answer: { code: 'UNSUPPORTED', place: 'fit.loss', received: 'sigmoid', advice: "activation: 'softmax'" },
  },
  {
    title: 'softmax with yes and no',
    make: () =>
      sequential([dense(3, { activation: 'softmax' })], { inputShape: [2] }).fit(data(), {
        loss: 'binaryCrossentropy',
      }),
    answer: { code: 'UNSUPPORTED', place: 'fit.loss', received: 'softmax', advice: 'exclusive classes' },
  },
  {
    title: 'logits that have gone through softmax',
    make: () =>
      sequential([dense(2, { activation: 'softmax' })], { inputShape: [2] }).fit(data(), {
        loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      }),
    answer: { code: 'UNSUPPORTED', place: 'fit.loss', expected: 'linear', advice: 'no activation' },
  },
  {
    title: 'a reshape to another number of values',
    make: () => sequential([reshape([3, 3]), flatten(), dense(1)], { inputShape: [8] }),
    answer: { code: 'INVALID_MODEL', place: 'layer "reshape_1"', expected: '8 numbers', received: '[3, 3]' },
  },
  {
    title: 'cross-entropy without softmax',
    make: () => regression().fit(data(), { loss: LOSS }),
    answer: { code: 'UNSUPPORTED', place: 'fit.loss', received: 'linear', advice: "activation: 'softmax'" },
  },
  {
    title: 'squared error after softmax',
    make: fit({ loss: 'meanSquaredError' }),
    answer: { code: 'UNSUPPORTED', place: 'fit.loss', received: 'softmax', advice: LOSS },
  },
  {
    title: 'accuracy of values',
    make: () => regression().fit(data(), { loss: 'meanSquaredError', metrics: ['accuracy'] }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', received: 'meanSquaredError', advice: 'watch the loss' },
  },
  {
    title: 'f1 of values',
    make: () => regression().evaluate(data(), { metrics: ['f1'] }),
    answer: { code: 'UNSUPPORTED', place: 'evaluate.metrics', received: 'f1 with meanSquaredError', advice: 'and r2' },
  },
  {
    title: 'accuracy of a sigmoid that is a value',
    make: () => binary().fit(data(), { loss: 'meanSquaredError', metrics: ['accuracy'] }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', advice: 'binaryAccuracy' },
  },
  {
    title: 'auc of three classes',
    make: fit({ metrics: ['auc'] }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', received: 'and 3 outputs', advice: 'a single decision' },
  },
  {
    title: 'errors of class indices',
    make: fit({ metrics: ['r2'] }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', advice: 'categoricalCrossentropy' },
  },
  {
    title: 'a yes or no of three classes',
    make: fit({ metrics: ['binaryAccuracy'] }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', advice: 'there is accuracy' },
  },
  {
    title: 'the best five of three classes',
    make: fit({ metrics: ['topKAccuracy'] }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', received: 'k = 5', advice: 'topKAccuracy({ k: 2 })' },
  },
  {
    title: 'the best of a yes or no',
    make: () => binary().evaluate(data(), { metrics: [topKAccuracy({ k: 1 })] }),
    answer: { code: 'UNSUPPORTED', place: 'evaluate.metrics', advice: 'sparseCategoricalCrossentropy' },
  },
  {
    title: 'a threshold between exclusive classes',
    make: fit({ metrics: [recall({ threshold: 0.3 })] }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', received: 'threshold 0.3', advice: 'largest output' },
  },
  {
    title: 'a threshold of margins',
    make: () => regression().fit(data(), { loss: 'hinge', metrics: [f1({ threshold: 0.3 })] }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', received: 'threshold 0.3', advice: 'its sign' },
  },
  {
    title: 'counts of more classes than a checkpoint has room for',
    make: () =>
      sequential([dense(11_000, { activation: 'softmax' })], { inputShape: [2] }).fit(data(), {
        ...{ loss: LOSS, metrics: ['f1', 'precision'], checkpoint: { directory: join(tmpdir(), 'lockstep-nothing') } },
      }),
    answer: { code: 'UNSUPPORTED', place: 'fit.metrics', received: '33000', advice: '`evaluate`' },
  },
  {
    title: 'a confusion matrix of values',
    make: () => regression().confusionMatrix(data()),
    answer: { code: 'UNSUPPORTED', place: 'confusionMatrix', received: 'meanSquaredError and 1 output' },
  },
  {
    title: 'a confusion matrix of classes with a threshold',
    make: () => model().confusionMatrix(data(), { threshold: 0.2 }),
    answer: { code: 'UNSUPPORTED', place: 'confusionMatrix.threshold', received: 'threshold 0.2' },
  },
  {
    title: 'weights of the classes of values',
    make: () => regression().fit(data(), { loss: 'meanSquaredError', classWeights: { 1: 2 } }),
    answer: { code: 'UNSUPPORTED', place: 'fit.classWeights', advice: 'sampleWeights' },
  },
];

const DATA_MISTAKES: readonly Mistake[] = [
  {
    title: 'features that are no whole rows',
    make: () => data({ features: [1, 2, 3] }),
    answer: { code: 'SHAPE_MISMATCH', place: 'tensorDataset.features', received: '3 numbers' },
  },
  {
    title: 'no rows',
    make: () => data({ features: [], labels: [] }),
    answer: { code: 'INVALID_DATA', place: 'tensorDataset.features' },
  },
  {
    title: 'labels for other rows',
    make: () => data({ labels: [0, 1, 2] }),
    answer: { code: 'SHAPE_MISMATCH', place: 'tensorDataset.labels', expected: '2 labels', received: '3 labels' },
  },
  {
    title: 'NaN',
    make: () => data({ features: [1, 2, 3, NaN] }),
    answer: { code: 'INVALID_DATA', place: 'tensorDataset.features, row 1, column 1', received: 'NaN' },
  },
  {
    title: 'an infinity',
    make: () => data({ features: [1, 2, -Infinity, 4] }),
    answer: { code: 'INVALID_DATA', place: 'tensorDataset.features, row 1, column 0' },
  },
  {
    title: 'a number beyond float32',
    make: () => data({ features: [1, 1e39, 3, 4] }),
    answer: { code: 'INVALID_DATA', place: 'tensorDataset.features, row 0, column 1', received: '1e+39' },
  },
  {
    title: 'a label that is NaN',
    make: () => data({ labels: [0, NaN] }),
    answer: { code: 'INVALID_DATA', place: 'tensorDataset.labels, row 1, column 0' },
  },
  {
    title: 'a negative weight',
    make: () => data({ sampleWeights: [1, -0.5] }),
    answer: { code: 'INVALID_DATA', place: 'tensorDataset.sampleWeights, row 1', received: '-0.5' },
  },
  {
    title: 'weights for other rows',
    make: () => data({ sampleWeights: [1] }),
    answer: { code: 'SHAPE_MISMATCH', place: 'tensorDataset.sampleWeights', expected: '2 weights' },
  },
  {
    title: 'rows of another shape',
    make: fit({}, data({ features: [1, 2, 3, 4, 5, 6], featureShape: [3] })),
    answer: { code: 'SHAPE_MISMATCH', place: 'fit: features of a row', expected: '[2]', received: '[3]' },
  },
  {
    title: 'validation rows of another shape',
    make: fit({ validation: data({ features: [1, 2, 3, 4, 5, 6], featureShape: [3] }) }),
    answer: { code: 'SHAPE_MISMATCH', place: 'fit.validation: features of a row', received: '[3]' },
  },
  {
    title: 'one-hot labels',
    make: fit({}, data({ labels: [1, 0, 0, 0, 0, 1] })),
    answer: { code: 'SHAPE_MISMATCH', place: 'fit: labels of a row', received: '3', advice: 'not one-hot' },
  },
  {
    title: 'class labels of a floating-point type',
    make: fit({}, data({ labels: Float32Array.of(0, 2) })),
    answer: { code: 'SHAPE_MISMATCH', place: 'fit: labels', advice: 'Int32Array' },
  },
  {
    title: 'class labels beyond 32 bits',
    make: fit({}, data({ labels: [0, 2 ** 32 + 1] })),
    answer: { code: 'SHAPE_MISMATCH', place: 'fit: labels' },
  },
  {
    title: 'a value too few for each row',
    make: () =>
      sequential([dense(2)], { inputShape: [2] }).fit(data({ labels: [0.5, 1.5] }), { loss: 'meanSquaredError' }),
    answer: { code: 'SHAPE_MISMATCH', place: 'fit: labels of a row', expected: '2', received: '1' },
  },
  {
    title: 'a class that the model does not have',
    make: fit({ shuffle: false }, data({ labels: [0, 3] })),
    answer: { code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 1', expected: '0 to 2', received: '3' },
  },
  {
    title: 'a negative class',
    make: fit({ shuffle: false }, data({ labels: [-1, 0] })),
    answer: { code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 0', received: '-1' },
  },
  {
    title: 'predictions for half a row',
    make: () => model().predict([1, 2, 3]),
    answer: { code: 'SHAPE_MISMATCH', place: 'predict(features)', received: '3 numbers' },
  },
  {
    title: 'predictions for nested rows',
    make: () => model().predict(wrong([[1, 2]])),
    answer: { code: 'SHAPE_MISMATCH', place: 'predict(features)', advice: 'features.flat()' },
  },
  {
    title: 'predictions for rows that are typed arrays',
    make: () => model().predict(wrong([Float32Array.of(1, 2)])),
    answer: { code: 'SHAPE_MISMATCH', place: 'predict(features)', advice: 'features.flatMap((row) => [...row])' },
  },
  {
    title: 'predictions for text',
    make: () => model().predict(wrong('ab')),
    answer: option('predict(features)', { received: '"ab"' }),
  },
  {
    title: 'predictions for nothing',
    make: () => model().predict(wrong(undefined)),
    answer: option('predict(features)', { received: 'nothing' }),
  },
  {
    title: 'nested features',
    make: () =>
      data({
        features: [
          [1, 2],
          [3, 4],
        ],
      }),
    answer: { code: 'SHAPE_MISMATCH', place: 'tensorDataset.features', advice: 'features.flat()' },
  },
  {
    title: 'nested labels',
    make: () => data({ labels: [[0], [2]] }),
    answer: { code: 'SHAPE_MISMATCH', place: 'tensorDataset.labels', advice: 'labels.flat()' },
  },
  {
    title: 'a feature that is null',
    make: () => data({ features: [1, 2, null, 4] }),
    answer: { code: 'INVALID_DATA', place: 'tensorDataset.features[2]', received: 'null' },
  },
  {
    title: 'gradients for labels out of range',
    make: () => model().gradients({ features: [1, 2], labels: [7], loss: LOSS }),
    answer: { code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 0', received: '7' },
  },
];

describe.each([
  ['options', OPTION_MISTAKES],
  ['models', MODEL_MISTAKES],
  ['data', DATA_MISTAKES],
])('mistakes in %s are answered with a code, a place and advice', (_, mistakes) => {
  testMistakes(mistakes);
});

/** A label column of texts is in packages/arrow/src/damage.test.ts, beside what writes such files. */
describe('mistakes that beginners make are answered with what to do', () => {
  const few = (units: number, activation: 'softmax' | 'sigmoid'): Model =>
    sequential([dense(units, { activation })], { inputShape: [2] });

  testMistakes([
    {
      title: 'rows of another shape than the model takes',
      make: fit({}, data({ features: [1, 2, 3, 4, 5, 6], featureShape: [3] })),
      answer: { code: 'SHAPE_MISMATCH', place: 'fit: features of a row', advice: 'Give the model inputShape: [3]' },
    },
    {
      title: 'classes numbered from 1',
      make: fit({ shuffle: false }, data({ labels: [1, 3] })),
      answer: {
        code: 'LABEL_OUT_OF_RANGE',
        place: 'tensorDataset, row 1',
        advice: 'numbered from 1? Number them from 0',
      },
    },
    {
      title: 'a class far beyond the last',
      make: fit({ shuffle: false }, data({ labels: [1, 7] })),
      answer: { code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 1', advice: 'one unit for each class' },
    },
    {
      title: 'softmax with squared error',
      make: () => few(3, 'softmax').fit(data({ labels: [1, 0, 0, 0, 0, 1] }), { loss: 'meanSquaredError' }),
      answer: {
        ...{ code: 'UNSUPPORTED', place: 'fit.loss', received: 'activation softmax in layer "dense_1"' },
        advice: 'For class probabilities use sparseCategoricalCrossentropy',
      },
    },
    {
      title: 'sigmoid for several exclusive classes, by their indices',
      make: () => few(3, 'sigmoid').fit(data(), { loss: 'binaryCrossentropy' }),
      answer: {
        ...{ code: 'SHAPE_MISMATCH', place: 'fit: labels of a row', expected: '3 for binaryCrossentropy' },
        advice: "activation: 'softmax' and use sparseCategoricalCrossentropy",
      },
    },
    {
      title: 'sigmoid for several exclusive classes, one-hot',
      make: () => few(3, 'sigmoid').fit(data({ labels: [1, 0, 0, 0, 0, 1] }), { loss: 'categoricalCrossentropy' }),
      answer: { code: 'UNSUPPORTED', place: 'fit.loss', received: 'sigmoid', advice: "activation: 'softmax'" },
    },
    {
      title: 'one-hot labels for a loss that takes indices',
      make: fit({}, data({ labels: [1, 0, 0, 0, 0, 1] })),
      answer: { code: 'SHAPE_MISMATCH', place: 'fit: labels of a row', advice: 'or use categoricalCrossentropy' },
    },
  ]);

  test('pixels as they come, which is a warning', async () => {
    const pixels = data({ features: [0, 255, 128, 3] });
    const { notices } = await model().fit(pixels, { loss: LOSS, workers: 1, progress: false });
    expect(await takeWarnings()).toMatchObject(notices);
    expect(notices).toMatchObject([
      {
        code: 'LOCKSTEP_UNSCALED_FEATURES',
        message: expect.stringMatching(
          /^Features reach 255 \(column 1, .*rescaling\(1 \/ 255\).*adaptNormalization/,
        ) as string,
      },
    ]);
  });
});

describe('memory', () => {
  test('a model beyond 4 GiB is refused before anything is allocated, with the largest parts', async () => {
    const before = process.memoryUsage.rss();
    const error = await raised(() => sequential([dense(60_000), dense(60_000)], { inputShape: [60_000] }));
    expect(error).toMatchObject({ code: 'MEMORY_EXCEEDED', place: 'memory plan', expected: 'at most 4.0 GiB in all' });
    expect((error as LockstepError).received).toContain('dense_1/kernel: 13.4 GiB');
    expect(process.memoryUsage.rss() - before).toBeLessThan(500e6);
  });

  test('a run that does not fit is refused, and the model stays usable', async () => {
    // 200 MB of weights; a gradient, two moments and two packings make it 1.2 GB, and 40 million outputs a step the rest.
    const wide = sequential([dense(50_000, { kernelInitializer: 'zeros' })], { inputShape: [2] });
    const rows = 10_000;
    const dataset = tensorDataset({
      features: new Float32Array(rows * 2),
      labels: new Int32Array(rows),
      featureShape: [2],
    });
    const classifier = sequential([dense(50_000, { activation: 'softmax', kernelInitializer: 'zeros' })], {
      inputShape: [2],
    });
    const error = await raised(() => classifier.fit(dataset, { loss: LOSS, batchSize: rows, workers: 1 }));
    expect(error).toMatchObject({ code: 'MEMORY_EXCEEDED', place: 'memory plan' });
    expect((error as LockstepError).received).toMatch(/the largest parts:\n.*output.* of dense_1: 1\.9 GiB\n/);
    expect((error as LockstepError).advice).toContain('smaller batch size');
    expect((await classifier.fit(dataset, { loss: LOSS, batchSize: 2, workers: 1, maxSteps: 1 })).steps).toBe(1);
    expect((await wide.predict([1, 2])).every((value) => value === 0)).toBe(true);
  });
});

describe('model files', () => {
  const spec = JSON.stringify(model().spec);
  const file = (metadata: Record<string, string>): Uint8Array =>
    encodeSafetensors({ metadata, tensors: [{ name: 'dense_1/kernel', shape: [2, 3], data: new Float32Array(6) }] });

  test.each([
    { title: 'text', bytes: new TextEncoder().encode('this is not a model'), code: 'FILE_INVALID' },
    { title: 'nothing', bytes: new Uint8Array(), code: 'FILE_INVALID' },
    { title: 'weights of another program', bytes: file({ format: 'pt' }), code: 'INVALID_MODEL' },
    { title: 'a specification that is not JSON', bytes: file({ 'lockstep.spec': '{' }), code: 'INVALID_MODEL' },
    {
      title: 'a specification of a later version',
      bytes: file({ 'lockstep.spec': spec.replace('"version":1', '"version":2') }),
      code: 'INVALID_MODEL',
    },
    {
      title: 'a layer that is not known',
      bytes: file({ 'lockstep.spec': spec.replace('"kind":"dense"', '"kind":"conv"') }),
      code: 'INVALID_MODEL',
    },
    { title: 'too few weights', bytes: file({ 'lockstep.spec': spec }), code: 'SHAPE_MISMATCH' },
  ])('$title: $code', async ({ bytes, code }) => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-errors-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'model.safetensors');
    await writeFile(path, bytes);
    expect(await raised(() => loadModel(path))).toMatchObject({ code });
  });

  test('a file that is not there', async () => {
    const error = await raised(() => loadModel('/nowhere/model.safetensors'));
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', place: '/nowhere/model.safetensors' });
    expect((error as LockstepError).cause).toMatchObject({ code: 'ENOENT' });
  });

  test('a folder, and a path through a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-errors-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'file'), '');
    expect(await raised(() => loadModel(folder))).toMatchObject({
      code: 'FILE_NOT_FOUND',
      received: 'EISDIR: illegal operation on a directory',
      advice: 'The path is a folder; name the file in it.',
    });
    expect(await raised(() => loadModel(join(folder, 'file', 'model')))).toMatchObject({
      code: 'FILE_NOT_FOUND',
      advice: expect.stringContaining('A part of the path is a file') as string,
    });
  });

  test('saving where nothing can be written leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-errors-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'missing', 'model.safetensors');
    expect(await raised(() => model().save(path))).toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: path,
      received: 'ENOENT: no such file or directory',
      advice: 'The folder does not exist; create it first.',
    });
    await mkdir(join(folder, 'taken'));
    expect(await raised(() => model().save(join(folder, 'taken')))).toMatchObject({ code: 'FILE_NOT_WRITTEN' });
    expect(await readdir(folder)).toEqual(['taken']);
  });
});
