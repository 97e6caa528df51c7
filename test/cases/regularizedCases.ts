import { dense, embedding, flatten, l1, l1l2, l2, randomNormal } from '@lockstep/core';
import { classNumbers } from '../support/numbers.ts';
import type { NetworkCase } from './networkCase.ts';

/** Penalties of some weights and not of others, in every form; bias and embedding too. */
export function regularizedCases(): NetworkCase[] {
  return [
    {
      name: 'regularized kernels and biases',
      ...{ inputs: 6, outputs: 3, loss: 'sparseCategoricalCrossentropy' },
      layers: () => [
        dense(9, { activation: 'relu', kernelRegularizer: l1l2({ l1: 0.01, l2: 0.02 }), biasRegularizer: l1(0.03) }),
        dense(7, { activation: 'tanh' }),
        dense(3, { activation: 'softmax', kernelRegularizer: l1(), biasRegularizer: l2(0.05) }),
      ],
    },
    {
      name: 'a regularized embedding',
      ...{ inputs: 3, outputs: 2, loss: 'meanSquaredError' },
      features: (rows, seed) => Float32Array.from(classNumbers(rows * 3, 6, seed)),
      layers: () => [
        embedding(8, 5, {
          embeddingsInitializer: randomNormal({ deviation: 0.5 }),
          embeddingsRegularizer: l1l2({ l1: 0.02, l2: 0.01 }),
        }),
        flatten(),
        dense(2, { kernelRegularizer: l2(0.1) }),
      ],
    },
  ];
}
