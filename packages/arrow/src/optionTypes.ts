/** The options of `arrowDataset`, as users write them. */
import type { Comparison, Normalize, Part, VocabularyOption } from './layout/request.ts';

export interface ArrowDatasetOptions {
  /**
   * Columns that make up a row's features, one after the other in this order: their names, or objects with options.
   * Scalars, or lists that are of one length in all rows.
   */
  readonly features: readonly (string | FeatureOptions)[];
  /**
   * The label: numbers (integers may serve as class indices), a dictionary of texts (each a class, see `vocabulary`), or a
   * list of one length. Several columns are the targets of a regression, one after the other.
   */
  readonly label: string | LabelOptions | readonly (string | LabelOptions)[];
  /**
   * Factor of every feature column that has no `scale`, `normalize`, `oneHot` or `embeddingIndex` of its own, 1 by default. The
   * product is taken in double precision and rounded once to float32, so it is the same on every machine. Labels and weights
   * are not scaled.
   */
  readonly scale?: number;
  /** A scalar column of weights, finite and not negative. Without it every row weighs 1. */
  readonly sampleWeight?: string;
  /** Conditions on scalar columns of numbers, e.g. `[['age', '>=', 18]]`: rows that meet all are kept, nulls meet none. */
  readonly filter?: readonly (readonly [column: string, comparison: Comparison, value: number])[];
  /**
   * One part of the rows that pass the filter. Statistics for `normalize` and `fillNull` are always those of the part
   * 'train', so that all parts are scaled alike and nothing of the test rows leaks.
   */
  readonly split?: SplitOptions;
  /**
   * Rows with nulls that nothing fills, with texts that a given vocabulary does not have, or with values to be normalised that
   * are not finite: 'error', the default, or 'skip', which leaves them out and counts them in `dataset.description`.
   */
  readonly onBadRecord?: 'error' | 'skip';
}

export interface FeatureOptions {
  readonly column: string;
  /** Factor of this column's values. */
  readonly scale?: number;
  /**
   * 'zScore': (value - mean) / standard deviation, as scikit-learn's StandardScaler; 'minMax': to 0 … 1. Of a list, each item
   * has statistics of its own. A column that is constant becomes 0. Statistics are of the values that are not null.
   */
  readonly normalize?: Normalize;
  /** A dictionary of texts: one feature for each text of the vocabulary, 1 for that of the row. */
  readonly oneHot?: true;
  /** A dictionary of texts: its number in the vocabulary, for the layer `embedding`. */
  readonly embeddingIndex?: true;
  /** The order of the texts, or the texts: 'sorted' (by code unit) by default. */
  readonly vocabulary?: VocabularyOption;
  /**
   * What stands for a null, before scaling: a number, 'mean', or a text of the vocabulary. With `indicator`, as many features
   * follow that are 1 where there was a null; without a value that is the mean for numbers, and no category for `oneHot`.
   */
  readonly fillNull?: number | string | { readonly value?: number | string; readonly indicator: true };
}

export interface LabelOptions {
  readonly column: string;
  /** Of a dictionary of texts: the order of the classes, or the classes. 'sorted' by default. */
  readonly vocabulary?: VocabularyOption;
  /** Of a dictionary of texts: one value for each class instead of a class index, as `categoricalCrossentropy` takes them. */
  readonly oneHot?: true;
}

export interface SplitOptions {
  readonly part: Part;
  /** Shares of the rows; together 1. `validation` and `test` are 0 by default. */
  readonly train: number;
  readonly validation?: number;
  readonly test?: number;
  /**
   * 'fraction', the default: the first rows are for training, the next for validation, the last for the test. 'hash': each row by
   * a random number that only `seed` and its number in the files decide, so the shares are met but roughly, and rows
   * that are appended later leave the part of all others as it is.
   */
  readonly by?: 'fraction' | 'hash';
  /** Of the hash; 0 by default. */
  readonly seed?: number;
}
