import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, positiveInteger } from '../model/check.ts';
import { elementCount, formatShape } from '../model/spec.ts';
import type { Dataset, LabelDescription, SourceLocation } from './dataset.ts';
import { fingerprintOf } from './fingerprint.ts';
import { moduleBeside } from './moduleBeside.ts';
import { checkNumbers, type NumberArray } from './numbers.ts';
import type { TensorSourceOptions } from './tensorSource.ts';

export type { NumberArray };

export interface TensorDatasetOptions {
  /** [rows × features], row-major. */
  readonly features: NumberArray;
  /**
   * [rows] class indices (Int32Array, Uint8Array, …) or [rows × outputs] values (Float32Array). Labels that are all
   * integers can be either.
   */
  readonly labels: NumberArray;
  /** [rows], not negative; the loss is Σ weight · loss / Σ weight. Default: 1 each. */
  readonly sampleWeights?: NumberArray;
  /** Shape of one row, e.g. [784]. */
  readonly featureShape: readonly number[];
}

const SHAPE_SENTENCE = 'featureShape is the shape of one row, e.g. [784]';

export const featureShapeSchema: v.GenericSchema<number[]> = v.pipe(
  v.array(positiveInteger('A dimension'), SHAPE_SENTENCE),
  v.minLength(1, SHAPE_SENTENCE),
);

const schema = v.strictObject({
  features: v.unknown(),
  labels: v.unknown(),
  sampleWeights: v.optional(v.unknown()),
  featureShape: featureShapeSchema,
});

/**
 * A dataset from arrays in memory. The values are copied once, into shared memory, rounded to float32 (class labels to
 * int32); the arrays may change afterwards. Throws INVALID_OPTION, SHAPE_MISMATCH and INVALID_DATA.
 */
export function tensorDataset(options: TensorDatasetOptions): Dataset {
  const { featureShape, ...given } = checkOptions(schema, options, 'tensorDataset');
  const checked = {
    featureShape,
    features: checkNumbers(given.features, 'tensorDataset.features'),
    labels: checkNumbers(given.labels, 'tensorDataset.labels'),
    sampleWeights:
      given.sampleWeights === undefined ? undefined : checkNumbers(given.sampleWeights, 'tensorDataset.sampleWeights'),
  };
  const featureWidth = elementCount(checked.featureShape);
  const rows = checked.features.length / featureWidth;
  if (!Number.isInteger(rows) || rows === 0) {
    throw new LockstepError(rows === 0 ? 'INVALID_DATA' : 'SHAPE_MISMATCH', {
      place: 'tensorDataset.features',
      expected: `a multiple of ${featureWidth} numbers, the size of featureShape ${formatShape(checked.featureShape)}`,
      received: `${checked.features.length} numbers`,
      advice: 'Features are one flat array of rows, each as long as the product of featureShape.',
    });
  }
  const labelWidth = checked.labels.length / rows;
  if (!Number.isInteger(labelWidth) || labelWidth === 0) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: 'tensorDataset.labels',
      expected: `${rows} labels, one for each row, or a multiple of it`,
      received: `${checked.labels.length} labels`,
      advice: `The features make ${rows} rows of ${featureWidth}.`,
    });
  }
  const features = copyShared(newFloats, checked.features, 'features', featureWidth);
  const integer = isInteger(checked.labels);
  const labels = copyShared<Float32Array | Int32Array>(
    integer ? newIntegers : newFloats,
    checked.labels,
    'labels',
    labelWidth,
  );
  const sampleWeights = checked.sampleWeights === undefined ? null : copyWeights(checked.sampleWeights, rows);
  const source: TensorSourceOptions = {
    name: 'tensorDataset',
    featureWidth,
    labelWidth,
    features,
    labels,
    sampleWeights,
  };
  return new TensorDataset(rows, checked.featureShape, { width: labelWidth, integer }, source);
}

/**
 * A class for its fingerprint alone, which is costly and rarely asked for. As an accessor of the prototype it is computed
 * when it is first read; structured clone, which takes the description to other threads, leaves it out.
 */
export class TensorDataset implements Dataset {
  readonly rows: number;
  readonly featureShape: readonly number[];
  readonly label: LabelDescription;
  readonly chunkRows: readonly number[];
  readonly windowBytesPerRow: number = 0;
  readonly source: SourceLocation & { readonly options: TensorSourceOptions };
  #fingerprint: string | null = null;

  constructor(rows: number, featureShape: readonly number[], label: LabelDescription, options: TensorSourceOptions) {
    this.rows = rows;
    this.featureShape = featureShape;
    this.label = label;
    this.chunkRows = [rows];
    this.source = { module: moduleBeside(import.meta.url, 'tensorSource'), options, parallel: true };
  }

  get fingerprint(): string {
    const { features, labels, sampleWeights } = this.source.options;
    const arrays = sampleWeights === null ? [features, labels] : [features, labels, sampleWeights];
    return (this.#fingerprint ??= fingerprintOf(this.featureShape, arrays));
  }
}

export const newFloats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(length * 4));
export const newIntegers = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));

function copyShared<A extends Float32Array | Int32Array>(
  create: (length: number) => A,
  values: NumberArray,
  what: string,
  width: number,
): A {
  const copy = create(values.length);
  copy.set(values);
  for (let i = 0; i < copy.length; i++) {
    // Written so that NaN and infinities fail: only finite numbers differ from themselves by 0.
    if (!(copy[i] - copy[i] === 0)) {
      throw new LockstepError('INVALID_DATA', {
        place: `tensorDataset.${what}, row ${Math.floor(i / width)}, column ${i % width}`,
        expected: 'finite numbers',
        received: String(values[i]),
        advice: 'Remove the row, or replace the value, before training.',
      });
    }
  }
  return copy;
}

function copyWeights(values: NumberArray, rows: number): Float32Array {
  if (values.length !== rows) {
    throw new LockstepError('SHAPE_MISMATCH', {
      place: 'tensorDataset.sampleWeights',
      expected: `${rows} weights, one for each row`,
      received: `${values.length}`,
      advice: 'Leave sampleWeights out to weigh every row by 1.',
    });
  }
  const weights = copyShared(newFloats, values, 'sampleWeights', 1);
  const negative = weights.findIndex((weight) => weight < 0);
  if (negative >= 0) {
    throw new LockstepError('INVALID_DATA', {
      place: `tensorDataset.sampleWeights, row ${negative}`,
      expected: 'weights that are not negative',
      received: String(weights[negative]),
      advice: 'A weight of 0 leaves a row out.',
    });
  }
  return weights;
}

/** Whether labels are stored as int32. Integers beyond it stay numbers: prices may be above 2^31, class indices are not. */
function isInteger(values: NumberArray): boolean {
  if (values instanceof Float32Array || values instanceof Float64Array) return false;
  for (let i = 0; i < values.length; i++) if ((values[i] | 0) !== values[i]) return false;
  return true;
}
