import { NOWHERE, type ScoresTallySpec, type Tally, type TallyRows, type TallySizes, trueClass } from './tally.ts';

/**
 * Rows by score. The area under the ROC curve depends on the order of scores alone, so a score is whatever has the order of
 * the probabilities of yes and keeps it apart near 0 and 1: a logit or a margin, or else the odds, yes over no. A bin reaches
 * from one float32 number with a fraction of six bits to the next, so its width is 1/64 of the score or less. Scores of two
 * signs have bins for the powers of two from 2⁻¹⁰ to 2⁶ on both sides of 0, odds for those from 2⁻¹⁶ to 2¹⁶ (logits up to 11).
 * What lies outside falls into the nearest bin.
 */
const BINS_OF_OCTAVE = 64;
const BINS_OF_SIDE = 16 * BINS_OF_OCTAVE;
const BINS = 2 * BINS_OF_SIDE;
/** Bits of a float32 that are left out: 23 of the fraction but for six. */
const SHIFT = 17;
/** The smallest size of a score, and of odds, as its float32 bits without those. */
const LEAST_SCORE = (127 - 10) * BINS_OF_OCTAVE;
const LEAST_ODDS = (127 - 16) * BINS_OF_OCTAVE;

/** All bins for rows that are truly no, then all for those that are yes. */
export const SCORES_SIZES: TallySizes = { sums: 0, placesOfRow: 1, places: 2 * BINS };

export class ScoresTally implements Tally {
  readonly #spec: ScoresTallySpec;
  readonly #float: Float32Array;
  readonly #bits: Int32Array;

  constructor(spec: ScoresTallySpec) {
    this.#spec = spec;
    this.#float = new Float32Array(1);
    this.#bits = new Int32Array(this.#float.buffer);
  }

  sumRows(): void {}

  placeRow(rows: TallyRows, row: number, places: Int32Array, at: number): void {
    const bin = this.#binOf(rows.output, row);
    const offset = this.#isYes(rows, row) ? BINS : 0;
    places[at] = bin === NOWHERE ? NOWHERE : offset + bin;
  }

  #binOf(output: Float32Array, row: number): number {
    const { from } = this.#spec;
    if (from === 'score') return this.#binOfScore(output[row]);
    if (from === 'probability') return this.#binOfOdds(output[row], 1 - output[row]);
    const no = output[2 * row];
    const yes = output[2 * row + 1];
    return from === 'twoLogits' ? this.#binOfScore(yes - no) : this.#binOfOdds(yes, no);
  }

  #binOfScore(score: number): number {
    if (Number.isNaN(score)) return NOWHERE;
    const index = this.#indexOf(Math.abs(score), LEAST_SCORE, BINS_OF_SIDE);
    return score < 0 ? BINS_OF_SIDE - 1 - index : BINS_OF_SIDE + index;
  }

  #binOfOdds(yes: number, no: number): number {
    if (Number.isNaN(yes / no)) return NOWHERE;
    if (yes <= 0) return 0;
    return no <= 0 ? BINS - 1 : this.#indexOf(yes / no, LEAST_ODDS, BINS);
  }

  /** Which of `count` bins a size of at least 0 falls into, the first one beginning at `least`. */
  #indexOf(size: number, least: number, count: number): number {
    this.#float[0] = size;
    return Math.min(Math.max((this.#bits[0] >>> SHIFT) - least, 0), count - 1);
  }

  #isYes(rows: TallyRows, row: number): boolean {
    const { from, yesAbove, labelKind } = this.#spec;
    const isOfTwo = from === 'twoLogits' || from === 'twoProbabilities';
    return isOfTwo ? trueClass(rows, row, labelKind, 2) === 1 : rows.valueLabels[row] > yesAbove;
  }
}

/**
 * Area under the ROC curve: the share of pairs of a yes and a no of which the yes has the larger score. Pairs in one bin count
 * half, as straight lines between the points of the curve do (trapezoids). NaN where one of the two does not occur.
 */
export function areaUnderRoc(places: Float64Array): number {
  let nos = 0;
  let yeses = 0;
  let ordered = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const no = places[bin];
    const yes = places[BINS + bin];
    ordered += yes * (nos + no / 2);
    nos += no;
    yeses += yes;
  }
  return ordered / (yeses * nos);
}
