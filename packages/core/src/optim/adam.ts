import * as v from 'valibot';
import { fraction, positiveNumber } from '../model/check.ts';
import { checkOptimizerOptions, flag, gradientEntries, type GradientOptions } from './options.ts';
import type { AdamSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface AdamOptions extends GradientOptions {
  /** Step size, or a schedule of it; default 0.001. */
  readonly learningRate?: LearningRate;
  /** Decay of the mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1); default 0.999. */
  readonly beta2?: number;
  /** Added to the square root, after bias correction; default 1e-8 (the paper's and PyTorch's; Keras has 1e-7). */
  readonly epsilon?: number;
  /** Divide by the largest mean of squared gradients so far (AMSGrad, Reddi et al. 2018), corrected as in PyTorch; default false. */
  readonly amsgrad?: boolean;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.001),
  beta1: v.optional(fraction('beta1'), 0.9),
  beta2: v.optional(fraction('beta2'), 0.999),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-8),
  amsgrad: v.optional(flag('amsgrad'), false),
  ...gradientEntries(),
});

/**
 * Adam (Kingma & Ba 2015, algorithm 1): steps of the mean gradient over the root of the mean squared gradient, both
 * corrected for their start at 0. Epsilon is added after the correction, as in the algorithm and in PyTorch (Keras adds it
 * before). Defaults are PyTorch's. `weightDecay` is L2, which Adam divides like the rest of the gradient; see `adamW`.
 */
export function adam(options: AdamOptions = {}): AdamSpec {
  return { kind: 'adam', ...checkOptimizerOptions(schema, options, 'adam') };
}
