import {
  activation,
  add,
  apply,
  batchNormalization,
  concatenate,
  dense,
  dropout,
  flatten,
  layerNormalization,
  input,
  normalization,
  rescaling,
  reshape,
} from '@lockstep/core';
import type { NetworkCase } from './networkCase.ts';

/** Layers that bring numbers to a common scale, on data and between layers, of one dimension and of several. */
export function normalizationCases(): NetworkCase[] {
  return [
    {
      name: 'layer normalization on data, between layers, and last',
      ...{ inputs: 7, outputs: 3, loss: 'meanSquaredError' },
      layers: () => [
        layerNormalization({ epsilon: 0.1 }),
        dense(19, { activation: 'relu' }),
        layerNormalization(),
        dense(3),
        layerNormalization({ epsilon: 0.5 }),
      ],
    },
    {
      name: 'layer normalization without gamma, without beta, without both',
      ...{ inputs: 6, outputs: 4, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        dense(9, { activation: 'tanh' }),
        layerNormalization({ scale: false }),
        dense(5, { activation: 'tanh' }),
        layerNormalization({ center: false }),
        dense(6),
        layerNormalization({ center: false, scale: false }),
        dense(4, { activation: 'softmax' }),
      ],
    },
    {
      name: 'layer normalization of the last of two dimensions, of data and between layers',
      ...{ inputs: 11, outputs: 2, loss: 'meanSquaredError' },
      layers() {
        const wide = input({ shape: [2, 3] });
        const other = input({ shape: [5] });
        const first = apply(flatten(), apply(layerNormalization({ epsilon: 0.2 }), wide));
        const inner = apply(reshape([3, 5]), apply(dense(15, { activation: 'relu' }), concatenate([first, other])));
        const last = apply(flatten(), apply(layerNormalization({ epsilon: 0.01 }), inner));
        return { inputs: [wide, other], output: apply(dense(2), last) };
      },
    },
    {
      name: 'rescaling and normalization of data',
      ...{ inputs: 5, outputs: 3, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        rescaling(0.7, [0.1, -0.2, 0.3, 0, 0.5]),
        normalization({ mean: [0.1, -1, 0, 0.5, 3], variance: [0.3, 2, 1, 0, 9] }),
        dense(3, { activation: 'softmax' }),
      ],
    },
    {
      name: 'rescaling and normalization between layers, of two dimensions',
      ...{ inputs: 4, outputs: 2, loss: 'meanSquaredError' },
      layers: () => [
        dense(18, { activation: 'relu' }),
        reshape([2, 9]),
        rescaling([1, -2, 0.5, 3, 0.25, 1, 2, -0.5, 1.5], 0.3),
        reshape([6, 3]),
        normalization({ mean: [0.2, -0.3, 0.5], variance: [4, 0.5, 2] }),
        flatten(),
        dense(7, { activation: 'relu' }),
        rescaling(1 / 3),
        dense(2),
      ],
    },
  ];
}

/** Statistics of shards: of data, between layers with and without activations, last, of two dimensions; with dropout. */
export function batchNormalizationCases(): NetworkCase[] {
  return [
    {
      name: 'batch normalization on data, between layers, and last',
      ...{ inputs: 7, outputs: 3, loss: 'meanSquaredError' },
      layers: () => [
        batchNormalization({ epsilon: 0.1 }),
        dense(19, { activation: 'tanh' }),
        batchNormalization({ momentum: 0.9 }),
        dense(3),
        batchNormalization({ epsilon: 0.5 }),
      ],
    },
    {
      name: 'batch normalization without gamma, without beta, without both, and dropout',
      ...{ inputs: 6, outputs: 4, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        dense(9, { useBias: false }),
        batchNormalization({ scale: false, epsilon: 0.05 }),
        activation('tanh'),
        dropout(0.2),
        dense(17, { activation: 'tanh' }),
        batchNormalization({ center: false, momentum: 0 }),
        dense(6),
        batchNormalization({ center: false, scale: false, epsilon: 0.1 }),
        dense(4, { activation: 'softmax' }),
      ],
    },
    {
      name: 'batch normalization of the last of two dimensions, of data and between layers, one of them read twice',
      ...{ inputs: 11, outputs: 2, loss: 'meanSquaredError' },
      layers() {
        const wide = input({ shape: [2, 3] });
        const other = input({ shape: [5] });
        const first = apply(flatten(), apply(batchNormalization({ epsilon: 0.2 }), wide));
        const inner = apply(reshape([3, 5]), apply(dense(15, { activation: 'tanh' }), concatenate([first, other])));
        const scaled = apply(flatten(), apply(batchNormalization({ epsilon: 0.1 }), inner));
        const sum = add([scaled, apply(dropout(0.4), scaled)]);
        return { inputs: [wide, other], output: apply(dense(2), sum) };
      },
    },
  ];
}
