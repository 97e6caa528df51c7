import { functional, type Model, sequential } from '@lockstep/core';
import { signedNumbers } from '../support/numbers.ts';
import type { NetworkCase } from './networkCase.ts';

/** A model of the case, its biases and moving averages moved off where they start, so that they count. */
export function createModel(network: NetworkCase, seed: number): Model {
  const layers = network.layers();
  const model =
    'output' in layers ? functional({ ...layers, seed }) : sequential(layers, { inputShape: [network.inputs], seed });
  for (const [index, { name, shape, data, trainable }] of model.parameters().entries()) {
    const numbers = signedNumbers(data.length, seed + index);
    if (shape.length === 1 && trainable) data.set(numbers.map((value) => value / 4));
    if (name.endsWith('/movingMean')) data.set(numbers);
    if (name.endsWith('/movingVariance')) data.set(numbers.map((value) => 1.5 + value));
  }
  return model;
}

/** Whether its loss has penalties for weights. */
export function isRegularized(network: NetworkCase): boolean {
  return JSON.stringify(createModel(network, 0).spec).includes('Regularizer');
}

/** Whether a model computes otherwise in training. */
export function differsInTraining({ spec }: Model): boolean {
  return spec.layers.some(({ kind }) => kind === 'dropout' || kind === 'batchNormalization');
}

/** Weights that gradients move, or that nothing moves: not the averages that every training step moves. */
export function withoutAverages(weights: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !/\/moving(Mean|Variance)$/.test(name)));
}
