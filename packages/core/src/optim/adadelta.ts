import * as v from 'valibot';
import { fraction, positiveNumber } from '../model/check.ts';
import { checkOptimizerOptions, gradientEntries, type GradientOptions } from './options.ts';
import type { AdadeltaSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface AdadeltaOptions extends GradientOptions {
  /** Factor of the steps, or a schedule of it; default 1 (the paper's and PyTorch's; Keras has 0.001). */
  readonly learningRate?: LearningRate;
  /** Decay of both means, in [0, 1); default 0.9 (PyTorch's; the paper's experiments and Keras have 0.95). */
  readonly rho?: number;
  /** Added inside both square roots; default 1e-6 (the paper's and PyTorch's; Keras has 1e-7). */
  readonly epsilon?: number;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 1),
  rho: v.optional(fraction('rho'), 0.9),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-6),
  ...gradientEntries(),
});

/**
 * Adadelta (Zeiler 2012, algorithm 1): steps of the gradient times the root of the mean squared step over that of the mean
 * squared gradient, so that steps have the unit of the weights. Epsilon is inside both roots; there is no bias correction.
 */
export function adadelta(options: AdadeltaOptions = {}): AdadeltaSpec {
  return { kind: 'adadelta', ...checkOptimizerOptions(schema, options, 'adadelta') };
}
