import type { ClassCounts } from './classCounts.ts';
import type { Tally, TallyRows, TallySizes, YesNoTallySpec } from './tally.ts';

/** Σ weight · share of right answers; then for each output the weights of rows that are a yes, are given one, and both. */
export function yesNoSizes({ outputs }: YesNoTallySpec): TallySizes {
  return { sums: 1 + 3 * outputs, placesOfRow: 0, places: 0 };
}

export class YesNoTally implements Tally {
  readonly #spec: YesNoTallySpec;

  constructor(spec: YesNoTallySpec) {
    this.#spec = spec;
  }

  sumRows(rows: TallyRows, first: number, end: number, sums: Float64Array, sumsAt: number): void {
    const { threshold, yesAbove, outputs } = this.#spec;
    const actualAt = sumsAt + 1;
    const predictedAt = actualAt + outputs;
    const rightAt = predictedAt + outputs;
    sums.fill(0, sumsAt, sumsAt + 1 + 3 * outputs);
    for (let row = first; row < end; row++) {
      const weight = rows.sampleWeights[row];
      let agreeing = 0;
      for (let i = 0; i < outputs; i++) {
        const output = rows.output[row * outputs + i];
        const isGiven = output > threshold;
        const isTrue = rows.valueLabels[row * outputs + i] > yesAbove;
        if (isGiven === isTrue && !Number.isNaN(output)) agreeing++;
        if (isTrue) sums[actualAt + i] += weight;
        if (isGiven) sums[predictedAt + i] += weight;
        if (isTrue && isGiven) sums[rightAt + i] += weight;
      }
      sums[sumsAt] += weight * (agreeing / outputs);
    }
  }

  placeRow(): void {}
}

/** Sums of all rows as class counts. */
export function yesNoCounts(sums: Float64Array): ClassCounts {
  const outputs = (sums.length - 1) / 3;
  const part = (index: number): Float64Array => sums.subarray(1 + index * outputs, 1 + (index + 1) * outputs);
  return { actual: part(0), predicted: part(1), right: part(2) };
}
