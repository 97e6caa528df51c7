import * as v from 'valibot';
import { fraction, positiveNumber } from '../model/check.ts';
import { checkOptimizerOptions, flag, gradientEntries, type GradientOptions } from './options.ts';
import type { AdamWSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface AdamWOptions extends Pick<GradientOptions, 'clipValue' | 'clipNorm'> {
  /** Step size, or a schedule of it; default 0.001. */
  readonly learningRate?: LearningRate;
  /** Decay of the mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1); default 0.999. */
  readonly beta2?: number;
  /** Added to the square root, after bias correction; default 1e-8 (PyTorch's; Keras has 1e-7). */
  readonly epsilon?: number;
  /** Decoupled: before each step, weights -= learningRate · weightDecay · weights; default 0.01 (PyTorch's; Keras has 0.004). */
  readonly weightDecay?: number;
  /** Divide by the largest mean of squared gradients so far (AMSGrad, Reddi et al. 2018), corrected as in PyTorch; default false. */
  readonly amsgrad?: boolean;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.001),
  beta1: v.optional(fraction('beta1'), 0.9),
  beta2: v.optional(fraction('beta2'), 0.999),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-8),
  amsgrad: v.optional(flag('amsgrad'), false),
  ...gradientEntries(0.01),
});

/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2): `adam`, with a decay of the weights that does not go through the gradient.
 * As in PyTorch and Keras the decay is multiplied by the learning rate, schedule included; biases decay too, as there.
 */
export function adamW(options: AdamWOptions = {}): AdamWSpec {
  return { kind: 'adamW', ...checkOptimizerOptions(schema, options, 'adamW') };
}
