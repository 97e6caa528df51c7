import * as v from 'valibot';
import { LockstepError } from '../../errors.ts';
import { checkOptions, positiveInteger, positiveNumber } from '../../model/check.ts';
import type {
  CosineDecayRestartsSpec,
  CosineDecaySpec,
  ExponentialDecaySpec,
  InverseScalingSpec,
  InverseTimeDecaySpec,
  LearningRate,
  LearningRateSchedule,
  OneCycleSpec,
  PiecewiseConstantDecaySpec,
  PolynomialDecaySpec,
  WarmUpSpec,
} from './schedule.ts';

/** What users give: the specification without its kind, defaults left out. */
type Given<Spec, Defaults extends keyof Spec = never> = Omit<Spec, 'kind' | Defaults> & Partial<Pick<Spec, Defaults>>;

const rate = positiveNumber('initialLearningRate');
const steps = positiveInteger('decaySteps');
const factor = (what: string): v.GenericSchema<number> =>
  v.pipe(v.number(`${what} is a number`), v.finite(`${what} is finite`), v.minValue(0, `${what} is at least 0`));
const share = (what: string): v.GenericSchema<number> =>
  v.pipe(factor(what), v.maxValue(1, `${what} is a number from 0 to 1`));
const flag = (what: string): v.GenericSchema<boolean> => v.boolean(`${what} is true or false`);

const decaySchema = v.strictObject({
  initialLearningRate: rate,
  decaySteps: steps,
  decayRate: factor('decayRate'),
  staircase: v.optional(flag('staircase'), false),
});

/** initial · decayRate^(t / decaySteps); with `staircase` in whole periods, which is step decay (Keras's ExponentialDecay). */
export function exponentialDecay(options: Given<ExponentialDecaySpec, 'staircase'>): ExponentialDecaySpec {
  return { kind: 'exponentialDecay', ...checkOptions(decaySchema, options, 'exponentialDecay') };
}

/** initial / (1 + decayRate · t / decaySteps) (Keras's InverseTimeDecay). */
export function inverseTimeDecay(options: Given<InverseTimeDecaySpec, 'staircase'>): InverseTimeDecaySpec {
  return { kind: 'inverseTimeDecay', ...checkOptions(decaySchema, options, 'inverseTimeDecay') };
}

const inverseScalingSchema = v.strictObject({
  initialLearningRate: rate,
  power: v.optional(factor('power'), 0.5),
});

/** initial / (t + 1)^power, power ½ by default (scikit-learn's 'invscaling'). */
export function inverseScaling(options: Given<InverseScalingSpec, 'power'>): InverseScalingSpec {
  return { kind: 'inverseScaling', ...checkOptions(inverseScalingSchema, options, 'inverseScaling') };
}

const polynomialSchema = v.strictObject({
  initialLearningRate: rate,
  decaySteps: steps,
  endLearningRate: v.optional(factor('endLearningRate'), 0.0001),
  power: v.optional(factor('power'), 1),
  cycle: v.optional(flag('cycle'), false),
});

/**
 * (initial − end) · (1 − t / decaySteps)^power + end, linear by default. With `cycle` decaySteps is taken as many times as it
 * needs to lie beyond t (Keras's PolynomialDecay).
 */
export function polynomialDecay(
  options: Given<PolynomialDecaySpec, 'endLearningRate' | 'power' | 'cycle'>,
): PolynomialDecaySpec {
  return { kind: 'polynomialDecay', ...checkOptions(polynomialSchema, options, 'polynomialDecay') };
}

const BOUNDARIES = 'boundaries are a list of numbers of updates, each larger than the one before';
const piecewiseSchema = v.pipe(
  v.strictObject({
    boundaries: v.pipe(
      v.array(v.pipe(v.number(BOUNDARIES), v.integer(BOUNDARIES), v.minValue(0, BOUNDARIES)), BOUNDARIES),
      v.check((list) => list.every((value, index) => index === 0 || value > list[index - 1]), BOUNDARIES),
    ),
    values: v.array(positiveNumber('A value'), 'values are a list of learning rates'),
  }),
  v.check(({ boundaries, values }) => values.length === boundaries.length + 1, 'values are one more than boundaries'),
);

/** values[0] up to and including t = boundaries[0], then values[1], and so on (Keras's PiecewiseConstantDecay). */
export function piecewiseConstantDecay(options: Given<PiecewiseConstantDecaySpec>): PiecewiseConstantDecaySpec {
  return { kind: 'piecewiseConstantDecay', ...checkOptions(piecewiseSchema, options, 'piecewiseConstantDecay') };
}

const cosineSchema = v.strictObject({
  initialLearningRate: rate,
  decaySteps: steps,
  alpha: v.optional(share('alpha'), 0),
});

/** Half a cosine from initial to alpha · initial (Loshchilov & Hutter 2017, without restarts; Keras's CosineDecay). */
export function cosineDecay(options: Given<CosineDecaySpec, 'alpha'>): CosineDecaySpec {
  return { kind: 'cosineDecay', ...checkOptions(cosineSchema, options, 'cosineDecay') };
}

const restartsSchema = v.strictObject({
  initialLearningRate: rate,
  firstDecaySteps: positiveInteger('firstDecaySteps'),
  tMul: v.optional(v.pipe(factor('tMul'), v.minValue(1, 'tMul is a number of at least 1')), 2),
  mMul: v.optional(factor('mMul'), 1),
  alpha: v.optional(share('alpha'), 0),
});

/**
 * Half a cosine after another, each `tMul` times as long as the one before and beginning at `mMul` times its height
 * (Loshchilov & Hutter 2017, SGDR; Keras's CosineDecayRestarts).
 */
export function cosineDecayRestarts(
  options: Given<CosineDecayRestartsSpec, 'tMul' | 'mMul' | 'alpha'>,
): CosineDecayRestartsSpec {
  return { kind: 'cosineDecayRestarts', ...checkOptions(restartsSchema, options, 'cosineDecayRestarts') };
}

const oneCycleSchema = v.strictObject({
  maxLearningRate: positiveNumber('maxLearningRate'),
  totalSteps: v.pipe(positiveInteger('totalSteps'), v.minValue(2, 'totalSteps is a number of at least 2')),
  warmUpShare: v.optional(share('warmUpShare'), 0.3),
  divFactor: v.optional(positiveNumber('divFactor'), 25),
  finalDivFactor: v.optional(positiveNumber('finalDivFactor'), 1e4),
});

/**
 * Up from max / divFactor to max in the first `warmUpShare` of the steps, then down to max / (divFactor · finalDivFactor), both
 * along half a cosine (Smith & Topin 2018; PyTorch's OneCycleLR, without its cycle of the momentum).
 */
export function oneCycle(options: Given<OneCycleSpec, 'warmUpShare' | 'divFactor' | 'finalDivFactor'>): OneCycleSpec {
  return { kind: 'oneCycle', ...checkOptions(oneCycleSchema, options, 'oneCycle') };
}

const warmUpSchema = v.strictObject({ steps: positiveInteger('steps'), learningRate: v.unknown() });

/**
 * Rises evenly over the first `steps` updates, from 1 / (steps + 1) of the first rate of `learningRate`, which follows (Goyal et al.
 * 2017, section 2.2).
 */
export function warmUp(options: Given<WarmUpSpec>): WarmUpSpec {
  const checked = checkOptions(warmUpSchema, options, 'warmUp');
  return {
    kind: 'warmUp',
    steps: checked.steps,
    learningRate: checkLearningRate(checked.learningRate, 'warmUp.learningRate'),
  };
}

/** The functions that users call, by the `kind` of what they return. */
const CREATORS: {
  readonly [Kind in LearningRateSchedule['kind']]: (options: never) => LearningRateSchedule & { kind: Kind };
} = {
  exponentialDecay,
  inverseTimeDecay,
  inverseScaling,
  polynomialDecay,
  piecewiseConstantDecay,
  cosineDecay,
  cosineDecayRestarts,
  oneCycle,
  warmUp,
};

/** A learning rate from a user or a file: a number greater than 0, or a schedule, checked anew. Throws INVALID_OPTION. */
export function checkLearningRate(value: unknown, place: string): LearningRate {
  if (typeof value === 'number') return checkOptions(positiveNumber('learningRate'), value, place);
  const { kind, ...options } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: string };
  if (kind === undefined || !Object.hasOwn(CREATORS, kind)) {
    throw new LockstepError('INVALID_OPTION', {
      place,
      expected: `a number greater than 0, or a schedule: ${Object.keys(CREATORS).join('(), ')}()`,
      received: kind === undefined ? (JSON.stringify(value) ?? `a ${typeof value}`).slice(0, 80) : `kind "${kind}"`,
      advice: 'For example: learningRate: cosineDecay({ initialLearningRate: 1e-3, decaySteps: 10_000 }).',
    });
  }
  return CREATORS[kind as LearningRateSchedule['kind']](options as never);
}
