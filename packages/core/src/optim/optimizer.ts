import type { Argument, KernelCall } from '../ops/calls.ts';
import type { LearningRate } from './schedules/schedule.ts';

/** What a user chooses, as plain data: it crosses to threads and into files. */
export type OptimizerSpec = SgdSpec | AdamSpec;

export interface SgdSpec {
  readonly kind: 'sgd';
  readonly learningRate: LearningRate;
  readonly momentum: number;
  readonly nesterov: boolean;
}

export interface AdamSpec {
  readonly kind: 'adam';
  readonly learningRate: LearningRate;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * How a kind of optimizer works: which vectors it keeps beside each parameter, what it computes once a step, and the
 * kernel call that applies it to a range. Every thread imports the rules, which therefore check no options: that is done by
 * the function that users call, in a file of its own. All arithmetic on scalars is +, -, ×, ÷ and √ in float64: the same bits everywhere.
 */
export interface OptimizerRule<Spec extends OptimizerSpec = OptimizerSpec> {
  /** Names of the state vectors a parameter, each of the parameter's size, starting at 0. */
  stateVectors(spec: Spec): readonly string[];
  /** Float64 numbers that live through the run, e.g. beta1^t. */
  readonly scalarCount: number;
  /** Float32 numbers that the kernel reads. */
  readonly hyperCount: number;
  initializeScalars(spec: Spec, scalars: Float64Array): void;
  /**
   * Called by one thread before any range is updated: moves `scalars` on by one update, in place, and sets `hyper`.
   */
  prepareStep(spec: Spec, scalars: Float64Array, hyper: Float32Array, update: UpdateNumbers): void;
  /** Addresses of one range; `n` elements. */
  update(range: UpdateRange): KernelCall;
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
