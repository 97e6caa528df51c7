/** What the options ask of each column, after they were checked. */
import type { ColumnLayout } from './types.ts';

export type Normalize = 'zScore' | 'minMax';

/** The order of a vocabulary, or the vocabulary itself. */
export type VocabularyOption = 'sorted' | 'firstAppearance' | readonly string[];

/** What stands for a null. */
export interface NullFill {
  /** A number, or the mean of the column; a text of the vocabulary; null for no category at all. */
  readonly value: number | string | null;
  readonly isMean: boolean;
  /** Whether as many features follow that are 1 where there was a null, and 0 elsewhere. */
  readonly indicator: boolean;
}

/** A column asked for by name. */
export interface ColumnRequest {
  readonly name: string;
  readonly role: ColumnLayout['role'] | 'filter';
  /** Place of the option, for messages. */
  readonly option: string;
  readonly scale: number;
  readonly normalize?: Normalize;
  /** How texts become numbers: `index` is a class, or a row of an embedding. */
  readonly encode: 'number' | 'oneHot' | 'index';
  readonly vocabulary: VocabularyOption;
  readonly fillNull?: NullFill;
}

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

export interface Condition {
  readonly column: string;
  readonly comparison: Comparison;
  readonly value: number;
}

export type Part = 'train' | 'validation' | 'test';

export interface SplitRequest {
  readonly part: Part;
  /** Shares of the rows; they add up to 1. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly by: 'fraction' | 'hash';
  readonly seed: number;
}

/** All that decides what a dataset reads, beside the files. */
export interface DatasetRequest {
  /** Features, labels, the sample weight if there is one, then the columns of the filter. */
  readonly columns: readonly ColumnRequest[];
  /** Factor of features without options of their own. */
  readonly scale: number;
  readonly filter: readonly Condition[];
  readonly split?: SplitRequest;
  readonly skipBadRecords: boolean;
}
