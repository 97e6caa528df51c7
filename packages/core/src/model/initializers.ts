import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions } from './check.ts';
import { INITIALIZERS, type Initializer, type InitializerSpec } from './spec.ts';

const number = (what: string): v.GenericSchema<number> =>
  v.pipe(v.number(`${what} is a number`), v.finite(`${what} is finite`));
const deviation = v.pipe(number('deviation'), v.minValue(0, 'deviation is a number of at least 0'));

const constantSchema = number('value');

/** Every element is `value`. */
export function constant(value: number): InitializerSpec {
  return { kind: 'constant', value: checkOptions(constantSchema, value, 'constant(value)') };
}

const normalSchema = v.strictObject({
  mean: v.optional(number('mean'), 0),
  deviation: v.optional(deviation, 0.05),
});

/** Normal numbers (Keras's RandomNormal). */
export function randomNormal(options: { readonly mean?: number; readonly deviation?: number } = {}): InitializerSpec {
  return { kind: 'randomNormal', ...checkOptions(normalSchema, options, 'randomNormal') };
}

/** Normal numbers, drawn anew until they are within two deviations of the mean (Keras's TruncatedNormal). */
export function truncatedNormal(
  options: { readonly mean?: number; readonly deviation?: number } = {},
): InitializerSpec {
  return { kind: 'truncatedNormal', ...checkOptions(normalSchema, options, 'truncatedNormal') };
}

const uniformSchema = v.pipe(
  v.strictObject({ minimum: v.optional(number('minimum'), -0.05), maximum: v.optional(number('maximum'), 0.05) }),
  v.check(({ minimum, maximum }) => minimum <= maximum, 'minimum is not above maximum'),
);

/** Uniform numbers from minimum to maximum (Keras's RandomUniform). */
export function randomUniform(options: { readonly minimum?: number; readonly maximum?: number } = {}): InitializerSpec {
  return { kind: 'randomUniform', ...checkOptions(uniformSchema, options, 'randomUniform') };
}

const orthogonalSchema = v.strictObject({ gain: v.optional(number('gain'), 1) });

/** Rows, or columns where there are fewer, that are orthogonal and of length `gain` (Saxe, McClelland & Ganguli 2014). */
export function orthogonal(options: { readonly gain?: number } = {}): InitializerSpec {
  return { kind: 'orthogonal', ...checkOptions(orthogonalSchema, options, 'orthogonal') };
}

const CREATORS: { readonly [Kind in InitializerSpec['kind']]: (options: never) => InitializerSpec } = {
  constant: ({ value }: { value: number }) => constant(value),
  randomNormal,
  truncatedNormal,
  randomUniform,
  orthogonal,
};

/** A name, or what one of the functions above returns, from a user or a file; checked anew. Throws INVALID_OPTION. */
export function checkInitializer(value: unknown, place: string): Initializer {
  if (typeof value === 'string' && (INITIALIZERS as readonly string[]).includes(value)) return value as Initializer;
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind !== undefined && Object.hasOwn(CREATORS, kind)) {
    return CREATORS[kind as InitializerSpec['kind']](options as never);
  }
  throw new LockstepError('INVALID_OPTION', {
    place,
    expected: `one of ${INITIALIZERS.join(', ')}, or ${Object.keys(CREATORS).join('(), ')}()`,
    received: (JSON.stringify(value) ?? String(value)).slice(0, 80),
    advice: "For example: kernelInitializer: 'heNormal', or randomNormal({ deviation: 0.01 }).",
  });
}
