import * as v from 'valibot';
import { fraction, positiveNumber } from '../model/check.ts';
import { checkOptimizerOptions, gradientEntries, type GradientOptions } from './options.ts';
import type { AdamaxSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface AdamaxOptions extends GradientOptions {
  /** Step size, or a schedule of it; default 0.002. */
  readonly learningRate?: LearningRate;
  /** Decay of the mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the largest absolute gradient, in [0, 1); default 0.999. */
  readonly beta2?: number;
  /** Added to the absolute gradient, inside the maximum; default 1e-8 (PyTorch's; Keras has 1e-7, added to the maximum). */
  readonly epsilon?: number;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.002),
  beta1: v.optional(fraction('beta1'), 0.9),
  beta2: v.optional(fraction('beta2'), 0.999),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-8),
  ...gradientEntries(),
});

/**
 * AdaMax (Kingma & Ba 2015, algorithm 2): steps of the mean gradient over a decaying maximum of its absolute values. The mean
 * is corrected for its start at 0; the maximum needs no correction. Defaults are the paper's and PyTorch's; Keras's rate is 0.001.
 */
export function adamax(options: AdamaxOptions = {}): AdamaxSpec {
  return { kind: 'adamax', ...checkOptimizerOptions(schema, options, 'adamax') };
}
