import { add, apply, concatenate, dense, flatten, input } from '@lockstep/core';
import { swish } from '../../examples/swish/swish.ts';
import { expectile } from '../support/expectile.ts';
import { radialBasis } from '../support/radialBasis.ts';
import type { NetworkCase } from './networkCase.ts';

/** Layers and losses that users write, in modules of their own: on data and between layers, with several readers. */
export function customCases(): NetworkCase[] {
  return [
    {
      name: 'layers of a user, between layers and last',
      ...{ inputs: 6, outputs: 4, loss: 'meanSquaredError' },
      layers: () => [dense(5), swish({ beta: 0.8 }), dense(3, { activation: 'relu' }), radialBasis({ units: 4 })],
    },
    {
      name: 'a loss of a user, behind an activation',
      ...{ inputs: 5, outputs: 3, loss: expectile({ tau: 0.8 }) },
      layers: () => [dense(6, { activation: 'relu' }), dense(3, { activation: 'softplus' })],
    },
    {
      name: 'layers of a user on data, of two dimensions, before softmax and read twice',
      ...{ inputs: 6, outputs: 3, loss: 'sparseCategoricalCrossentropy' },
      layers() {
        const x = input({ shape: [2, 3] });
        const shared = apply(swish({ name: 'own' }), x);
        const basis = apply(radialBasis({ units: 5, gamma: 0.3 }), apply(flatten(), shared));
        const hidden = apply(swish(), apply(dense(5), basis));
        const both = concatenate([add([hidden, basis]), apply(flatten(), shared)]);
        return { inputs: [x], output: apply(dense(3, { activation: 'softmax' }), both) };
      },
    },
  ];
}
