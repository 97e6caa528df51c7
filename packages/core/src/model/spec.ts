/** The model as plain JSON: what is saved, sent to threads, and compiled into plans. Built by layers.ts, never mutated. */
export interface ModelSpec {
  readonly format: 'lockstep-model';
  readonly version: 1;
  /** Shape of one row, without the batch dimension. */
  readonly inputShape: readonly number[];
  /** Seed of the initial weights: an integer in [0, 2^53). */
  readonly seed: number;
  readonly layers: readonly LayerSpec[];
}

/** One kind of layer per member; a new layer adds its type here and its module in ops/. */
export type LayerSpec = DenseSpec;

export interface DenseSpec {
  readonly kind: 'dense';
  readonly name: string;
  readonly units: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
}

export const ACTIVATIONS = ['linear', 'relu', 'softmax'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

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

/** A trained array of a layer: its name inside the layer, shape, and how it starts. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly trainable: boolean;
}

/** Product of a shape's dimensions; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
