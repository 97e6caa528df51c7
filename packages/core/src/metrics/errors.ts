import type { ErrorsTallySpec, Tally, TallyRows, TallySizes } from './tally.ts';

/** For each output Σ weight·e², Σ weight·|e|, Σ weight·y and Σ weight·y², where y is the label and e what the output is off it. */
export function errorsSizes({ outputs }: ErrorsTallySpec): TallySizes {
  return { sums: 4 * outputs, placesOfRow: 0, places: 0 };
}

export class ErrorsTally implements Tally {
  readonly #spec: ErrorsTallySpec;

  constructor(spec: ErrorsTallySpec) {
    this.#spec = spec;
  }

  sumRows(rows: TallyRows, first: number, end: number, sums: Float64Array, sumsAt: number): void {
    const { activation, outputs } = this.#spec;
    const values = activation === null ? rows.output : rows.activated;
    sums.fill(0, sumsAt, sumsAt + 4 * outputs);
    for (let row = first; row < end; row++) {
      const weight = rows.sampleWeights[row];
      for (let i = 0; i < outputs; i++) {
        const label = rows.valueLabels[row * outputs + i];
        const error = values[row * outputs + i] - label;
        const at = sumsAt + 4 * i;
        sums[at] += weight * error * error;
        sums[at + 1] += weight * Math.abs(error);
        sums[at + 2] += weight * label;
        sums[at + 3] += weight * label * label;
      }
    }
  }

  placeRow(): void {}
}

/** Mean over outputs and rows of the squares of errors. `weight`: of all rows. */
export function meanSquaredError(sums: Float64Array, weight: number): number {
  return meanOver(sums, 0) / weight;
}

export function meanAbsoluteError(sums: Float64Array, weight: number): number {
  return meanOver(sums, 1) / weight;
}

/** The mean over the outputs of one of the four sums. */
function meanOver(sums: Float64Array, which: number): number {
  const outputs = sums.length / 4;
  let total = 0;
  for (let i = 0; i < outputs; i++) total += sums[4 * i + which];
  return total / outputs;
}

/** Share of Σ weight·y² below which what the labels vary is rounding: 64 times the precision of float64. */
const ROUNDING = 2 ** -46;

/**
 * Mean over the outputs of 1 - Σ weight·e² / Σ weight·(y - mean)². Where labels do not vary: 1 without any error, else 0 (as
 * in scikit-learn).
 */
export function r2(sums: Float64Array, weight: number): number {
  if (weight === 0) return NaN;
  const outputs = sums.length / 4;
  let total = 0;
  for (let i = 0; i < outputs; i++) {
    const [squares, , labels, labelSquares] = sums.subarray(4 * i, 4 * i + 4);
    const variation = labelSquares - (labels * labels) / weight;
    if (variation > ROUNDING * labelSquares) total += 1 - squares / variation;
    else total += squares === 0 ? 1 : 0;
  }
  return total / outputs;
}
