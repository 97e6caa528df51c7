import type { BatchSource, BatchViews } from './dataset.ts';

/** What tensorDataset hands to its source: shared memory, so that nothing is copied between threads. */
export interface TensorSourceOptions {
  readonly name: string;
  readonly featureWidth: number;
  readonly labelWidth: number;
  readonly features: Float32Array;
  readonly labels: Int32Array | Float32Array;
  readonly sampleWeights: Float32Array | null;
}

/** Rows from arrays in memory. The one window is the whole data. */
export function openSource(options: TensorSourceOptions): BatchSource {
  const { name, featureWidth, labelWidth, features, labels, sampleWeights } = options;
  return {
    loadWindow() {},
    copyRows(batch: BatchViews, at, rows, from, count) {
      const labelTarget = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
      for (let i = 0; i < count; i++) {
        const row = rows[from + i];
        copy(batch.features, (at + i) * featureWidth, features, row * featureWidth, featureWidth);
        copy(labelTarget, (at + i) * labelWidth, labels, row * labelWidth, labelWidth);
        batch.sampleWeights[at + i] = sampleWeights === null ? 1 : sampleWeights[row];
      }
    },
    describeRow: (row) => `${name}, row ${row}`,
    close() {},
  };
}

type Numbers = Float32Array | Int32Array;

/** A loop, because `subarray` would allocate a view for every row. */
function copy(target: Numbers, at: number, source: Numbers, from: number, count: number): void {
  for (let i = 0; i < count; i++) target[at + i] = source[from + i];
}
