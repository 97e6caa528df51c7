import { add, apply, dense, dropout, flatten, input, reshape } from '@lockstep/core';
import type { NetworkCase } from './networkCase.ts';

/** Layers that drop numbers in training: of data, between layers, last, and beside each other. */
export function dropoutCases(): NetworkCase[] {
  return [
    {
      name: 'dropout on data, behind relu and last, rate 0 between',
      ...{ inputs: 7, outputs: 3, loss: 'meanSquaredError' },
      layers: () => [
        dropout(0.2),
        dense(21, { activation: 'relu' }),
        dropout(0.5),
        dense(9, { activation: 'tanh' }),
        dropout(0),
        dense(3),
        dropout(0.1, { seed: 2 ** 53 - 7 }),
      ],
    },
    {
      name: 'two dropouts of one layer, of two dimensions',
      ...{ inputs: 5, outputs: 2, loss: 'sparseCategoricalCrossentropy' },
      layers() {
        const x = input({ shape: [5] });
        const hidden = apply(dense(6, { activation: 'relu' }), x);
        const first = apply(flatten(), apply(dropout(0.3), apply(reshape([2, 3]), hidden)));
        const sum = add([first, apply(dropout(0.3), hidden)]);
        return { inputs: [x], output: apply(dense(2, { activation: 'softmax' }), sum) };
      },
    },
  ];
}
