/** The options of `arrowDataset`, as users write them. */
import type { HttpOptions } from './httpOptions.ts';
import type { Cast } from './layout/reading.ts';
import type { Category, Comparison, Normalize, Part, VocabularyOption } from './layout/request.ts';

export interface ArrowDatasetOptions {
  /**
   * Columns that make up a row's features, one after the other in this order: their names, or objects with options.
   * Scalars, or lists that are of one length in all rows.
   */
  readonly features: readonly (string | FeatureOptions)[];
  /**
   * The label: numbers (integers may serve as class indices), texts (each a class, see `vocabulary`), or a list of one length.
   * Several columns are the targets of a regression, one after the other.
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
  /**
   * Conditions on scalar columns, e.g. `[['age', '>=', 18], ['city', 'in', ['Bern', 'Ulm']]]`: rows that meet all are kept. Values are
   * compared as they are stored. Nulls, and NaN, meet none but `['age', 'isNull']`.
   */
  readonly filter?: readonly FilterCondition[];
  /**
   * One part of the rows that pass the filter. Statistics for `normalize` and `fillNull` are always those of the part
   * 'train', so that all parts are scaled alike and nothing of the test rows leaks.
   */
  readonly split?: SplitOptions;
  /**
   * Rows with nulls that nothing fills, with categories that a given vocabulary does not have, texts that are no numbers, numbers
   * beyond the type they are cast to, or infinite ones: 'error', or 'skip', which leaves them out and counts them in
   * `dataset.description`. Where it is given, every value of features, labels and weights is looked at. Without it, bad rows are errors,
   * and numbers without `fillNull`, `normalize` or `cast` are read as they are, NaN and infinite ones too.
   */
  readonly onBadRecord?: 'error' | 'skip';
  /**
   * Statistics, vocabularies and the choice of rows take a pass over some columns. 'keep' writes what came out of it to `.lockstep/` beside the
   * (first) file, so that the same files with the same options are not read again when they are opened; `description.statisticsFile`
   * says where. It is checked, and made again when a file has changed; where nothing can be written, it is not kept. 'compute' reads and
   * writes none. By default it is kept of files of 16 MiB and more.
   */
  readonly statistics?: 'keep' | 'compute';
  /**
   * Of folders that `lockstep convert` has written: every byte is read once and compared with the SHA-256 of its index, before
   * anything else is done with it. FILE_INVALID names the file that has changed.
   */
  readonly checksums?: true;
  /** How servers are asked for files whose address is given. In no fingerprint and no message. */
  readonly http?: HttpOptions;
}

/** Texts are compared by `==`, `!=`, `in` and `not in` alone. */
export type FilterCondition =
  | readonly [column: string, comparison: Comparison, value: Category | boolean]
  | readonly [column: string, comparison: 'in' | 'not in', values: readonly (Category | boolean)[]]
  | readonly [column: string, comparison: 'isNull' | 'notNull'];

export interface FeatureOptions {
  readonly column: string;
  /**
   * What values are read as, before all else. To integers they are cut towards 0, and are bad records where the type does not reach;
   * to `bool`, 0 is 0 and all else 1; to `float32` they are rounded. Texts must be numbers (for integers: whole ones; for `bool` also
   * true and false), and are null where they are empty. Dates and times become those of another unit, rounded down.
   */
  readonly cast?: Cast;
  /** Factor of this column's values. */
  readonly scale?: number;
  /**
   * 'zScore': (value - mean) / standard deviation, as scikit-learn's StandardScaler; 'minMax': to 0 … 1. Of a list, each item
   * has statistics of its own. A column that is constant becomes 0. Statistics are of the values that are not null, nor NaN.
   */
  readonly normalize?: Normalize;
  /** Texts or integers as categories: one feature for each of the vocabulary, 1 for that of the row. */
  readonly oneHot?: true;
  /** Texts or integers as categories: the number in the vocabulary, for the layer `embedding`. */
  readonly embeddingIndex?: true;
  /**
   * The order of the categories, or they themselves: 'sorted' (texts by code unit, integers by value) by default. Those that are found are
   * those of the rows of all parts, 65,536 at most.
   */
  readonly vocabulary?: VocabularyOption;
  /**
   * What stands for a null, and for a NaN, before scaling: a number, 'mean', or one of the vocabulary. With `indicator`, as many features
   * follow that are 1 where there was a null; without a value that is the mean for numbers, and no category for `oneHot`.
   */
  readonly fillNull?: number | string | { readonly value?: number | string; readonly indicator: true };
}

export interface LabelOptions {
  readonly column: string;
  /** As that of features; texts of digits are then numbers. */
  readonly cast?: Cast;
  /** Of a regression: as those of features. `description.columns` has the numbers that bring predictions back. */
  readonly scale?: number;
  readonly normalize?: Normalize;
  /**
   * The order of the classes, or the classes. Of texts 'sorted' by default. Integers are class indices as they are; with this, each
   * that there is becomes a class, whatever gaps there are between them.
   */
  readonly vocabulary?: VocabularyOption;
  /** One value for each class instead of a class index, as `categoricalCrossentropy` takes them. */
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
  /**
   * With 'hash': a column of integers or texts, by which rows are drawn instead of by their number, so that all rows of a person, a
   * day, a place are in the same part.
   */
  readonly column?: string;
}
