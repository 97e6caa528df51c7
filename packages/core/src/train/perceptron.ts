import * as v from 'valibot';
import { checkOptions, positiveInteger, seedSchema } from '../model/check.ts';
import { dense } from '../model/layers.ts';
import type { Initializer } from '../model/spec.ts';
import { type Model, sequential } from './model.ts';

export interface PerceptronOptions {
  /** Numbers of a row. */
  readonly inputs: number;
  /** How the weights [inputs, 1] start; default 'zeros', with which the learning rate changes no decision. */
  readonly kernelInitializer?: Initializer;
  /** Seed of weights that start at random; default 0. */
  readonly seed?: number;
}

const schema = v.strictObject({
  inputs: positiveInteger('inputs'),
  kernelInitializer: v.optional(v.unknown(), 'zeros'),
  seed: v.optional(seedSchema, 0),
});

/**
 * Rosenblatt's perceptron (1958): one neuron, z = Σ w · x + b, whose output is 1 where z > 0 and else 0. Labels are 0 and 1.
 *
 * Its loss, 'perceptron', may be left out of `fit`. The gradient of that is (output - label) · x, so that with
 * sgd({ learningRate: α }) and batchSize 1 every row is followed by w += α · (label - output) · x and b += α · (label - output),
 * and larger batches by the mean of those. Rows that a line can separate are learned without a mistake after finitely many
 * updates (Novikoff 1962); others never are. Throws INVALID_OPTION.
 */
export function perceptron(options: PerceptronOptions): Model {
  const { inputs, kernelInitializer, seed } = checkOptions(schema, options, 'perceptron');
  const neuron = dense(1, {
    ...{ activation: 'step', name: 'perceptron' },
    kernelInitializer: kernelInitializer as Initializer,
  });
  return sequential([neuron], { inputShape: [inputs], seed });
}
