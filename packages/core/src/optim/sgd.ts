import * as v from 'valibot';
import { fraction } from '../model/check.ts';
import { checkOptimizerOptions, flag, gradientEntries, type GradientOptions } from './options.ts';
import type { SgdSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface SgdOptions extends GradientOptions {
  /** Step size, or a schedule of it; default 0.01. */
  readonly learningRate?: LearningRate;
  /** Share of the last step's velocity that is kept, in [0, 1); default 0 (Polyak 1964). */
  readonly momentum?: number;
  /** Look ahead along the velocity (Sutskever et al. 2013); default false. */
  readonly nesterov?: boolean;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.01),
  momentum: v.optional(fraction('momentum'), 0),
  nesterov: v.optional(flag('nesterov'), false),
  ...gradientEntries(),
});

/**
 * Gradient descent: velocity = momentum · velocity + gradient; weights -= learningRate · velocity (with `nesterov`:
 * learningRate · (gradient + momentum · velocity)). The learning rate is outside the velocity, as in PyTorch (Keras has it
 * inside: that differs where the rate changes). Defaults are Keras's; PyTorch's rate is 0.001.
 */
export function sgd(options: SgdOptions = {}): SgdSpec {
  return { kind: 'sgd', ...checkOptimizerOptions(schema, options, 'sgd') };
}
