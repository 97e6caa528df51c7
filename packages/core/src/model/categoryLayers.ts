import * as v from 'valibot';
import { checkOptions, positiveInteger } from './check.ts';
import { checkInitializer, randomUniform } from './initializers.ts';
import { type Layer, named, nameSchema } from './layers.ts';
import { checkRegularizers } from './regularizers.ts';
import { CATEGORY_MODES, type CategoryMode, type Initializer, type RegularizerSpec } from './spec.ts';

/** Features are float32, which hold whole numbers exactly up to here. */
const MOST_CATEGORIES = 2 ** 24;

const countOfIndices = (what: string): v.GenericSchema<number> =>
  v.pipe(
    positiveInteger(what),
    v.maxValue(MOST_CATEGORIES, `${what} is at most 2^24, as features are float32 numbers`),
  );

export interface EmbeddingOptions {
  /** How the table [inputDimension, outputDimension] starts; default uniform in ±0.05, as Keras's. */
  readonly embeddingsInitializer?: Initializer;
  /** What the table adds to the loss, all of it in every step: `l1()`, `l2()` or `l1l2()`; default nothing. */
  readonly embeddingsRegularizer?: RegularizerSpec;
  /** Unique in the model; default `embedding_1`, … */
  readonly name?: string;
}

const embeddingSchema = v.strictObject({
  embeddingsInitializer: v.optional(v.unknown()),
  embeddingsRegularizer: v.optional(v.unknown()),
  name: nameSchema,
});

/**
 * A trained vector of `outputDimension` numbers for each index below `inputDimension`: rows of k indices, shape [k], become
 * [k, outputDimension]; put `flatten()` before a dense layer. Features are indices from 0, as whole numbers; it stands first in
 * a model, or directly on an input. An index that is not in the table gives NaN: `fit` then ends with LOSS_NOT_FINITE, and
 * predictions are NaN. Throws INVALID_OPTION.
 */
export function embedding(inputDimension: number, outputDimension: number, options: EmbeddingOptions = {}): Layer {
  const inputs = checkOptions(countOfIndices('inputDimension'), inputDimension, 'embedding(inputDimension)');
  const outputs = checkOptions(positiveInteger('outputDimension'), outputDimension, 'embedding(outputDimension)');
  const {
    name,
    embeddingsInitializer = randomUniform(),
    ...rest
  } = checkOptions(embeddingSchema, options, 'embedding');
  return {
    ...{ kind: 'embedding', inputDimension: inputs, outputDimension: outputs },
    embeddingsInitializer: checkInitializer(embeddingsInitializer, 'embedding.embeddingsInitializer'),
    ...checkRegularizers(rest, ['embeddingsRegularizer'], 'embedding'),
    ...named({ name }),
  };
}

export interface CategoryEncodingOptions {
  /** How many categories there are; indices are whole numbers from 0 to one less. */
  readonly categories: number;
  /**
   * 'oneHot': a vector [categories] for each index, 1 at the index: [k] becomes [k, categories], and [1] becomes [categories].
   * 'multiHot' (default): [k] becomes [categories], 1 at every index of the row. 'count': how many times each index occurs.
   */
  readonly mode?: CategoryMode;
  /** Unique in the model; default `categoryEncoding_1`, … */
  readonly name?: string;
}

const categoryEncodingSchema = v.strictObject({
  categories: countOfIndices('categories'),
  mode: v.optional(v.picklist(CATEGORY_MODES, `mode is one of ${CATEGORY_MODES.join(', ')}`), 'multiHot'),
  name: nameSchema,
});

/**
 * Indices as numbers that a dense layer can take (Keras's CategoryEncoding). It stands first in a model, or directly on an input.
 * A row with an index that is no category becomes NaN: `fit` then ends with LOSS_NOT_FINITE. Throws INVALID_OPTION.
 */
export function categoryEncoding(options: CategoryEncodingOptions): Layer {
  const { name, ...checked } = checkOptions(categoryEncodingSchema, options, 'categoryEncoding');
  return { kind: 'categoryEncoding', ...checked, ...named({ name }) };
}
