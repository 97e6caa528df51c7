import { BatchFiller, type Dataset, newBatch } from '@lockstep/core';

/** A row as a batch brings it. */
export interface Row {
  readonly features: readonly number[];
  readonly label: number | readonly number[];
  readonly weight: number;
}

/** What is read, and how; by default an epoch in the dataset's order. */
export interface Reading {
  /** null: the dataset's order. */
  readonly seed?: number | null;
  readonly epoch?: number;
  /** Rows that are left out at the beginning, as in a run that goes on. */
  readonly skip?: number;
  readonly windowBytes?: number;
  readonly batchSize?: number;
}

/** All rows of an epoch, as batches bring them. */
export async function rowsOf(dataset: Dataset, reading: Reading = {}): Promise<Row[]> {
  const { seed = null, epoch = 0, skip = 0, windowBytes = 1 << 16, batchSize = 7 } = reading;
  const { chunkRows, windowBytesPerRow, sequential = false } = dataset;
  const order = { chunkRows, windowBytesPerRow, windowBytes, seed, sequential };
  const filler = await BatchFiller.open({ dataset, batchSize, order, classes: 0 });
  const batch = newBatch(dataset, batchSize);
  const width = batch.features.length / batchSize;
  const labels = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
  const labelWidth = dataset.label.width;
  const all: Row[] = [];
  try {
    filler.startEpoch(epoch, skip);
    while (all.length < dataset.rows - skip) {
      const filled = await filler.fill(batch);
      for (let i = 0; i < filled; i++) {
        const label = [...labels.subarray(i * labelWidth, (i + 1) * labelWidth)];
        all.push({
          features: [...batch.features.subarray(i * width, (i + 1) * width)],
          label: labelWidth === 1 ? label[0] : label,
          weight: batch.sampleWeights[i],
        });
      }
    }
    return all;
  } finally {
    filler.close();
  }
}

/** Rows to be compared whatever their order. */
export const sorted = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
