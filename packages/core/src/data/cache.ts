import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, positiveInteger } from '../model/check.ts';
import { formatBytes } from '../formatNumbers.ts';
import { elementCount } from '../model/spec.ts';
import type { Dataset } from './dataset.ts';
import { datasetSchema } from './datasetSchema.ts';
import { readInOrder } from './readInOrder.ts';
import { newFloats, newIntegers, TensorDataset } from './tensorDataset.ts';

export interface CacheOptions {
  /** Bytes that the rows may take; default: half of the memory that the process could still have. */
  readonly maxBytes?: number;
  /** Told how many of the rows have been read, now and then. */
  readonly onProgress?: (done: number, rows: number) => void;
}

const schema = v.strictObject({
  dataset: datasetSchema,
  maxBytes: v.optional(positiveInteger('maxBytes')),
  onProgress: v.optional(
    v.custom<(done: number, rows: number) => void>((value) => typeof value === 'function', 'onProgress is a function'),
  ),
});

/**
 * A dataset in memory with the rows of another, which is read once, in its order, on the calling thread; the event loop turns in
 * between. Rows take 4 bytes a feature, as many a label, and 4 for the weight; threads gather them by themselves, as those of
 * `tensorDataset`. What another reading would change, as the random numbers of `map`, stays as it was in epoch 0. Throws
 * INVALID_OPTION, MEMORY_EXCEEDED before anything is read, and what the data source throws.
 */
export async function cache(dataset: Dataset, options: CacheOptions = {}): Promise<Dataset> {
  const { maxBytes = Math.floor(process.availableMemory() / 2), onProgress } = checkOptions(
    schema,
    { ...options, dataset },
    'cache',
  );
  const { rows, featureShape, label } = dataset;
  const width = elementCount(featureShape);
  const bytes = rows * 4 * (width + label.width + 1);
  if (bytes > maxBytes) throw tooLarge(dataset, bytes, `at most ${formatBytes(maxBytes)} (\`maxBytes\`)`);
  const arrays = allocate(dataset, bytes);
  for await (const { first, rows: read, batch } of readInOrder(dataset)) {
    const labels = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
    arrays.features.set(batch.features.subarray(0, read * width), first * width);
    arrays.labels.set(labels.subarray(0, read * label.width), first * label.width);
    arrays.sampleWeights.set(batch.sampleWeights.subarray(0, read), first);
    onProgress?.(first + read, rows);
  }
  const isWeighted = arrays.sampleWeights.some((weight) => weight !== 1);
  return new TensorDataset(rows, featureShape, label, {
    ...{ name: 'cache', featureWidth: width, labelWidth: label.width, ...arrays },
    sampleWeights: isWeighted ? arrays.sampleWeights : null,
  });
}

interface Arrays {
  readonly features: Float32Array;
  readonly labels: Int32Array | Float32Array;
  readonly sampleWeights: Float32Array;
}

function allocate(dataset: Dataset, bytes: number): Arrays {
  const { rows, featureShape, label } = dataset;
  try {
    return {
      features: newFloats(rows * elementCount(featureShape)),
      labels: label.integer ? newIntegers(rows * label.width) : newFloats(rows * label.width),
      sampleWeights: newFloats(rows),
    };
  } catch (cause) {
    throw tooLarge(dataset, bytes, 'memory for them', cause);
  }
}

function tooLarge({ rows }: Dataset, bytes: number, expected: string, cause?: unknown): LockstepError {
  return new LockstepError('MEMORY_EXCEEDED', {
    place: 'cache',
    expected,
    received: `${formatBytes(bytes)} for ${rows} rows`,
    advice:
      'Keep them on disk: cacheDataset of @lockstep/arrow, or `lockstep convert`, makes Arrow files, which are read as they are needed.',
    ...(cause === undefined ? {} : { cause }),
  });
}
