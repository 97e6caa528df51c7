import * as v from 'valibot';
import { fraction, positiveNumber } from '../model/check.ts';
import { checkOptimizerOptions, flag, gradientEntries, type GradientOptions } from './options.ts';
import type { RmspropSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface RmspropOptions extends GradientOptions {
  /** Step size, or a schedule of it; default 0.01 (PyTorch's; Keras has 0.001). */
  readonly learningRate?: LearningRate;
  /** Decay of the mean of squared gradients, in [0, 1); default 0.99 (PyTorch's alpha; Keras has 0.9). */
  readonly rho?: number;
  /** Share of the last step that is kept, in [0, 1); default 0. */
  readonly momentum?: number;
  /** Added to the square root; default 1e-8 (PyTorch's; Keras has 1e-7, inside the root). */
  readonly epsilon?: number;
  /** Divide by the deviation of the gradients, not their root mean square (Graves 2013); default false. */
  readonly centered?: boolean;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.01),
  rho: v.optional(fraction('rho'), 0.99),
  momentum: v.optional(fraction('momentum'), 0),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-8),
  centered: v.optional(flag('centered'), false),
  ...gradientEntries(),
});

/**
 * RMSprop (Tieleman & Hinton 2012): steps of the gradient over the root of its mean square. Epsilon is added to the root, as in
 * PyTorch; there is no bias correction. With `momentum` velocity = momentum · velocity + step, and the learning rate stays
 * outside, as in PyTorch (Keras has it inside). With `centered`, gradients that hardly change make steps huge: give a larger
 * `epsilon` then.
 */
export function rmsprop(options: RmspropOptions = {}): RmspropSpec {
  return { kind: 'rmsprop', ...checkOptimizerOptions(schema, options, 'rmsprop') };
}
