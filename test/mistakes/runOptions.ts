import { f1, precision, recall, topKAccuracy } from '@lockstep/core';
import { type Mistake, option } from '../support/mistakes.ts';
import { data, fit, LOSS, model, wrong } from './subjects.ts';

/** Mistakes in options of fit, evaluate and gradients, and of what these are given. */
export const RUN_MISTAKES: readonly Mistake[] = [
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
