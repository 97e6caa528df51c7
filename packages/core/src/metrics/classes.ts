import type { ClassCounts } from './classCounts.ts';
import {
  type ClassesTallySpec,
  firstMaximum,
  NOWHERE,
  type Tally,
  type TallyRows,
  type TallySizes,
  trueClass,
} from './tally.ts';

/** Rows by true class, by answer, and right ones by class: three times as many places as there are classes. */
export function classesSizes({ outputs }: ClassesTallySpec): TallySizes {
  return { sums: 0, placesOfRow: 3, places: 3 * outputs };
}

/** A row whose outputs are not numbers has no answer. */
export class ClassesTally implements Tally {
  readonly #spec: ClassesTallySpec;

  constructor(spec: ClassesTallySpec) {
    this.#spec = spec;
  }

  sumRows(): void {}

  placeRow(rows: TallyRows, row: number, places: Int32Array, at: number): void {
    const { outputs, labelKind } = this.#spec;
    const truth = trueClass(rows, row, labelKind, outputs);
    const answer = firstMaximum(rows.output, row * outputs, outputs);
    places[at] = truth;
    places[at + 1] = answer < 0 ? NOWHERE : outputs + answer;
    places[at + 2] = answer === truth ? 2 * outputs + truth : NOWHERE;
  }
}

export function classesCounts(places: Float64Array): ClassCounts {
  const classes = places.length / 3;
  const part = (index: number): Float64Array => places.subarray(index * classes, (index + 1) * classes);
  return { actual: part(0), predicted: part(1), right: part(2) };
}
