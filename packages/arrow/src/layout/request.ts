/** What the options ask of each column, after they were checked. */
import type { Cast } from './reading.ts';
import type { ColumnLayout } from './types.ts';

export type Normalize = 'zScore' | 'minMax';

/** What a category is called in a file: a text, or an integer. */
export type Category = string | number;

/** The order of a vocabulary, or the vocabulary itself. */
export type VocabularyOption = 'sorted' | 'firstAppearance' | readonly Category[];

/** What stands for a null. */
export interface NullFill {
  /** A number, or the mean of the column; a member of the vocabulary; null for no category at all. */
  readonly value: number | string | null;
  readonly isMean: boolean;
  /** Whether as many features follow that are 1 where there was a null, and 0 elsewhere. */
  readonly indicator: boolean;
}

/** A column asked for by name. */
export interface ColumnRequest {
  readonly name: string;
  readonly role: ColumnLayout['role'] | 'filter' | 'split';
  /** Place of the option, for messages. */
  readonly option: string;
  readonly scale: number;
  readonly normalize?: Normalize;
  /** What values are read as, before all else. */
  readonly cast?: Cast;
  /** Whether values are categories, and how these become numbers: `index` is a class, or a row of an embedding. */
  readonly encode: 'number' | 'oneHot' | 'index';
  readonly vocabulary: VocabularyOption;
  readonly fillNull?: NullFill;
  /** Whether a NaN counts as a null; otherwise nobody looks at it. */
  readonly nanIsNull: boolean;
  /** What the conditions of a filter compare the column with, where they do. */
  readonly compares?: 'numbers' | 'texts';
}

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** A null meets none but 'isNull'. */
export interface Condition {
  readonly column: string;
  readonly comparison: Comparison | 'in' | 'not in' | 'isNull' | 'notNull';
  /** What the value is compared with: one, several for 'in' and 'not in', none for the nulls. */
  readonly values: readonly Category[];
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
  /** Rows with the same value in it are in the same part; by hash alone. */
  readonly column?: string;
}

/** All that decides what a dataset reads, beside the files. */
export interface DatasetRequest {
  /** Features, labels, the sample weight if there is one, then the columns of the filter and of the split. */
  readonly columns: readonly ColumnRequest[];
  /** Factor of features without options of their own. */
  readonly scale: number;
  readonly filter: readonly Condition[];
  readonly split?: SplitRequest;
  readonly skipBadRecords: boolean;
  /** Whether every value is looked at, not only where something depends on it. */
  readonly checksValues: boolean;
  /** Whether what was read of the values is kept beside the data; undefined: where they are large. */
  readonly statistics?: 'keep' | 'compute';
  /** Whether files are compared with the checksums of their folder's index. */
  readonly checksums: boolean;
}

/** Whether a column becomes numbers of a row; others only decide which rows there are. */
export function isUsed({ role }: Pick<ColumnRequest, 'role'>): boolean {
  return role !== 'filter' && role !== 'split';
}
