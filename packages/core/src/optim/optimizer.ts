import type { Argument, KernelCall } from '../ops/calls.ts';
import type { LearningRate } from './schedules/schedule.ts';

/** What a user chooses, as plain data: it crosses to threads and into files. */
export type OptimizerSpec =
  | AdadeltaSpec
  | AdagradSpec
  | AdamSpec
  | AdamaxSpec
  | AdamWSpec
  | LbfgsSpec
  | LionSpec
  | NadamSpec
  | RmspropSpec
  | SgdSpec;

/** What every kind of optimizer has, but `lbfgs`. */
export interface CommonSpec {
  readonly learningRate: LearningRate;
  /** Times the weights it is added to the gradient (L2); of `adamW` and `lion` it makes the weights smaller (decoupled). */
  readonly weightDecay: number;
  /** Largest size of a number of the gradient. */
  readonly clipValue?: number | undefined;
  /** Largest norm of the gradient of one parameter. */
  readonly clipNorm?: number | undefined;
}

export interface SgdSpec extends CommonSpec {
  readonly kind: 'sgd';
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** What the kinds of Adam have. */
export interface MomentsSpec extends CommonSpec {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface AdamSpec extends MomentsSpec {
  readonly kind: 'adam';
  readonly amsgrad: boolean;
}

export interface AdamWSpec extends MomentsSpec {
  readonly kind: 'adamW';
  readonly amsgrad: boolean;
}

export interface NadamSpec extends MomentsSpec {
  readonly kind: 'nadam';
  readonly momentumDecay: number;
}

export interface AdamaxSpec extends MomentsSpec {
  readonly kind: 'adamax';
}

export interface AdagradSpec extends CommonSpec {
  readonly kind: 'adagrad';
  readonly epsilon: number;
  readonly initialAccumulatorValue: number;
}

export interface AdadeltaSpec extends CommonSpec {
  readonly kind: 'adadelta';
  readonly rho: number;
  readonly epsilon: number;
}

export interface RmspropSpec extends CommonSpec {
  readonly kind: 'rmsprop';
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;
}

export interface LionSpec extends CommonSpec {
  readonly kind: 'lion';
  readonly beta1: number;
  readonly beta2: number;
}

export interface LbfgsSpec {
  readonly kind: 'lbfgs';
  readonly historySize: number;
  readonly tolerance: number;
  readonly maxLineSearch: number;
}

/** What updates begin with; 1 where a line search decides. */
export function learningRateOf(spec: OptimizerSpec): LearningRate {
  return 'learningRate' in spec ? spec.learningRate : 1;
}

/**
 * How a kind of optimizer works: which vectors it keeps beside each parameter, what it computes once a step, and the kernel
 * call that applies it to a range. Every thread imports the rules, which therefore check no options: that is done by the
 * function that users call, in a file of its own. All arithmetic on scalars is +, -, ×, ÷ and √ in float64: the same bits
 * everywhere.
 */
export interface OptimizerKind<Spec extends OptimizerSpec> {
  /** Names of the state vectors a parameter, each of the parameter's size, starting at 0 or as `initialState` says. */
  stateVectors(spec: Spec): readonly string[];
  /** What the elements of the vectors start at, where it is not 0. */
  initialState?(spec: Spec): number;
  /** Float64 numbers that live through the run, e.g. beta1^t. */
  readonly scalarCount: number;
  /** Float32 numbers that the kernel reads. */
  readonly hyperCount: number;
  initializeScalars(spec: Spec, scalars: Float64Array): void;
  /** Whether the step that begins with these only tries weights, which may be no good. Default: no. */
  tries?(scalars: Float64Array): boolean;
  /**
   * Called by one thread before any range is updated: moves `scalars` on by one update, in place, and sets `hyper`.
   */
  prepareStep(spec: Spec, scalars: Float64Array, hyper: Float32Array, update: UpdateNumbers): void;
  /**
   * Addresses of one range; `n` elements. `spec` may choose the kernel, and which of the vectors there are. Left out: threads
   * compute the whole gradient of a step and leave the weights alone, which change between steps.
   */
  update?(range: UpdateRange, spec: Spec): KernelCall;
}

/** The rule of one specification. */
export interface OptimizerRule<Spec extends OptimizerSpec = OptimizerSpec> extends Omit<OptimizerKind<Spec>, 'update'> {
  readonly update?: (range: UpdateRange) => KernelCall;
}

/** Of one update. An object that is used again: numbers as arguments would be allocated. */
export interface UpdateNumbers {
  /** What gradients are to be multiplied by: 1 / total weight of the rows, less where they are clipped. */
  readonly scale: number;
  /** As the specification's schedule has it. */
  readonly learningRate: number;
}

export interface UpdateRange {
  readonly weights: number;
  readonly state: readonly number[];
  readonly gradient: Argument;
  readonly hyper: number;
  /** Address of the number of elements that are updated already, see the table of kernels. */
  readonly progress: Argument;
  readonly n: number;
}
