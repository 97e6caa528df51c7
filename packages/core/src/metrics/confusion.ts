import {
  type ConfusionTallySpec,
  firstMaximum,
  NOWHERE,
  type Tally,
  type TallyRows,
  type TallySizes,
  trueClass,
  type YesNoConfusionTallySpec,
} from './tally.ts';

/** Rows by true class and answer: [classes, classes]. A row whose outputs are not numbers has no answer, and counts nowhere. */
export function confusionSizes({ outputs }: ConfusionTallySpec): TallySizes {
  return { sums: 0, placesOfRow: 1, places: outputs * outputs };
}

export class ConfusionTally implements Tally {
  readonly #spec: ConfusionTallySpec;

  constructor(spec: ConfusionTallySpec) {
    this.#spec = spec;
  }

  sumRows(): void {}

  placeRow(rows: TallyRows, row: number, places: Int32Array, at: number): void {
    const { outputs, labelKind } = this.#spec;
    const answer = firstMaximum(rows.output, row * outputs, outputs);
    places[at] = answer < 0 ? NOWHERE : trueClass(rows, row, labelKind, outputs) * outputs + answer;
  }
}

/** The same of no and yes. */
export const YES_NO_CONFUSION_SIZES: TallySizes = { sums: 0, placesOfRow: 1, places: 4 };

export class YesNoConfusionTally implements Tally {
  readonly #spec: YesNoConfusionTallySpec;

  constructor(spec: YesNoConfusionTallySpec) {
    this.#spec = spec;
  }

  sumRows(): void {}

  placeRow({ output, valueLabels }: TallyRows, row: number, places: Int32Array, at: number): void {
    const { threshold, yesAbove } = this.#spec;
    const answer = output[row] > threshold ? 1 : 0;
    const truth = valueLabels[row] > yesAbove ? 1 : 0;
    places[at] = Number.isNaN(output[row]) ? NOWHERE : 2 * truth + answer;
  }
}
