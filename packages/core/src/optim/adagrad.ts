import * as v from 'valibot';
import { positiveNumber } from '../model/check.ts';
import { atLeastZero, checkOptimizerOptions, gradientEntries, type GradientOptions } from './options.ts';
import type { AdagradSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface AdagradOptions extends GradientOptions {
  /** Step size, or a schedule of it; default 0.01. */
  readonly learningRate?: LearningRate;
  /** Added to the square root; default 1e-10 (PyTorch's; Keras has 1e-7, inside the root). */
  readonly epsilon?: number;
  /** What the sums of squared gradients start at; default 0 (PyTorch's; Keras has 0.1). */
  readonly initialAccumulatorValue?: number;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.01),
  epsilon: v.optional(positiveNumber('epsilon'), 1e-10),
  initialAccumulatorValue: v.optional(atLeastZero('initialAccumulatorValue'), 0),
  ...gradientEntries(),
});

/**
 * Adagrad (Duchi et al. 2011): steps of the gradient over the root of the sum of all squared gradients. Epsilon is added
 * to the root, as in PyTorch; there is no bias correction. Defaults are PyTorch's, whose lr_decay is
 * `inverseTimeDecay({ initialLearningRate, decaySteps: 1, decayRate })`; Keras's rate is 0.001.
 */
export function adagrad(options: AdagradOptions = {}): AdagradSpec {
  return { kind: 'adagrad', ...checkOptimizerOptions(schema, options, 'adagrad') };
}
