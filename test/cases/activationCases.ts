import { type Activation, dense, elu, leakyRelu } from '@lockstep/core';
import type { NetworkCase } from './networkCase.ts';

/** Each activation once between layers of odd sizes, and once as the last, in pairs. */
export function activationCases(): NetworkCase[] {
  const pairs: readonly (readonly [Activation, Activation])[] = [
    ['sigmoid', 'tanh'],
    ['tanh', 'sigmoid'],
    ['leakyRelu', 'softplus'],
    ['elu', 'leakyRelu'],
    ['selu', elu({ alpha: 0.7 })],
    ['gelu', 'silu'],
    ['geluTanh', 'gelu'],
    ['silu', 'geluTanh'],
    ['softplus', 'hardSigmoid'],
    ['hardSigmoid', 'selu'],
    [leakyRelu({ slope: 0.3 }), 'elu'],
    ['softmax', 'linear'],
  ];
  return pairs.map(([hidden, last]) => ({
    name: `${nameOf(hidden)} between layers, ${nameOf(last)} last`,
    ...{ inputs: 6, outputs: 3, loss: 'meanSquaredError' },
    layers: () => [dense(17, { activation: hidden }), dense(9, { activation: hidden }), dense(3, { activation: last })],
  }));
}

function nameOf(kind: Activation): string {
  return typeof kind === 'string' ? kind : JSON.stringify(kind);
}
