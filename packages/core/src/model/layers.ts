import * as v from 'valibot';
import { checkOptions, positiveInteger } from './check.ts';
import { checkActivation } from './activations.ts';
import { checkInitializer } from './initializers.ts';
import { checkRegularizers } from './regularizers.ts';
import { type Activation, type Initializer, type LayerSpec, type RegularizerSpec } from './spec.ts';

/** A layer before the model has given it a name. */
export type Layer = Unnamed<LayerSpec>;
type Unnamed<Spec> = Spec extends LayerSpec ? Omit<Spec, 'name'> & { readonly name?: string } : never;

export interface DenseOptions {
  /** What follows the product: 'linear' (nothing; default), 'relu', 'softmax', 'sigmoid', 'tanh', …, or `leakyRelu()`, `elu()`. */
  readonly activation?: Activation;
  /** Whether a bias [units] is added; default true. */
  readonly useBias?: boolean;
  /**
   * How the kernel [inputs, units] starts; default 'glorotUniform' (Glorot & Bengio 2010: uniform in ±√(6/(in+out))).
   * 'heUniform': uniform in ±√(6/in); 'heNormal': normal of deviation √(2/in), truncated at two deviations (He et al. 2015).
   * 'lecunUniform', 'lecunNormal' (LeCun et al. 1998): with 3 and 1 in their places; 'glorotNormal'; 'zeros', 'ones'; or
   * `constant`, `randomNormal`, `truncatedNormal`, `randomUniform`, `orthogonal`.
   */
  readonly kernelInitializer?: Initializer;
  /** The same for the bias [units]; default 'zeros'. */
  readonly biasInitializer?: Initializer;
  /** What the kernel adds to the loss, which training and evaluation tell: `l1()`, `l2()` or `l1l2()`; default nothing. */
  readonly kernelRegularizer?: RegularizerSpec;
  /** The same for the bias. */
  readonly biasRegularizer?: RegularizerSpec;
  /** Unique in the model; default `dense_1`, `dense_2`, … */
  readonly name?: string;
}

const NAME_SENTENCE = 'A name is text of 1 to 64 letters, digits, - or _';

/** A layer's own name, or none. */
export const nameSchema: v.GenericSchema<string | undefined> = v.optional(
  v.pipe(v.string(NAME_SENTENCE), v.regex(/^[\w-]{1,64}$/, NAME_SENTENCE)),
);

const plainSchema = v.strictObject({ name: nameSchema });

const denseSchema = v.strictObject({
  activation: v.optional(v.unknown(), 'linear'),
  useBias: v.optional(v.boolean('useBias is true or false'), true),
  kernelInitializer: v.optional(v.unknown(), 'glorotUniform'),
  biasInitializer: v.optional(v.unknown(), 'zeros'),
  kernelRegularizer: v.optional(v.unknown()),
  biasRegularizer: v.optional(v.unknown()),
  name: nameSchema,
});

const unitsSchema = positiveInteger(
  'units',
  "Write dense(10), and options behind it: dense(10, { activation: 'relu' })",
);

/**
 * A fully connected layer: output [rows, units] = activation(input [rows, inputs] · kernel [inputs, units] + bias).
 * Throws INVALID_OPTION.
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  const checkedUnits = checkOptions(unitsSchema, units, 'dense(units)');
  const { name, kernelRegularizer, biasRegularizer, ...checked } = checkOptions(denseSchema, options, 'dense');
  return {
    ...{ kind: 'dense', units: checkedUnits, ...checked },
    activation: checkActivation(checked.activation, 'dense.activation'),
    kernelInitializer: checkInitializer(checked.kernelInitializer, 'dense.kernelInitializer'),
    biasInitializer: checkInitializer(checked.biasInitializer, 'dense.biasInitializer'),
    ...checkRegularizers({ kernelRegularizer, biasRegularizer }, ['kernelRegularizer', 'biasRegularizer'], 'dense'),
    ...named({ name }),
  };
}

/** An activation as a layer of its own, e.g. `activation('tanh')`. Throws INVALID_OPTION. */
export function activation(function_: Activation, options: { readonly name?: string } = {}): Layer {
  const checked = checkActivation(function_, 'activation(activation)');
  return { kind: 'activation', activation: checked, ...named(checkOptions(plainSchema, options, 'activation')) };
}

const shapeSentence = 'A shape is a list of dimensions, e.g. [784]';
export const shapeSchema: v.GenericSchema<number[]> = v.pipe(
  v.array(positiveInteger('A dimension'), shapeSentence),
  v.minLength(1, shapeSentence),
);

/** The numbers of a row in one dimension: [28, 28] becomes [784]. Throws INVALID_OPTION. */
export function flatten(options: { readonly name?: string } = {}): Layer {
  return { kind: 'flatten', ...named(checkOptions(plainSchema, options, 'flatten')) };
}

/** The numbers of a row in another shape of as many. Throws INVALID_OPTION. */
export function reshape(targetShape: readonly number[], options: { readonly name?: string } = {}): Layer {
  const checked = checkOptions(shapeSchema, targetShape, 'reshape(targetShape)');
  return { kind: 'reshape', targetShape: checked, ...named(checkOptions(plainSchema, options, 'reshape')) };
}

/** Without a member `name` where there is none: `exactOptionalPropertyTypes`. */
export function named({ name }: { readonly name?: string | undefined }): { readonly name?: string } {
  return name === undefined ? {} : { name };
}
