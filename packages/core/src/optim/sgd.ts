import * as v from 'valibot';
import { checkOptions, fraction } from '../model/check.ts';
import type { SgdSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';
import { checkLearningRate } from './schedules/schedules.ts';

export interface SgdOptions {
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
  nesterov: v.optional(v.boolean('nesterov is true or false'), false),
});

/**
 * Gradient descent: velocity = momentum · velocity + gradient; weights -= learningRate · velocity (with `nesterov`:
 * learningRate · (gradient + momentum · velocity)). The learning rate is outside the velocity, as in PyTorch.
 */
export function sgd(options: SgdOptions = {}): SgdSpec {
  const checked = checkOptions(schema, options, 'sgd');
  return { kind: 'sgd', ...checked, learningRate: checkLearningRate(checked.learningRate, 'sgd.learningRate') };
}
