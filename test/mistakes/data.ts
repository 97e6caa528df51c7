import { dense, sequential } from '@lockstep/core';
import { type Mistake, option } from '../support/mistakes.ts';
import { data, fit, LOSS, model, wrong } from './subjects.ts';

/** Mistakes in data, and in what does not go with them. */
export const DATA_MISTAKES: readonly Mistake[] = [
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
