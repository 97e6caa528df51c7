import * as v from 'valibot';
import { checkOptions, fraction, positiveNumber } from '../model/check.ts';
import type { AdamSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';
import { checkLearningRate } from './schedules/schedules.ts';

export interface AdamOptions {
  /** Step size, or a schedule of it; default 0.001. */
  readonly learningRate?: LearningRate;
  /** Decay of the mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1); default 0.999. */
  readonly beta2?: number;
  /** Added to the square root, after bias correction; default 1e-8 (the paper's and PyTorch's; Keras has 1e-7). */
  readonly epsilon?: number;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.001),
  beta1: v.optional(fraction('beta1'), 0.9),
  beta2: v.optional(fraction('beta2'), 0.999),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-8),
});

/**
 * Adam (Kingma & Ba 2015, algorithm 1): steps of the mean gradient over the root of the mean squared gradient, both
 * corrected for their start at 0. Epsilon is added after the correction, as in the algorithm and in PyTorch.
 */
export function adam(options: AdamOptions = {}): AdamSpec {
  const checked = checkOptions(schema, options, 'adam');
  return { kind: 'adam', ...checked, learningRate: checkLearningRate(checked.learningRate, 'adam.learningRate') };
}
