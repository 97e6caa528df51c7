import {
  adam,
  batchNormalization,
  categoryEncoding,
  dense,
  dropout,
  embedding,
  type Layer,
  layerNormalization,
  normalization,
  rescaling,
  sequential,
  sgd,
} from '@lockstep/core';
import { type Mistake, option } from '../support/mistakes.ts';
import { data, LOSS, model, wrong } from './subjects.ts';

/** Mistakes in options of layers, models, optimizers and data. */
export const MAKING_MISTAKES: readonly Mistake[] = [
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
    answer: option('dense.activation', {
      expected: 'linear, relu, softmax',
      received: '"rellu"',
      advice: 'Did you mean relu?',
    }),
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
];
