import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  categoryEncoding,
  dense,
  embedding,
  f1,
  flatten,
  normalization,
  recall,
  rescaling,
  reshape,
  sequential,
  sparseCategoricalCrossentropy,
  topKAccuracy,
} from '@lockstep/core';
import { type Mistake } from '../support/mistakes.ts';
import { binary, data, fit, LOSS, model, regression, wrong } from './subjects.ts';

/** Mistakes in models and their weights. */
export const MODEL_MISTAKES: readonly Mistake[] = [
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
