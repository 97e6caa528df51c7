import * as v from 'valibot';
import { fraction } from '../model/check.ts';
import { checkOptimizerOptions, gradientEntries, type GradientOptions } from './options.ts';
import type { LionSpec } from './optimizer.ts';
import type { LearningRate } from './schedules/schedule.ts';

export interface LionOptions extends Pick<GradientOptions, 'clipValue' | 'clipNorm'> {
  /** Step size of every weight, or a schedule of it; default 0.0001 (the paper's; Keras has 0.001). */
  readonly learningRate?: LearningRate;
  /** Share of the moment in the direction of a step, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** Decay of the moment, in [0, 1); default 0.99. */
  readonly beta2?: number;
  /** Decoupled: before each step, weights -= learningRate · weightDecay · weights; default 0. */
  readonly weightDecay?: number;
}

const schema = v.strictObject({
  learningRate: v.optional(v.unknown(), 0.0001),
  beta1: v.optional(fraction('beta1'), 0.9),
  beta2: v.optional(fraction('beta2'), 0.99),
  ...gradientEntries(),
});

/**
 * Lion (Chen et al. 2023, algorithm 2): steps of one size, by the sign of beta1 · moment + (1 - beta1) · gradient; the moment then
 * moves on with beta2. No epsilon, no bias correction. The authors advise rates 3 to 10 times smaller than AdamW's, with as much
 * larger a `weightDecay`. PyTorch has no Lion; Keras's is the same.
 */
export function lion(options: LionOptions = {}): LionSpec {
  return { kind: 'lion', ...checkOptimizerOptions(schema, options, 'lion') };
}
