import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, positiveInteger } from '../model/check.ts';
import { didYouMean } from '../model/spelling.ts';
import {
  type Average,
  type BinaryAccuracySpec,
  type ClassMetricSpec,
  METRIC_NAMES,
  metricName,
  type MetricName,
  type MetricSpec,
  type PlainMetricSpec,
  type TopKAccuracySpec,
} from './metric.ts';

interface NamedOptions {
  /** In the history, with `val` before it for validation data; default: that of the function. For two of a kind. */
  readonly name?: string;
}

export interface TopKAccuracyOptions extends NamedOptions {
  /** Default 5. */
  readonly k?: number;
}

export interface BinaryAccuracyOptions extends NamedOptions {
  /** Probability above which the answer is yes, in (0, 1); default 0.5. */
  readonly threshold?: number;
}

export interface ClassMetricOptions extends BinaryAccuracyOptions {
  /**
   * 'macro': the mean over the classes; 'weighted': the same, each weighed by the rows that are truly of it; 'micro': all
   * decisions counted together. Default: 'macro' for exclusive classes, 'micro' for outputs that are a yes or no each.
   */
  readonly average?: Average;
}

/** Fields that stand beside the metrics in what a run writes down. */
const TAKEN: ReadonlySet<string> = new Set([
  ...['loss', 'event', 'epoch', 'epochs', 'steps', 'weightsHash', 'seconds', 'samplesPerSecond', 'learningRate'],
]);
const NAME_SENTENCE =
  'name is a word such as top3Accuracy, and not one that a run uses otherwise. Letters and digits, a small letter first, no val in front';

function nameEntry(kind: MetricName): v.OptionalSchema<v.GenericSchema<string>, string> {
  const own = v.pipe(
    v.string(NAME_SENTENCE),
    v.check((name) => name === kind || isFree(name), NAME_SENTENCE),
  );
  return v.optional(own, kind);
}

function isFree(name: string): boolean {
  const isWord = /^[a-z][A-Za-z0-9]*$/.test(name) && !/^val[A-Z]/.test(name);
  return isWord && !TAKEN.has(name) && !(METRIC_NAMES as readonly string[]).includes(name) && !(name in {});
}

/** A probability that may be neither 0 nor 1, with a default. */
export function probability(what: string, usual: number): v.OptionalSchema<v.GenericSchema<number>, number> {
  const sentence = `${what} is a probability between 0 and 1`;
  const inside = v.pipe(
    v.number(sentence),
    v.check((value) => value > 0 && value < 1, sentence),
  );
  return v.optional(inside, usual);
}

const threshold = probability('threshold', 0.5);
const AVERAGES = ['macro', 'micro', 'weighted'] as const;
const average = v.optional(v.nullable(v.picklist(AVERAGES, `average is one of ${AVERAGES.join(', ')}`)), null);

const topKSchema = v.strictObject({ k: v.optional(positiveInteger('k'), 5), name: nameEntry('topKAccuracy') });
const binarySchema = v.strictObject({ threshold, name: nameEntry('binaryAccuracy') });
const classSchemas = {
  precision: v.strictObject({ threshold, average, name: nameEntry('precision') }),
  recall: v.strictObject({ threshold, average, name: nameEntry('recall') }),
  f1: v.strictObject({ threshold, average, name: nameEntry('f1') }),
};

/**
 * Share of the rows whose true class is among the k with the largest outputs. Of equal outputs the first classes count as
 * the larger ones, so that k = 1 is `accuracy`.
 */
export function topKAccuracy(options: TopKAccuracyOptions = {}): TopKAccuracySpec {
  return { kind: 'topKAccuracy', ...checkOptions(topKSchema, options, 'topKAccuracy') };
}

/** Share of the answers, a yes or no for each output, that are right: yes where the probability is above the threshold. */
export function binaryAccuracy(options: BinaryAccuracyOptions = {}): BinaryAccuracySpec {
  return { kind: 'binaryAccuracy', ...checkOptions(binarySchema, options, 'binaryAccuracy') };
}

/**
 * Of the rows that were given a class, the share that is truly of it; 0 where there are none. An output that is a yes or no
 * counts as a class whose rows are those of yes; a class of several that exclude each other counts when a row is of it, or
 * is given it (as in scikit-learn).
 */
export function precision(options: ClassMetricOptions = {}): ClassMetricSpec {
  return { kind: 'precision', ...checkOptions(classSchemas.precision, options, 'precision') };
}

/** Of the rows that are truly of a class, the share that was given it; 0 where there are none. Classes as in `precision`. */
export function recall(options: ClassMetricOptions = {}): ClassMetricSpec {
  return { kind: 'recall', ...checkOptions(classSchemas.recall, options, 'recall') };
}

/** Harmonic mean of precision and recall, class by class, and then as `average` says; 0 where both are 0. */
export function f1(options: ClassMetricOptions = {}): ClassMetricSpec {
  return { kind: 'f1', ...checkOptions(classSchemas.f1, options, 'f1') };
}

const CREATORS: { readonly [Kind in MetricName]: (options: object) => MetricSpec } = {
  ...{ topKAccuracy, binaryAccuracy, precision, recall, f1 },
  accuracy: plain('accuracy'),
  auc: plain('auc'),
  meanSquaredError: plain('meanSquaredError'),
  meanAbsoluteError: plain('meanAbsoluteError'),
  rootMeanSquaredError: plain('rootMeanSquaredError'),
  r2: plain('r2'),
};

function plain(kind: PlainMetricSpec['kind']): (options: object) => PlainMetricSpec {
  return (options) => ({ kind, ...checkOptions(v.strictObject({}), options, kind) });
}

/** Metrics by name, or as the functions above return them, from a user or a config; no name twice. Throws INVALID_OPTION. */
export function checkMetricSpecs(values: readonly unknown[], place: string): readonly MetricSpec[] {
  const metrics = values.map((value, index) => checkMetricSpec(value, `${place}.${index}`));
  const names = metrics.map(metricName);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice < 0) return metrics;
  throw new LockstepError('INVALID_OPTION', {
    place: `${place}.${twice}`,
    expected: 'a name of its own for each metric',
    received: `${names[twice]} twice`,
    advice: "Two of a kind need names: [topKAccuracy({ k: 3, name: 'top3Accuracy' }), topKAccuracy({ k: 5 })].",
  });
}

function checkMetricSpec(value: unknown, place: string): MetricSpec {
  if (typeof value === 'string' && Object.hasOwn(CREATORS, value)) return CREATORS[value as MetricName]({});
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind !== undefined && Object.hasOwn(CREATORS, kind)) return CREATORS[kind as MetricName](options);
  throw new LockstepError('INVALID_OPTION', {
    place,
    expected: 'a metric',
    received: typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? typeof value).slice(0, 80),
    advice: `${didYouMean(value, METRIC_NAMES)}A metric is one of ${METRIC_NAMES.join(', ')}, or what a function such as topKAccuracy({ k: 3 }) returns.`,
  });
}
