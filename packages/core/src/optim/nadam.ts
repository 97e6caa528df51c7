import * as v from 'valibot';
import { fraction, positiveNumber } from '../model/check.ts';
import { atLeastZero, checkOptimizerOptions, gradientEntries, type GradientOptions } from './options.ts';
import type { NadamSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface NadamOptions extends GradientOptions {
  /** Step size, or a schedule of it; default 0.002. */
  readonly learningRate?: LearningRate;
  /** Decay of the mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1); default 0.999. */
  readonly beta2?: number;
  /** Added to the square root, after bias correction; default 1e-8 (PyTorch's; Keras has 1e-7). */
  readonly epsilon?: number;
  /** How fast the momentum goes from ½ beta1 to beta1; default 0.004 (Dozat's and PyTorch's; Keras has 1, fixed). */
  readonly momentumDecay?: number;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.002),
  beta1: v.optional(fraction('beta1'), 0.9),
  beta2: v.optional(fraction('beta2'), 0.999),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-8),
  momentumDecay: v.optional(atLeastZero('momentumDecay'), 0.004),
  ...gradientEntries(),
});

/**
 * NAdam (Dozat 2016): Adam with Nesterov's momentum, where the momentum of step t is μ(t) = beta1 · (1 - ½ · 0.96^(t ·
 * momentumDecay)). Means are corrected by the product of the μ, as in the paper; epsilon is added after bias correction.
 * Defaults are PyTorch's, whose formula it has (since 2.0: before, a factor μ too many stood in the correction of the mean);
 * Keras's rate is 0.001.
 */
export function nadam(options: NadamOptions = {}): NadamSpec {
  return { kind: 'nadam', ...checkOptimizerOptions(schema, options, 'nadam') };
}
