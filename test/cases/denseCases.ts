import { dense } from '@lockstep/core';
import type { NetworkCase } from './networkCase.ts';

/** Stacks of dense layers, of odd sizes, with and without biases. */
export function denseCases(): NetworkCase[] {
  return [
    {
      name: 'one softmax layer',
      ...{ inputs: 3, outputs: 2, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [dense(2, { activation: 'softmax' })],
    },
    {
      name: 'one linear layer without bias',
      ...{ inputs: 5, outputs: 3, loss: 'meanSquaredError' },
      layers: () => [dense(3, { useBias: false })],
    },
    {
      name: 'relu before softmax',
      ...{ inputs: 7, outputs: 4, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        dense(9, { activation: 'relu', kernelInitializer: 'heNormal' }),
        dense(4, { activation: 'softmax' }),
      ],
    },
    {
      name: 'linear and relu before one value, no bias in the middle',
      ...{ inputs: 4, outputs: 1, loss: 'meanSquaredError' },
      layers: () => [
        dense(17, { kernelInitializer: 'heUniform' }),
        dense(5, { activation: 'relu', useBias: false }),
        dense(1),
      ],
    },
    {
      name: 'relu as the last layer of a regression',
      ...{ inputs: 6, outputs: 3, loss: 'meanSquaredError' },
      layers: () => [dense(8, { activation: 'relu' }), dense(3, { activation: 'relu' })],
    },
    {
      name: 'three layers wider than a panel',
      ...{ inputs: 19, outputs: 5, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        dense(18, { activation: 'relu' }),
        dense(17, { activation: 'relu' }),
        dense(5, { activation: 'softmax' }),
      ],
    },
  ];
}
