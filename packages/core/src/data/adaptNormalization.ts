import { LockstepError } from '../errors.ts';
import type { Layer } from '../model/layers.ts';
import { normalization } from '../model/normalizationLayers.ts';
import { elementCount } from '../model/spec.ts';
import type { Dataset } from './dataset.ts';
import { readInOrder } from './readInOrder.ts';

/**
 * A `normalization` layer with the mean and the variance of a dataset's features, by the last dimension of its rows (Keras's
 * `Normalization.adapt`). Reads the dataset once, in its order, on the calling thread; sums are in float64 (Welford 1962), so
 * that numbers far from 0 keep their digits. Adapt to the training data alone. Throws INVALID_DATA where a column is not finite,
 * and what the data source throws.
 */
export async function adaptNormalization(dataset: Dataset, options: { readonly name?: string } = {}): Promise<Layer> {
  const width = elementCount(dataset.featureShape);
  const moments = new Moments(dataset.featureShape.at(-1) ?? 1);
  for await (const { batch, rows } of readInOrder(dataset)) moments.add(batch.features.subarray(0, rows * width));
  const wrong = moments.mean.findIndex((mean, column) => !Number.isFinite(mean + moments.variance(column)));
  if (wrong !== -1) {
    throw new LockstepError('INVALID_DATA', {
      place: `adaptNormalization(dataset): column ${wrong}`,
      expected: 'finite features',
      received: `a mean of ${moments.mean[wrong]}`,
      advice: 'Replace NaN and infinite values, or leave their rows out.',
    });
  }
  const mean = Array.from(moments.mean);
  return normalization({ mean, variance: mean.map((_, column) => moments.variance(column)), ...options });
}

/** Means and sums of squared distances from them, value by value. */
class Moments {
  readonly mean: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(columns: number) {
    this.mean = new Float64Array(columns);
    this.#squares = new Float64Array(columns);
  }

  add(values: Float32Array): void {
    const { mean } = this;
    const squares = this.#squares;
    for (let at = 0; at < values.length; at += mean.length) {
      this.#count++;
      for (let column = 0; column < mean.length; column++) {
        const distance = values[at + column] - mean[column];
        mean[column] += distance / this.#count;
        squares[column] += distance * (values[at + column] - mean[column]);
      }
    }
  }

  /** Biased, as Keras's: by the count. */
  variance(column: number): number {
    return this.#squares[column] / this.#count;
  }
}
