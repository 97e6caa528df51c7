import * as v from 'valibot';
import { checkOptions, positiveNumber } from '../model/check.ts';
import type { LearningRate } from './schedules/schedule.ts';
import { checkLearningRate } from './schedules/schedules.ts';

/** Options of every optimizer that takes decay of the weights as a part of their gradient. */
export interface GradientOptions {
  /** L2: weightDecay · weights is added to the gradient, after clipping (PyTorch's weight_decay); default 0. */
  readonly weightDecay?: number;
  /**
   * Brings each element of the gradient, the mean over the rows, into [-clipValue, clipValue]; after `gradientClipNorm` where
   * both are given. Default: not.
   */
  readonly clipValue?: number | undefined;
  /**
   * Largest norm of the gradient of each parameter by itself: a longer one is scaled down to it (Keras's clipnorm). Before
   * `clipValue`, and not together with fit's `gradientClipNorm`, which is of the whole gradient. Default: not.
   */
  readonly clipNorm?: number | undefined;
}

/** A number that may be 0. */
export const atLeastZero = (what: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number`),
    v.finite(`${what} is finite`),
    v.minValue(0, `${what} is a number of at least 0`),
  );

export const flag = (what: string): v.GenericSchema<boolean> => v.boolean(`${what} is true or false`);

interface GradientEntries {
  readonly weightDecay: v.OptionalSchema<v.GenericSchema<number>, number>;
  readonly clipValue: v.OptionalSchema<v.GenericSchema<number>, undefined>;
  readonly clipNorm: v.OptionalSchema<v.GenericSchema<number>, undefined>;
}

/** Schemas of what every optimizer has. */
export function gradientEntries(weightDecay = 0): GradientEntries {
  return {
    weightDecay: v.optional(atLeastZero('weightDecay'), weightDecay),
    clipValue: v.optional(positiveNumber('clipValue'), undefined),
    clipNorm: v.optional(positiveNumber('clipNorm'), undefined),
  };
}

/** Options of the optimizer of this name, checked and with their defaults. */
export function checkOptimizerOptions<Schema extends v.GenericSchema<unknown, { learningRate: unknown }>>(
  schema: Schema,
  options: unknown,
  name: string,
): Omit<v.InferOutput<Schema>, 'learningRate'> & { readonly learningRate: LearningRate } {
  const checked = checkOptions(schema, options, name);
  return { ...checked, learningRate: checkLearningRate(checked.learningRate, `${name}.learningRate`) };
}
