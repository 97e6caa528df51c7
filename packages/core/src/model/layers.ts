import * as v from 'valibot';
import { checkOptions, positiveInteger } from './check.ts';
import { checkInitializer } from './initializers.ts';
import { type Activation, ACTIVATIONS, type Initializer, type LayerSpec } from './spec.ts';

/** A layer before the model has given it a name. */
export type Layer = Omit<LayerSpec, 'name'> & { readonly name?: string };

export interface DenseOptions {
  /** What follows the product: 'linear' (nothing; default), 'relu', or 'softmax' (last layer only). */
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
  /** Unique in the model; default `dense_1`, `dense_2`, … */
  readonly name?: string;
}

const NAME_SENTENCE = 'A name is text of 1 to 64 letters, digits, - or _';

const denseSchema = v.strictObject({
  activation: v.optional(v.picklist(ACTIVATIONS, `An activation is one of ${ACTIVATIONS.join(', ')}`), 'linear'),
  useBias: v.optional(v.boolean('useBias is true or false'), true),
  kernelInitializer: v.optional(v.unknown(), 'glorotUniform'),
  biasInitializer: v.optional(v.unknown(), 'zeros'),
  name: v.optional(v.pipe(v.string(NAME_SENTENCE), v.regex(/^[\w-]{1,64}$/, NAME_SENTENCE))),
});

/**
 * A fully connected layer: output [rows, units] = activation(input [rows, inputs] · kernel [inputs, units] + bias).
 * Throws INVALID_OPTION.
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  const checkedUnits = checkOptions(positiveInteger('units'), units, 'dense(units)');
  const { name, ...checked } = checkOptions(denseSchema, options, 'dense');
  return {
    ...{ kind: 'dense', units: checkedUnits, ...checked },
    kernelInitializer: checkInitializer(checked.kernelInitializer, 'dense.kernelInitializer'),
    biasInitializer: checkInitializer(checked.biasInitializer, 'dense.biasInitializer'),
    ...(name === undefined ? {} : { name }),
  };
}
