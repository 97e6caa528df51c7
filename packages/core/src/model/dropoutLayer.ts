import * as v from 'valibot';
import { checkOptions, fraction, seedSchema } from './check.ts';
import { type Layer, named, nameSchema } from './layers.ts';

export interface DropoutOptions {
  /** An integer in [0, 2^53), of the masks; default the `seed` of `fit`. */
  readonly seed?: number;
  /** Unique in the model; default `dropout_1`, … */
  readonly name?: string;
}

/** The kernel has the rate as a float32, which must not be rounded to 1. */
const rateSchema = v.pipe(
  fraction('rate'),
  v.check((rate) => Math.fround(rate) < 1, 'rate is a number in [0, 1), as float32'),
);

const optionsSchema = v.strictObject({ seed: v.exactOptional(seedSchema), name: nameSchema });

/**
 * In training every number becomes 0 with probability `rate`, and what is kept is divided by 1 - rate; in evaluation and
 * prediction numbers pass unchanged, at no cost (Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014).
 *
 * Which are dropped is not drawn, but a function of the seed, the number of the training step, which of the model's dropout
 * layers it is, the row of the batch and the column (Philox4x32-10, Salmon et al. 2011). So masks are the same on any number of
 * threads, however the batch is cut, whatever is evaluated between, and after every crash and resume. Throws INVALID_OPTION.
 */
export function dropout(rate: number, options: DropoutOptions = {}): Layer {
  const checked = checkOptions(rateSchema, rate, 'dropout(rate)');
  const { seed, name } = checkOptions(optionsSchema, options, 'dropout');
  return { kind: 'dropout', rate: checked, ...(seed === undefined ? {} : { seed }), ...named({ name }) };
}
