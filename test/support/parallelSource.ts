import type { Dataset, ParallelSource } from '@lockstep/core';

const ROWS = 40;
const feature = (row: number): number => Math.sin(row * 3);

/** A regression on computed numbers, in two chunks. `parallel`: whether threads are told that they may gather features. */
export function twoChunks(parallel: boolean): Dataset {
  return {
    rows: ROWS,
    featureShape: [1],
    label: { width: 1, integer: false },
    chunkRows: [ROWS / 2, ROWS / 2],
    windowBytesPerRow: 0,
    fingerprint: 'two chunks',
    source: { module: import.meta.url, options: {}, parallel },
  };
}

/** `size`: what features are multiplied by. */
export function openSource({ size = 1 }: { readonly size?: number }): ParallelSource {
  /** The dataset's row of each row of the window. */
  let window: number[] = [];
  return {
    loadWindow(chunks) {
      window = chunks.flatMap((chunk) => Array.from({ length: ROWS / 2 }, (_, i) => (chunk * ROWS) / 2 + i));
    },
    copyRows(batch, at, rows, from, count) {
      for (let i = 0; i < count; i++) batch.features[at + i] = size * feature(window[rows[from + i]]);
      this.copyLabels(batch, at, rows, from, count);
    },
    copyLabels(batch, at, rows, from, count) {
      for (let i = 0; i < count; i++) batch.valueLabels[at + i] = 2 * feature(window[rows[from + i]]) + 1;
      batch.sampleWeights.fill(1, at, at + count);
    },
    copyFeatures(batch, at, rows, from, count) {
      for (let i = 0; i < count; i++) batch.features[at + i] = feature(rows[from + i]);
    },
    describeRow: (row) => `row ${window[row]}`,
    close() {},
  };
}
