/** Whole epochs of a dataset, as the loader makes their batches: what tests of data compare. */
import { BatchFiller, type BatchViews, type Dataset, type LabelKind } from '@lockstep/core';

export interface ReadOptions {
  /** 'values' by default. */
  readonly labelKind?: LabelKind;
  /** null, the default: file order. */
  readonly seed?: number | null;
  readonly epoch?: number;
  /** Rows of the epoch that are left out at its beginning, as where a run resumes. */
  readonly skip?: number;
  readonly windowBytes?: number;
  readonly batchSize?: number;
}

export interface ReadRows {
  readonly rows: number;
  /** [rows, features], row-major. */
  readonly features: Float32Array;
  /** [rows]; zeros unless labels are class indices. */
  readonly classLabels: Int32Array;
  /** [rows, label width]; zeros unless labels are values. */
  readonly valueLabels: Float32Array;
  readonly sampleWeights: Float32Array;
}

export async function readDataset(dataset: Dataset, options: ReadOptions = {}): Promise<ReadRows> {
  const { labelKind = 'values', seed = null, epoch = 0, skip = 0, windowBytes = 1 << 20, batchSize = 64 } = options;
  const { chunkRows, windowBytesPerRow, featureShape, label } = dataset;
  const width = featureShape.reduce((product, size) => product * size, 1);
  const rows = dataset.rows - skip;
  const all = viewsOf(rows, width, label.width, labelKind);
  const batch = viewsOf(batchSize, width, label.width, labelKind);
  const order = { chunkRows, windowBytesPerRow, windowBytes, seed };
  const filler = await BatchFiller.open({ dataset, batchSize, order, classes: 0 });
  try {
    filler.startEpoch(epoch, skip);
    for (let at = 0; at < rows;) {
      const count = await filler.fill(batch);
      all.features.set(batch.features.subarray(0, count * width), at * width);
      all.classLabels.set(batch.classLabels.subarray(0, count), at);
      all.valueLabels.set(batch.valueLabels.subarray(0, count * label.width), at * label.width);
      all.sampleWeights.set(batch.sampleWeights.subarray(0, count), at);
      at += count;
    }
  } finally {
    filler.close();
  }
  return { rows, ...all };
}

function viewsOf(rows: number, width: number, labelWidth: number, labelKind: LabelKind): BatchViews {
  return {
    ...{ features: new Float32Array(rows * width), labelKind, classLabels: new Int32Array(rows) },
    ...{ valueLabels: new Float32Array(rows * labelWidth), sampleWeights: new Float32Array(rows) },
  };
}
