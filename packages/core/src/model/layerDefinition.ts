import type { PlainOptions } from './definition.ts';
import type { Initializer } from './spec.ts';

/** An array of a layer that a user wrote, beside its name. */
export interface LayerParameter {
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Default true. */
  readonly trainable?: boolean;
}

/** What all functions of a layer are given: one row of data, and what belongs to the layer. */
export interface LayerRow<Options, Name extends PropertyKey> {
  readonly options: Options;
  /** Shapes of one row. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Float32 numbers in the memory that all threads share: to be read, never written. */
  readonly parameters: { readonly [Own in Name]: Readonly<Float32Array> };
  /** The row that the layer takes: as many numbers as `inputShape` has. */
  readonly input: Readonly<Float64Array>;
}

export interface ForwardRow<Options, Name extends PropertyKey> extends LayerRow<Options, Name> {
  /** The row that the layer gives, every number to be written; rounded to float32 afterwards. */
  readonly output: Float64Array;
}

export interface BackwardRow<Options, Name extends PropertyKey> extends LayerRow<Options, Name> {
  /** What `forward` has written, rounded to float32. */
  readonly output: Readonly<Float64Array>;
  /** dLoss/doutput. */
  readonly outputGradient: Readonly<Float64Array>;
  /** dLoss/dinput, every number to be written; rounded to float32 afterwards. */
  readonly inputGradient: Float64Array;
}

export interface ParameterRow<Options, Name extends PropertyKey> extends Omit<
  BackwardRow<Options, Name>,
  'inputGradient'
> {
  /** dLoss/dparameter, summed over the rows: the row's part is to be added. Rounded to float32 after the last row of a shard. */
  readonly gradient: Float64Array;
}

/**
 * A layer that a user wrote, in a module of its own. The functions compute one row at a time, on arrays that are made once. What
 * they write may depend on what they are given and on nothing else: not on other rows, on chance or on the clock, nor on `Math.exp`
 * and the like, whose last bit differs between platforms (`exp`, `log`, `tanh` … of this door do not).
 */
export interface LayerDefinition<Given, Options, Parameters extends Readonly<Record<string, LayerParameter>>> {
  /** Its name in files of models, 1 to 48 letters, digits, - or _: by it a model that is loaded finds its layer again. */
  readonly name: string;
  /**
   * Checks the options that the layer is made with, fills in those that are left out, and returns them as plain JSON. It takes
   * what it has returned, too, as models are made again from files. Without it, the layer has no options.
   */
  options?(given: Given): Options;
  /** Shape of one row that it gives; default: that of the row that it takes. */
  outputShape?(inputShape: readonly number[], options: Options): readonly number[];
  /** Its arrays by their names, in the order in which they are saved and hashed; default: none. */
  parameters?(inputShape: readonly number[], options: Options): Parameters;
  /** Computes `output` from `input`. */
  forward(row: ForwardRow<Options, keyof Parameters>): void;
  /** Computes `inputGradient` from `outputGradient`: the transposed Jacobian times it. */
  backward(row: BackwardRow<Options, keyof Parameters>): void;
  /** For every parameter that is trained: adds the row's part to `gradient`. */
  readonly parameterGradients?: {
    readonly [Name in keyof Parameters]?: (row: ParameterRow<Options, keyof Parameters>) => void;
  };
}

/** A definition whose types are not known any more. */
export type AnyLayerDefinition = LayerDefinition<object, PlainOptions, Readonly<Record<string, LayerParameter>>>;

/** A definition with where it is from. */
export interface DefinedLayer {
  /** The definition's name. */
  readonly layer: string;
  /** URL that threads import. */
  readonly module: string;
  /** SHA-256 of the module's file: another file is another layer to a run that goes on. */
  readonly source: string;
  readonly definition: AnyLayerDefinition;
}
