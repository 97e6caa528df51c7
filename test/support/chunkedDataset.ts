import type { BatchViews, Dataset, ParallelSource } from '@lockstep/core';
import { tensorDataset } from '@lockstep/core';

/** Where rows computed from their numbers lie. */
export interface Chunked {
  readonly chunkRows: readonly number[];
  /** Number of the first row. */
  readonly first?: number;
  readonly parallel?: boolean;
  /** Whether windows are waited for. */
  readonly waits?: boolean;
}

export const CHUNKED_SHAPE = [3] as const;
export const CHUNKED_CLASSES = 3;

/** The first says which row it is. */
const featureOf = (row: number, i: number): number =>
  i === 0 ? row / 128 : Math.fround(((row * 7 + i * 3) % 23) / 11.5 - 1);
const labelOf = (row: number): number => (row * 5) % CHUNKED_CLASSES;
const weightOf = (row: number): number => 1 + (row % 2);

/** A dataset of rows in several chunks, whose features, labels and weights are computed from their numbers. */
export function chunkedDataset(options: Chunked): Dataset {
  const { chunkRows, parallel = false } = options;
  return {
    rows: chunkRows.reduce((sum, rows) => sum + rows, 0),
    featureShape: CHUNKED_SHAPE,
    label: { width: 1, integer: true },
    chunkRows,
    windowBytesPerRow: 1024,
    fingerprint: JSON.stringify(['chunked', options]),
    source: { module: import.meta.url, options, parallel },
  };
}

/** The same rows in arrays. */
export function chunkedRows(first: number, rows: number): Dataset {
  const numbers = Array.from({ length: rows }, (_, i) => first + i);
  return tensorDataset({
    features: numbers.flatMap((row) => [0, 1, 2].map((i) => featureOf(row, i))),
    labels: numbers.map(labelOf),
    sampleWeights: numbers.map(weightOf),
    featureShape: CHUNKED_SHAPE,
  });
}

export function openSource({ chunkRows, first = 0, waits = false }: Chunked): ParallelSource {
  const [width] = CHUNKED_SHAPE;
  const starts = chunkRows.map((_, chunk) => chunkRows.slice(0, chunk).reduce((sum, rows) => sum + rows, first));
  /** The number of each row of the window. */
  let window: number[] = [];
  const writeFeatures = (batch: BatchViews, at: number, row: number): void => {
    for (let i = 0; i < width; i++) batch.features[at * width + i] = featureOf(row, i);
  };
  return {
    loadWindow(chunks) {
      window = chunks.flatMap((chunk) => Array.from({ length: chunkRows[chunk] }, (_, i) => starts[chunk] + i));
      return waits ? Promise.resolve() : undefined;
    },
    copyRows(batch, at, rows, from, count) {
      for (let i = 0; i < count; i++) writeFeatures(batch, at + i, window[rows[from + i]]);
      this.copyLabels(batch, at, rows, from, count);
    },
    copyLabels(batch, at, rows, from, count) {
      for (let i = 0; i < count; i++) {
        const row = window[rows[from + i]];
        if (batch.labelKind === 'classIndex') batch.classLabels[at + i] = labelOf(row);
        else batch.valueLabels[at + i] = labelOf(row);
        batch.sampleWeights[at + i] = weightOf(row);
      }
    },
    copyFeatures(batch, at, rows, from, count) {
      for (let i = 0; i < count; i++) writeFeatures(batch, at + i, first + rows[from + i]);
    },
    describeRow: (row) => `row ${window[row]}`,
    close() {},
  };
}
