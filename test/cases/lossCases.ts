import {
  type Activation,
  binaryCrossentropy,
  categoricalCrossentropy,
  dense,
  huber,
  type Loss,
  sparseCategoricalCrossentropy,
} from '@lockstep/core';
import type { NetworkCase } from './networkCase.ts';

/** Each loss, and each crossentropy from logits and smoothed, behind an activation that goes with it. */
export function lossCases(): NetworkCase[] {
  const pairs: readonly (readonly [Loss, Activation])[] = [
    [sparseCategoricalCrossentropy({ labelSmoothing: 0.1 }), 'softmax'],
    [sparseCategoricalCrossentropy({ fromLogits: true }), 'linear'],
    ['categoricalCrossentropy', 'softmax'],
    [categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.2 }), 'linear'],
    ['binaryCrossentropy', 'sigmoid'],
    [binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }), 'linear'],
    ['meanAbsoluteError', 'linear'],
    [huber({ delta: 0.3 }), 'tanh'],
    ['logCosh', 'linear'],
    ['hinge', 'tanh'],
    ['klDivergence', 'softmax'],
    ['poisson', 'softplus'],
    ['perceptron', 'step'],
  ];
  return pairs.map(([loss, last]) => ({
    name: `loss ${typeof loss === 'string' ? loss : JSON.stringify(loss)}`,
    ...{ inputs: 6, outputs: 5, loss },
    layers: () => [dense(11, { activation: 'relu' }), dense(5, { activation: last })],
  }));
}
