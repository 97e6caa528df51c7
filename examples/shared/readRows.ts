import { BatchFiller, type BatchViews, type Dataset } from '@lockstep/core';

/** All rows of a dataset with class labels, in file order. */
export interface Rows {
  /** [rows, features]. */
  readonly features: Float32Array;
  /** [rows]. */
  readonly labels: Int32Array;
}

/** Reads a dataset that fits into memory, as one batch. */
export async function readRows(dataset: Dataset): Promise<Rows> {
  const { rows, chunkRows, windowBytesPerRow } = dataset;
  const order = { chunkRows, windowBytesPerRow, windowBytes: Infinity, seed: null };
  const filler = await BatchFiller.open({ dataset, batchSize: rows, order, classes: 0 });
  try {
    const batch = emptyBatch(dataset);
    filler.startEpoch(0);
    await filler.fill(batch);
    return { features: batch.features, labels: batch.classLabels };
  } finally {
    filler.close();
  }
}

function emptyBatch({ rows, featureShape }: Dataset): BatchViews {
  const width = featureShape.reduce((product, size) => product * size, 1);
  return {
    features: new Float32Array(rows * width),
    labelKind: 'classIndex',
    classLabels: new Int32Array(rows),
    valueLabels: new Float32Array(0),
    sampleWeights: new Float32Array(rows),
  };
}
