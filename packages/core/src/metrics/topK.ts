import { type Tally, type TallyRows, type TallySizes, type TopKTallySpec, trueClass } from './tally.ts';

/** Σ weight of the rows whose true class is among the k with the largest outputs. */
export const TOP_K_SIZES: TallySizes = { sums: 1, placesOfRow: 0, places: 0 };

export class TopKTally implements Tally {
  readonly #spec: TopKTallySpec;

  constructor(spec: TopKTallySpec) {
    this.#spec = spec;
  }

  sumRows(rows: TallyRows, first: number, end: number, sums: Float64Array, sumsAt: number): void {
    let right = 0;
    for (let row = first; row < end; row++) if (this.#isRight(rows, row)) right += rows.sampleWeights[row];
    sums[sumsAt] = right;
  }

  placeRow(): void {}

  /** Counts the classes that come before the true one. A row with NaN is wrong, as it is to the kernels of losses. */
  #isRight(rows: TallyRows, row: number): boolean {
    const { k, outputs, labelKind } = this.#spec;
    const truth = trueClass(rows, row, labelKind, outputs);
    const at = row * outputs;
    const own = rows.output[at + truth];
    let before = 0;
    for (let i = 0; i < outputs; i++) {
      const value = rows.output[at + i];
      if (Number.isNaN(value)) return false;
      if (value > own || (value === own && i < truth)) before++;
    }
    return before < k;
  }
}
