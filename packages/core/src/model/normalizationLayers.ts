import * as v from 'valibot';
import { checkOptions, positiveNumber } from './check.ts';
import { type Layer, named, nameSchema } from './layers.ts';

export interface LayerNormalizationOptions {
  /** Added to the variance; default 0.001, as Keras's. */
  readonly epsilon?: number;
  /** Whether a trained `beta` [last dimension] is added; default true. */
  readonly center?: boolean;
  /** Whether a trained `gamma` [last dimension] multiplies; default true. */
  readonly scale?: boolean;
  /** Unique in the model; default `layerNormalization_1`, … */
  readonly name?: string;
}

const layerNormalizationSchema = v.strictObject({
  epsilon: v.optional(positiveNumber('epsilon'), 1e-3),
  center: v.optional(v.boolean('center is true or false'), true),
  scale: v.optional(v.boolean('scale is true or false'), true),
  name: nameSchema,
});

/**
 * Each row brought to mean 0 and variance 1 over its last dimension, then gamma · x̂ + beta (Ba, Kiros & Hinton 2016). Rows do
 * not see each other: it computes the same in training and otherwise. Throws INVALID_OPTION.
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer {
  const { name, ...checked } = checkOptions(layerNormalizationSchema, options, 'layerNormalization');
  return { kind: 'layerNormalization', ...checked, ...named({ name }) };
}

const number = (what: string): v.GenericSchema<number> =>
  v.pipe(v.number(`${what} is a number`), v.finite(`${what} is finite`));

const numbers = (what: string, element: v.GenericSchema<number> = number(`A number of ${what}`)) =>
  v.pipe(v.array(element, `${what} is a list of numbers`), v.minLength(1, `${what} is a list of at least one number`));

/** Checked apart, as what a union of both would say is of no use. */
function checkConstant(value: unknown, name: string): number | number[] {
  const schema: v.GenericSchema<number | number[]> = typeof value === 'number' ? number(name) : numberOrNumbers(name);
  return checkOptions(schema, listOf(value), `rescaling(${name})`);
}

function numberOrNumbers(name: string): v.GenericSchema<number[]> {
  const sentence = `${name} is a number or a list of numbers`;
  return v.pipe(v.array(number(`A number of ${name}`), sentence), v.minLength(1, sentence));
}

/** Typed arrays are lists of numbers too. */
function listOf(value: unknown): unknown {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as unknown as number[]) : value;
}

const plainSchema = v.strictObject({ name: nameSchema });

/**
 * scale · x + offset, e.g. `rescaling(1 / 255)` for bytes. A list has one number for each entry of the last dimension. The
 * numbers are parameters that are not trained: `summary` counts them so, and files and `weightsHash` have them (in Keras they are
 * no weights). Throws INVALID_OPTION.
 */
export function rescaling(
  scale: number | readonly number[],
  offset: number | readonly number[] = 0,
  options: { readonly name?: string } = {},
): Layer {
  return {
    kind: 'rescaling',
    scale: checkConstant(scale, 'scale'),
    offset: checkConstant(offset, 'offset'),
    ...named(checkOptions(plainSchema, options, 'rescaling')),
  };
}

export interface NormalizationOptions {
  /** One number for each entry of the last dimension. */
  readonly mean: readonly number[];
  /** The same; at least 0. Where it is 0, nothing but the mean's subtraction is done. */
  readonly variance: readonly number[];
  /** Unique in the model; default `normalization_1`, … */
  readonly name?: string;
}

const variance = v.pipe(number('A variance'), v.minValue(0, 'A variance is a number of at least 0'));

const normalizationSchema = v.pipe(
  v.strictObject({ mean: numbers('mean'), variance: numbers('variance', variance), name: nameSchema }),
  v.check(({ mean, variance: own }) => mean.length === own.length, 'mean and variance are lists of one length'),
);

/**
 * (x - mean) / √variance, with numbers that are known: `await adaptNormalization(dataset)` measures them. Where the variance is 0
 * it divides by 1. Both are parameters that are not trained. Throws INVALID_OPTION.
 */
export function normalization(options: NormalizationOptions): Layer {
  const given = typeof options === 'object' && options !== null ? options : undefined;
  const lists = given && { ...given, mean: listOf(given.mean), variance: listOf(given.variance) };
  const { name, mean, variance: own } = checkOptions(normalizationSchema, lists ?? options, 'normalization');
  // As float32, in which the kernels have it: what is rounded to 0 is 0.
  const divisible = own.map((value) => (Math.fround(value) === 0 ? 1 : value));
  return { kind: 'normalization', mean, variance: divisible, ...named({ name }) };
}
