import type { LabelKind } from '../data/dataset.ts';

/**
 * What is counted of the rows of an epoch, as plain data that crosses threads; metrics are made of it (measures.ts), and
 * several metrics may be made of one. `outputs`: of the model; `labelKind`: how labels lie in a batch.
 */
export type TallySpec =
  | TopKTallySpec
  | YesNoTallySpec
  | ClassesTallySpec
  | ConfusionTallySpec
  | YesNoConfusionTallySpec
  | ScoresTallySpec
  | ErrorsTallySpec;

export interface TopKTallySpec {
  readonly kind: 'topK';
  readonly k: number;
  readonly outputs: number;
  readonly labelKind: LabelKind;
}

/** Each output is a yes where it is above `threshold`, and truly one where its label is above `yesAbove`. */
export interface YesNoTallySpec {
  readonly kind: 'yesNo';
  readonly threshold: number;
  readonly yesAbove: number;
  readonly outputs: number;
}

/** Of exclusive classes, the answer being that with the largest output: rows by true class, by answer, and right ones. */
export interface ClassesTallySpec {
  readonly kind: 'classes';
  readonly outputs: number;
  readonly labelKind: LabelKind;
}

/** The same classes, rows by true class and answer at once. */
export interface ConfusionTallySpec {
  readonly kind: 'confusion';
  readonly outputs: number;
  readonly labelKind: LabelKind;
}

/** Of one output that is a yes or no. */
export interface YesNoConfusionTallySpec {
  readonly kind: 'yesNoConfusion';
  readonly threshold: number;
  readonly yesAbove: number;
}

/** Rows by score and by whether they are truly a yes. What the score is made of: see scores.ts. */
export interface ScoresTallySpec {
  readonly kind: 'scores';
  readonly from: 'score' | 'probability' | 'twoLogits' | 'twoProbabilities';
  readonly yesAbove: number;
  readonly labelKind: LabelKind;
}

/** Sums for errors of numbers. `activation`: what makes the numbers of the plan's output, or null. */
export interface ErrorsTallySpec {
  readonly kind: 'errors';
  readonly activation: 'softmax' | 'sigmoid' | 'step' | null;
  readonly outputs: number;
}

/**
 * A tally has two kinds of totals. Sums are added up within a block of rows by the thread that computes it, and block by
 * block by one thread afterwards: right for few numbers to which every row adds. Or a row only says in which of many places
 * it counts, and that one thread adds its weight there: right for histograms, which are too large for every block.
 */
export interface TallySizes {
  /** Sums. */
  readonly sums: number;
  /** Places that a row says, and places there are. */
  readonly placesOfRow: number;
  readonly places: number;
}

/** A batch with its outputs. */
export interface TallyRows {
  /** [batchSize, outputs], as the loss takes it; and after the tally's activation, where it has one. */
  readonly output: Float32Array;
  readonly activated: Float32Array;
  /** [batchSize], or [batchSize, outputs]: see BatchViews. */
  readonly classLabels: Int32Array;
  readonly valueLabels: Float32Array;
  /** [batchSize]. */
  readonly sampleWeights: Float32Array;
}

/** A row that counts in no place. */
export const NOWHERE = -1;

/** Counts rows, in a thread. Allocates nothing. */
export interface Tally {
  /** SETS the sums from `sumsAt` on to those of rows [first, end), added up in their order. */
  sumRows(rows: TallyRows, first: number, end: number, sums: Float64Array, sumsAt: number): void;
  /** SETS the places of a row from `at` on, each from 0 or NOWHERE. */
  placeRow(rows: TallyRows, row: number, places: Int32Array, at: number): void;
}

/** The first place from `from` on where `count` values are largest, counted from 0; -1 where one is NaN. */
export function firstMaximum(values: Float32Array, from: number, count: number): number {
  let place = 0;
  let largest = values[from];
  for (let i = 0; i < count; i++) {
    const value = values[from + i];
    if (Number.isNaN(value)) return -1;
    if (value > largest) {
      largest = value;
      place = i;
    }
  }
  return place;
}

/** The true class of a row: its label, or the first of the largest values. */
export function trueClass(rows: TallyRows, row: number, labelKind: LabelKind, classes: number): number {
  return labelKind === 'classIndex' ? rows.classLabels[row] : firstMaximum(rows.valueLabels, row * classes, classes);
}
