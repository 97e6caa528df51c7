import { activation, add, apply, concatenate, dense, flatten, input, reshape } from '@lockstep/core';
import type { NetworkCase } from './networkCase.ts';

/** Models that are no stack: outputs with several readers, several inputs, views, activations as layers. */
export function graphCases(): NetworkCase[] {
  return [
    {
      name: 'a residual connection around two layers',
      ...{ inputs: 6, outputs: 3, loss: 'sparseCategoricalCrossentropy' },
      layers() {
        const x = input({ shape: [6] });
        const first = apply(dense(20, { activation: 'relu' }), x);
        const inner = apply(dense(20), apply(dense(7, { activation: 'tanh' }), first));
        const sum = apply(activation('relu'), add([first, inner]));
        return { inputs: [x], output: apply(dense(3, { activation: 'softmax' }), sum) };
      },
    },
    {
      name: 'wide and deep, of two inputs',
      ...{ inputs: 9, outputs: 1, loss: 'meanSquaredError' },
      layers() {
        const wide = input({ shape: [4], name: 'wide' });
        const deep = input({ shape: [5], name: 'deep' });
        const hidden = apply(dense(6, { activation: 'relu' }), apply(dense(18, { activation: 'relu' }), deep));
        return { inputs: [wide, deep], output: apply(dense(1), concatenate([wide, hidden])) };
      },
    },
    {
      name: 'one layer read three times, by an activation too',
      ...{ inputs: 5, outputs: 4, loss: 'meanSquaredError' },
      layers() {
        const x = input({ shape: [5] });
        const shared = apply(dense(4), x);
        return { inputs: [x], output: add([shared, apply(activation('gelu'), shared), apply(dense(4), shared)]) };
      },
    },
    {
      name: 'rows of two dimensions, and activations as layers',
      ...{ inputs: 6, outputs: 2, loss: 'binaryCrossentropy' },
      layers: () => [
        reshape([2, 3]),
        activation('tanh'),
        flatten(),
        dense(9),
        activation('silu'),
        dense(2),
        activation('sigmoid'),
      ],
    },
  ];
}
