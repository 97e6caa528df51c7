import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { positiveNumber } from '../model/check.ts';
import { type CustomCall, customFailed, gaveNoNumbers, wrongGradient } from '../runtime/customErrors.ts';

// What the checks of layers and losses that users write have in common.

export const rowsSchema = (what: string): v.GenericSchema<number[][]> =>
  v.array(v.array(v.number(`A number of ${what} is a number`), `${what} are lists of numbers`), `${what} are lists`);

export const toleranceSchema: v.OptionalSchema<v.GenericSchema<number>, 1e-6> = v.optional(
  positiveNumber('tolerance'),
  1e-6,
);

/** Calls a function of a user. Throws LAYER_FAILED, LOSS_FAILED. */
export function run<Result>(call: CustomCall, function_: () => Result): Result {
  try {
    return function_();
  } catch (cause) {
    throw customFailed(call, cause);
  }
}

/** Where the error of a central difference, h²·f‴/6 + 1e-16·f/h, is least for functions of a usual size. */
const STEP = 1e-5;

/** df/dvalues, one number after the other. */
export function differences(values: Float64Array, f: () => number): Float64Array {
  return values.map((value, i) => {
    const step = STEP * Math.max(1, Math.abs(value));
    values[i] = value + step;
    const above = f();
    values[i] = value - step;
    const below = f();
    values[i] = value;
    return (above - below) / (2 * step);
  });
}

/** That every number is one, and has been written. */
export function requireNumbers(call: CustomCall, array: string, values: Float64Array): void {
  const index = values.findIndex(Number.isNaN);
  if (index >= 0) throw gaveNoNumbers(call, array, index);
}

/** Beside the largest entry of what is expected: an entry near 0 is a difference of larger numbers. */
export function requireSame(
  call: CustomCall,
  array: string,
  found: Float64Array,
  expected: Float64Array,
  most: number,
): void {
  const largest = expected.reduce((size, value) => Math.max(size, Math.abs(value)), 1e-3);
  const index = found.findIndex((value, i) => !(Math.abs(value - expected[i]) <= most * largest));
  if (index < 0) return;
  throw wrongGradient(call, `${array}[${index}]`, expected[index], found[index], 'difference');
}

/** A mistake in what a check is given. */
export function invalidCheck(place: string, expected: string, received: string): LockstepError {
  const example = place.startsWith('checkLayer')
    ? 'checkLayer(swish(), { inputShape: [5] }), with swish'
    : 'checkLoss(expectile(), { outputs: [[0.5]], labels: [[1]] }), with expectile';
  const advice = `For example: ${example} from a module of one's own.`;
  return new LockstepError('INVALID_OPTION', { place, expected, received, advice });
}
