import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, positiveNumber } from './check.ts';
import { definedLossOf } from './defineLoss.ts';
import { didYouMean } from './spelling.ts';
import type { CustomLossSpec, DefinedLoss } from './lossDefinition.ts';

/** What is minimised: plain data, with every number given. */
export type LossSpec = CrossentropySpec | HuberSpec | PlainLossSpec | CustomLossSpec;

export interface CrossentropySpec {
  readonly kind: 'sparseCategoricalCrossentropy' | 'categoricalCrossentropy' | 'binaryCrossentropy';
  /** Whether the model's output is logits, not yet probabilities. */
  readonly fromLogits: boolean;
  /** Share of each target that is spread over all classes. */
  readonly labelSmoothing: number;
}

export interface HuberSpec {
  readonly kind: 'huber';
  readonly delta: number;
}

export interface PlainLossSpec {
  readonly kind:
    | 'meanSquaredError'
    | 'meanAbsoluteError'
    | 'logCosh'
    | 'hinge'
    | 'klDivergence'
    | 'poisson'
    | 'perceptron';
}

/** A loss by its name, with usual numbers. */
export type LossName = Exclude<LossSpec, CustomLossSpec>['kind'];
export type Loss = LossName | LossSpec;

export interface CrossentropyOptions {
  /** Whether the last layer has no activation and its output counts as logits; default false. */
  readonly fromLogits?: boolean;
  /** In [0, 1): targets become t · (1 − s) + s / classes (Szegedy et al. 2016, section 7); default 0. */
  readonly labelSmoothing?: number;
}

const smoothing = 'labelSmoothing is a number in [0, 1)';
const crossentropySchema = v.strictObject({
  fromLogits: v.optional(v.boolean('fromLogits is true or false'), false),
  labelSmoothing: v.optional(
    v.pipe(
      v.number(smoothing),
      v.check((value) => value >= 0 && value < 1, smoothing),
    ),
    0,
  ),
});

/** For exclusive classes, labels as class indices: −log of the probability of the true class. */
export function sparseCategoricalCrossentropy(options: CrossentropyOptions = {}): CrossentropySpec {
  const kind = 'sparseCategoricalCrossentropy';
  return { kind, ...checkOptions(crossentropySchema, options, kind) };
}

/** For exclusive classes, labels as a probability for each (one-hot, for instance): −Σ t · log p. */
export function categoricalCrossentropy(options: CrossentropyOptions = {}): CrossentropySpec {
  return { kind: 'categoricalCrossentropy', ...checkOptions(crossentropySchema, options, 'categoricalCrossentropy') };
}

/** For one yes or no, or several that do not exclude each other, labels 0 and 1: mean of −t · log p − (1 − t) · log(1 − p). */
export function binaryCrossentropy(options: CrossentropyOptions = {}): CrossentropySpec {
  return { kind: 'binaryCrossentropy', ...checkOptions(crossentropySchema, options, 'binaryCrossentropy') };
}

const huberSchema = v.strictObject({ delta: v.optional(positiveNumber('delta'), 1) });

/** Squares of small errors, sizes of those beyond `delta`, 1 by default (Huber 1964). */
export function huber(options: { readonly delta?: number } = {}): HuberSpec {
  return { kind: 'huber', ...checkOptions(huberSchema, options, 'huber') };
}

const CREATORS: { readonly [Kind in LossName]: (options: object) => LossSpec } = {
  ...{ sparseCategoricalCrossentropy, categoricalCrossentropy, binaryCrossentropy, huber },
  meanSquaredError: plain('meanSquaredError'),
  meanAbsoluteError: plain('meanAbsoluteError'),
  logCosh: plain('logCosh'),
  hinge: plain('hinge'),
  klDivergence: plain('klDivergence'),
  poisson: plain('poisson'),
  perceptron: plain('perceptron'),
};

const NAMES = Object.keys(CREATORS).join(', ');

function plain(kind: PlainLossSpec['kind']): (options: object) => PlainLossSpec {
  return (options) => ({ kind, ...checkOptions(v.strictObject({}), options, kind) });
}

/** A name, or what one of the functions above returns, from a user or a file; every number given. Throws INVALID_OPTION. */
export function checkLossSpec(value: unknown, place: string): LossSpec {
  if (typeof value === 'string' && Object.hasOwn(CREATORS, value)) return CREATORS[value as LossName]({});
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind !== undefined && Object.hasOwn(CREATORS, kind)) return CREATORS[kind as LossName](options);
  const defined = definedLossOf(options);
  if (kind === 'custom' && defined !== null) return value as CustomLossSpec;
  throw new LockstepError('INVALID_OPTION', {
    place,
    expected: `one of ${NAMES}`,
    received: value === undefined ? 'nothing' : (JSON.stringify(value) ?? `a ${typeof value}`).slice(0, 80),
    advice: `${didYouMean(value, Object.keys(CREATORS))}${adviceForLoss(value)}`,
  });
}

function adviceForLoss(value: unknown): string {
  if (typeof value !== 'function') {
    return (
      'Values go with meanSquaredError, classes of which one is right with sparseCategoricalCrossentropy, yes and no with ' +
      'binaryCrossentropy; a loss of your own is what defineLoss returns, called, as in expectile().'
    );
  }
  if (Object.hasOwn(CREATORS, value.name)) return `Call it: ${value.name}().`;
  return 'Threads take no functions: a loss of your own is what defineLoss returns in a module, called, as in expectile() (docs/layers.md).';
}

/** What a loss is called: its kind, or the name that its user gave it. */
export function lossName(loss: LossSpec): string {
  return loss.kind === 'custom' ? loss.loss : loss.kind;
}

/** What a user wrote, if it is such a loss. */
export function customLossOf(loss: LossSpec | null): DefinedLoss | null {
  return loss?.kind === 'custom' ? definedLossOf(loss) : null;
}
