import type { Argument, KernelCall, RowMatrix } from './calls.ts';
import type { GradientForm } from './gradientForm.ts';
import type { LayerSpec, ParameterSpec } from '../model/spec.ts';

/**
 * What a kind of layer must provide: shapes, parameters, and its kernel calls, forward beside backward. One object per
 * kind, in a file of its own, listed in registry.ts.
 */
export interface LayerOperation<Spec extends LayerSpec = LayerSpec> {
  /** Shape of one output row. `inputShapes`: of one row of each input. */
  outputShape(spec: Spec, inputShapes: readonly Shape[]): Shape;
  /** In the order in which they are listed, saved and hashed. */
  parameters(spec: Spec, inputShapes: readonly Shape[]): readonly ParameterSpec[];
  /**
   * 'close': its kernels expect the rows of inputs, output and gradients close together. 'same': all as far apart as the
   * output's, or else it copies. Left out: any distance will do.
   */
  rows?(spec: Spec, outputShape: Shape): 'close' | 'same' | undefined;
  /** Whether its inputs are indices, which have no gradient: then it stands on data. */
  readonly takesIndices?: boolean;
  /** Whether it sees the rows of a shard together in training: a thread then computes whole shards. */
  readonly wholeShards?: boolean;
  /** Calls of a range of rows, from `inputs` to `output`. In training and in evaluation they may differ. */
  forward(spec: Spec, context: LayerContext, training: boolean): readonly KernelCall[];
  /** How `outputGradient` must have been written when `backward` comes. */
  gradientForm(spec: Spec, context: LayerContext): GradientForm;
  /** Calls of a range of rows, from `outputGradient` to `inputGradients`, each in the form that it is wanted in. */
  backward(spec: Spec, context: BackwardContext): readonly KernelCall[];
  /** The pieces in which parameter gradients are computed, summed over the shards, and applied. */
  blocks(spec: Spec, context: BackwardContext): readonly ParameterBlock[];
  /** Calls that bring derived forms of the parameters (packed panels) up to date: all of them, for a run without updates. */
  refresh(spec: Spec, context: LayerContext): readonly KernelCall[];
}

type Shape = readonly number[];

export interface LayerContext {
  readonly inputs: readonly RowMatrix[];
  /** Shape of one row of each. */
  readonly inputShapes: readonly Shape[];
  readonly output: RowMatrix;
  /** Shape of one row of it. */
  readonly outputShape: Shape;
  /** Address of each parameter, in the order of `parameters`. */
  readonly parameters: readonly number[];
  /** Rows that the memory of a batch has room for. */
  readonly batchRows: number;
  /** Shards of a whole batch. */
  readonly shards: number;
  /** Whether what is to be differentiated is what layers compute in training. */
  readonly training: boolean;
  /** Of which inputs the gradient will be asked for: not of data, nor outside training. */
  readonly needsInputGradient: readonly boolean[];
  /** Memory of the layer's own for this run, by a name unique within the layer; the same name gives the same memory. */
  reserve(name: string, bytes: number): number;
  /**
   * Where the words lie that the layer's random numbers are counted by (DROPOUT_KEY of the table of kernels). `seed`: its own, or
   * else the run's.
   */
  randomKey(seed?: number): Argument;
}

export interface BackwardContext extends LayerContext {
  readonly outputGradient: RowMatrix;
  /** Where the gradient of each input goes and in which form; null for those that are not needed. */
  readonly inputGradients: readonly (InputGradient | null)[];
}

export interface InputGradient {
  readonly matrix: RowMatrix;
  readonly form: GradientForm;
}

/** A contiguous range of one parameter. */
export interface ParameterBlock {
  /** Index into the layer's parameters. */
  readonly parameter: number;
  /** First element and count, in elements of the parameter. */
  readonly begin: number;
  readonly elements: number;
  /**
   * For a parameter that is not trained but averaged over the training steps: the momentum of the average. `gradient` then computes
   * what is averaged, times the rows of the shard.
   */
  readonly momentum?: number;
  /** Rough floating-point operations for one batch row, to share blocks out evenly. */
  readonly flopsPerRow: number;
  /** Computes one shard's gradient of the range (variables `target`, `folds`, `foldStride`). */
  readonly gradient: KernelCall;
  /** Brings derived forms of the range up to date after an update. */
  readonly refresh: readonly KernelCall[];
}
