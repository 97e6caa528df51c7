/** The model as plain JSON: what is saved, sent to threads, and compiled into plans. Built by layers.ts, never mutated. */
export interface ModelSpec {
  readonly format: 'lockstep-model';
  readonly version: 1;
  /** Shape of one row, without the batch dimension. */
  readonly inputShape: readonly number[];
  /** Seed of the initial weights: an integer in [0, 2^53). */
  readonly seed: number;
  /** In the order in which they are computed. */
  readonly layers: readonly LayerSpec[];
  /**
   * For each layer the indices of those whose output it takes, all before it; for layers of kind 'input', which stand in front,
   * none. Left out where every layer takes the output of the one before, and the first one the rows of data.
   */
  readonly connections?: readonly (readonly number[])[];
}

/** One kind of layer per member; a new layer adds its type here and its module in ops/. */
export type LayerSpec =
  | DenseSpec
  | ActivationLayerSpec
  | InputSpec
  | FlattenSpec
  | ReshapeSpec
  | AddSpec
  | ConcatenateSpec
  | LayerNormalizationSpec
  | RescalingSpec
  | NormalizationSpec
  | EmbeddingSpec
  | CategoryEncodingSpec
  | DropoutSpec
  | BatchNormalizationSpec
  | CustomSpec;

/** A part of the rows of data, of this shape: the first input has the first numbers of a row, and so on. */
export interface InputSpec {
  readonly kind: 'input';
  readonly name: string;
  readonly shape: readonly number[];
}

export interface FlattenSpec {
  readonly kind: 'flatten';
  readonly name: string;
}

export interface ReshapeSpec {
  readonly kind: 'reshape';
  readonly name: string;
  readonly targetShape: readonly number[];
}

export interface AddSpec {
  readonly kind: 'add';
  readonly name: string;
}

export interface ConcatenateSpec {
  readonly kind: 'concatenate';
  readonly name: string;
}

export interface ActivationLayerSpec {
  readonly kind: 'activation';
  readonly name: string;
  readonly activation: Activation;
}

export interface LayerNormalizationSpec {
  readonly kind: 'layerNormalization';
  readonly name: string;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
}

export interface BatchNormalizationSpec {
  readonly kind: 'batchNormalization';
  readonly name: string;
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
}

/** A list has a number for each entry of the last dimension. */
export interface RescalingSpec {
  readonly kind: 'rescaling';
  readonly name: string;
  readonly scale: number | readonly number[];
  readonly offset: number | readonly number[];
}

export interface NormalizationSpec {
  readonly kind: 'normalization';
  readonly name: string;
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

export interface EmbeddingSpec {
  readonly kind: 'embedding';
  readonly name: string;
  readonly inputDimension: number;
  readonly outputDimension: number;
  readonly embeddingsInitializer: Initializer;
  readonly embeddingsRegularizer?: RegularizerSpec;
}

export const CATEGORY_MODES = ['oneHot', 'multiHot', 'count'] as const;
export type CategoryMode = (typeof CATEGORY_MODES)[number];

export interface CategoryEncodingSpec {
  readonly kind: 'categoryEncoding';
  readonly name: string;
  readonly categories: number;
  readonly mode: CategoryMode;
}

export interface DropoutSpec {
  readonly kind: 'dropout';
  readonly name: string;
  readonly rate: number;
  /** Left out where it is that of the run. */
  readonly seed?: number;
}

/** Under which a specification has the layer that a user wrote; no file and no message has it. */
export const DEFINED: unique symbol = Symbol.for('lockstep.definedLayer');

/** A layer that a user wrote in a module, see defineLayer.ts. */
export interface CustomSpec {
  readonly kind: 'custom';
  readonly name: string;
  /** The name in its definition. */
  readonly layer: string;
  /** SHA-256 of its module's file. */
  readonly source: string;
  /** Plain JSON. */
  readonly options: Readonly<Record<string, unknown>>;
  /** A `DefinedLayer`. */
  readonly [DEFINED]?: object;
}

/** What a layer is called beside its name: its kind, or the name that its user gave it. */
export function kindName(layer: { readonly kind: LayerSpec['kind'] }): string {
  return layer.kind === 'custom' ? (layer as CustomSpec).layer : layer.kind;
}

export interface DenseSpec {
  readonly kind: 'dense';
  readonly name: string;
  readonly units: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer?: RegularizerSpec;
  readonly biasRegularizer?: RegularizerSpec;
}

/** By a name, with numbers that are usual, or with numbers of one's own (activations.ts). */
export const ACTIVATIONS = [
  'linear',
  'relu',
  'softmax',
  'sigmoid',
  'tanh',
  'leakyRelu',
  'elu',
  'selu',
  'gelu',
  'geluTanh',
  'silu',
  'softplus',
  'hardSigmoid',
  'step',
] as const;
export type Activation = (typeof ACTIVATIONS)[number] | ActivationSpec;

/** The name of an activation, whichever way it was given. */
export function activationName(activation: Activation): (typeof ACTIVATIONS)[number] {
  return typeof activation === 'string' ? activation : activation.kind;
}

/** The activation that a model's output has gone through; null when its last layer is none that has one. */
export function lastActivation({ layers }: ModelSpec): Activation | null {
  const last = layers[layers.length - 1];
  return 'activation' in last ? last.activation : null;
}

export type ActivationSpec =
  | { readonly kind: 'leakyRelu'; readonly slope: number }
  | { readonly kind: 'elu'; readonly alpha: number };

/** How an array starts: by a name, or with numbers of one's own (initializers.ts). */
export const INITIALIZERS = [
  'glorotNormal',
  'glorotUniform',
  'heNormal',
  'heUniform',
  'lecunNormal',
  'lecunUniform',
  'ones',
  'zeros',
] as const;
export type Initializer = (typeof INITIALIZERS)[number] | InitializerSpec;

export type InitializerSpec =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'randomNormal' | 'truncatedNormal'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'randomUniform'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'orthogonal'; readonly gain: number };

/** What is added to the loss: l1 · Σ|w| + l2 · Σ w² of an array (regularizers.ts). */
export interface RegularizerSpec {
  readonly kind: 'l1l2';
  readonly l1: number;
  readonly l2: number;
}

/** Numbers that a layer's specification gives, one for each element. */
export interface GivenValues {
  readonly kind: 'values';
  readonly values: readonly number[];
}

/** An array of a layer, trained or not: its name inside the layer, shape, and how it starts. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer | GivenValues;
  readonly trainable: boolean;
  readonly regularizer?: RegularizerSpec | undefined;
}

/** Product of a shape's dimensions; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
