import { LockstepError } from '../errors.ts';
import { checkNumbers, kindOf, type NumberArray } from './numbers.ts';

// What generators yield: rows, or batches of rows, which nobody has checked.

/** One row that a generator yields. */
export interface GeneratedRow {
  /** [features], flat; a number where a row has one. */
  readonly features: NumberArray | number;
  /** A number, or [label width]. */
  readonly label: NumberArray | number;
  /** Not negative; default 1. */
  readonly weight?: number;
}

/** Some rows at once. */
export interface GeneratedBatch {
  /** [rows × features], row-major. */
  readonly features: NumberArray;
  /** [rows × label width] */
  readonly labels: NumberArray;
  /** [rows], not negative; default 1 each. */
  readonly sampleWeights?: NumberArray;
}

/** What rows must be; plain data. */
export interface RowFormat {
  /** How errors name the dataset. */
  readonly name: string;
  readonly rows: number;
  readonly featureWidth: number;
  readonly labelWidth: number;
  /** Whether labels are int32. */
  readonly integer: boolean;
}

/** Room for rows. */
export interface RowRoom {
  /** [rows × features] */
  readonly features: Float32Array;
  /** [rows × label width] */
  readonly labels: Float32Array | Int32Array;
  /** [rows] */
  readonly weights: Float32Array;
}

/** A batch whose arrays have the lengths that they must have. */
export interface SizedBatch extends GeneratedBatch {
  readonly rows: number;
}

/** What was yielded, as a batch. `place`: of its first row. Throws INVALID_DATA and SHAPE_MISMATCH. */
export function asBatch(value: unknown, format: RowFormat, place: string): SizedBatch {
  if (typeof value !== 'object' || value === null || !('features' in value)) {
    throw new LockstepError('INVALID_DATA', {
      ...{ place, expected: 'a row { features, label } or a batch { features, labels }', received: kindOf(value) },
      advice: 'That is what a generator yields.',
    });
  }
  const given = value as Partial<GeneratedRow & GeneratedBatch>;
  const isRow = !('labels' in value);
  const label = isRow ? 'label' : 'labels';
  const features = asArray(given.features, `${place}: features`);
  const labels = asArray(given[label], `${place}: ${label}`);
  const weights = isRow ? given.weight : given.sampleWeights;
  const sampleWeights =
    weights === undefined ? undefined : asArray(weights, `${place}: ${isRow ? 'weight' : 'sampleWeights'}`);
  const rows = isRow ? 1 : features.length / format.featureWidth;
  if (!Number.isInteger(rows)) {
    throw mismatch(
      `${place}: features`,
      `a multiple of ${format.featureWidth} numbers, the features of a row`,
      features.length,
    );
  }
  const check = (what: string, { length }: NumberArray, width: number): void => {
    if (length !== rows * width)
      throw mismatch(`${place}: ${what}`, `${rows * width} numbers${isRow ? '' : `, for ${rows} rows`}`, length);
  };
  check('features', features, format.featureWidth);
  check(label, labels, format.labelWidth);
  if (sampleWeights !== undefined) check('weights', sampleWeights, 1);
  return { rows, features, labels, ...(sampleWeights === undefined ? {} : { sampleWeights }) };
}

/** A number is an array of one. */
function asArray(value: unknown, place: string): NumberArray {
  if (typeof value === 'number') return [value];
  return Array.isArray(value) && value.every((element) => typeof element === 'number')
    ? value
    : checkNumbers(value, place);
}

function mismatch(place: string, expected: string, received: number): LockstepError {
  return new LockstepError('SHAPE_MISMATCH', {
    ...{ place, expected, received: `${received} numbers` },
    advice:
      'Each row is as long as the product of `featureShape`, with as many labels as `label` says, in flat arrays.',
  });
}

/**
 * Writes rows [from, from + count) of a batch to rows `at` and following of `room`. `placeOf` names one of the batch's rows.
 * Throws INVALID_DATA for numbers that are not finite, labels that are not integers where they must be, and negative weights.
 */
export function copyRows(
  batch: SizedBatch,
  from: number,
  room: RowRoom,
  at: number,
  count: number,
  format: RowFormat,
  placeOf: (row: number) => string,
): void {
  const { featureWidth, labelWidth, integer } = format;
  const wrong = (row: number, expected: string, received: number, advice: string): LockstepError =>
    new LockstepError('INVALID_DATA', { place: placeOf(row), expected, received: String(received), advice });
  let source = from * featureWidth;
  let target = at * featureWidth;
  for (const end = (from + count) * featureWidth; source < end; source++, target++) {
    const value = Math.fround(batch.features[source]);
    // False for NaN and infinities: only finite numbers differ from themselves by 0.
    if (!(value - value === 0)) {
      const row = Math.floor(source / featureWidth);
      throw wrong(
        row,
        `a finite number as feature ${source % featureWidth}`,
        batch.features[source],
        'Replace the value, or leave the row out.',
      );
    }
    room.features[target] = value;
  }
  source = from * labelWidth;
  target = at * labelWidth;
  for (const end = (from + count) * labelWidth; source < end; source++, target++) {
    const label = batch.labels[source];
    const row = Math.floor(source / labelWidth);
    if (integer && (label | 0) !== label) {
      throw wrong(
        row,
        'an integer as label',
        label,
        "Labels that are values have `label: 'value'` in the dataset's options.",
      );
    }
    const value = integer ? label : Math.fround(label);
    if (!(value - value === 0))
      throw wrong(row, 'a finite number as label', label, 'Replace the value, or leave the row out.');
    room.labels[target] = value;
  }
  for (let i = 0; i < count; i++) {
    const weight = Math.fround(batch.sampleWeights?.[from + i] ?? 1);
    if (!(weight >= 0 && weight < Infinity))
      throw wrong(from + i, 'a weight that is not negative', weight, 'A weight of 0 leaves a row out.');
    room.weights[at + i] = weight;
  }
}
