import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions } from './check.ts';
import { didYouMean } from './spelling.ts';
import { type Activation, ACTIVATIONS, type ActivationSpec } from './spec.ts';

const atLeast0 = (what: string): v.GenericSchema<number> =>
  v.pipe(v.number(`${what} is a number`), v.finite(`${what} is finite`), v.minValue(0, `${what} is at least 0`));

const leakySchema = v.strictObject({ slope: v.optional(atLeast0('slope'), 0.01) });

/** x where it is positive, slope · x elsewhere (Maas, Hannun & Ng 2013); slope 0.01 by default. */
export function leakyRelu(options: { readonly slope?: number } = {}): ActivationSpec {
  return { kind: 'leakyRelu', ...checkOptions(leakySchema, options, 'leakyRelu') };
}

const eluSchema = v.strictObject({ alpha: v.optional(atLeast0('alpha'), 1) });

/** x where it is positive, alpha · (eˣ − 1) elsewhere (Clevert, Unterthiner & Hochreiter 2016); alpha 1 by default. */
export function elu(options: { readonly alpha?: number } = {}): ActivationSpec {
  return { kind: 'elu', ...checkOptions(eluSchema, options, 'elu') };
}

const CREATORS: { readonly [Kind in ActivationSpec['kind']]: (options: never) => ActivationSpec } = { leakyRelu, elu };

const OWN =
  'Threads take no functions: an activation of your own is a layer, by defineLayer in a module (docs/layers.md).';

/** A name, or what one of the functions above returns, from a user or a file; checked anew. Throws INVALID_OPTION. */
export function checkActivation(value: unknown, place: string): Activation {
  if (typeof value === 'string' && (ACTIVATIONS as readonly string[]).includes(value)) return value as Activation;
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind !== undefined && Object.hasOwn(CREATORS, kind)) {
    return CREATORS[kind as ActivationSpec['kind']](options as never);
  }
  throw new LockstepError('INVALID_OPTION', {
    place,
    expected: `one of ${ACTIVATIONS.join(', ')}, or ${Object.keys(CREATORS).join('(), ')}()`,
    received: (JSON.stringify(value) ?? String(value)).slice(0, 80),
    advice: `${didYouMean(value, ACTIVATIONS)}${typeof value === 'function' ? OWN : "For example: activation: 'relu'."}`,
  });
}
