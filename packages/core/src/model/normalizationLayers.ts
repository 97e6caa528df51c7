import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, fraction, positiveNumber } from './check.ts';
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

export interface BatchNormalizationOptions {
  /** How much of the moving averages each training step leaves; default 0.99, as Keras's. PyTorch's `momentum` is 1 less this. */
  readonly momentum?: number;
  /** Added to the variance; default 0.001, as Keras's. */
  readonly epsilon?: number;
  /** Whether a trained `beta` [last dimension] is added; default true. */
  readonly center?: boolean;
  /** Whether a trained `gamma` [last dimension] multiplies; default true. */
  readonly scale?: boolean;
  /** Unique in the model; default `batchNormalization_1`, … */
  readonly name?: string;
}

const batchNormalizationSchema = v.strictObject({
  momentum: v.optional(fraction('momentum'), 0.99),
  ...layerNormalizationSchema.entries,
});

/**
 * Each number of the last dimension brought to mean 0 and variance 1 over the rows, then gamma · x̂ + beta (Ioffe & Szegedy 2015).
 *
 * In training, mean and variance (biased) are those of the logical shard that a row is in, as in ghost batch normalization (Hoffer,
 * Hubara & Soudry 2017) and PyTorch's DataParallel. In a model with such a layer `shards: 'auto'` makes shards of 64 rows at most,
 * so batches of up to 64 rows have the statistics of the batch, and larger ones always those of about as many rows; with
 * `shards: 1` they are the batch's whatever its size, and one thread computes all of its rows. The last shard of an epoch's
 * last batch may have few rows, and the statistics are then of these. Sample weights do not count in them.
 *
 * Otherwise `movingMean` and `movingVariance` take their place: parameters that are not trained, and are saved and hashed. Every
 * training step moves them, moving = momentum · moving + (1 - momentum) · statistic, once, by the mean over its shards, each weighted
 * by its rows. That of the variances is what training has divided by on average, as in Hoffer et al.; the variance of the whole
 * batch, which has the distances of the shards' means too, is larger by about a 64th. They belong to the weights as they are
 * trained: `weightAverage` leaves them as they are. Throws INVALID_OPTION.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  const { name, ...checked } = checkOptions(batchNormalizationSchema, options, 'batchNormalization');
  return { kind: 'batchNormalization', ...checked, ...named({ name }) };
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
  if ((options as { readonly kind?: unknown } | null | undefined)?.kind === 'normalization') {
    throw new LockstepError('INVALID_OPTION', {
      place: 'normalization',
      expected: 'an object with options: mean, variance, name',
      received: 'a layer',
      advice: 'What adaptNormalization gives is the layer itself: sequential([await adaptNormalization(data), …]).',
    });
  }
  const given = typeof options === 'object' && options !== null ? options : undefined;
  const lists = given && { ...given, mean: listOf(given.mean), variance: listOf(given.variance) };
  const { name, mean, variance: own } = checkOptions(normalizationSchema, lists ?? options, 'normalization');
  // As float32, in which the kernels have it: what is rounded to 0 is 0.
  const divisible = own.map((value) => (Math.fround(value) === 0 ? 1 : value));
  return { kind: 'normalization', mean, variance: divisible, ...named({ name }) };
}
