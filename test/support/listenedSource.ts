import type { BatchSource, Dataset } from '@lockstep/core';

const WIDTH = 20;

interface ListenedOptions {
  readonly onBatch: (batch: number) => void;
}

/** A dataset of rows of 20 numbers whose source says before it fills which batch, from 0. For runs on the caller's thread. */
export function listenedDataset(rows: number, onBatch: ListenedOptions['onBatch']): Dataset {
  const options: ListenedOptions = { onBatch };
  return {
    ...{ rows, featureShape: [WIDTH], label: { width: 1, integer: false }, fingerprint: 'listened' },
    ...{ chunkRows: [rows], windowBytesPerRow: 4 * WIDTH },
    source: { module: import.meta.url, options },
  };
}

export function openSource({ onBatch }: ListenedOptions): BatchSource {
  let batches = 0;
  return {
    loadWindow: () => undefined,
    copyRows(batch, at, rows, from, count) {
      onBatch(batches++);
      for (let i = 0; i < count; i++) {
        const row = rows[from + i];
        for (let j = 0; j < WIDTH; j++) batch.features[(at + i) * WIDTH + j] = ((row * 7 + j * 3) % 11) / 11 - 0.5;
        batch.valueLabels[at + i] = (row % 5) / 5;
        batch.sampleWeights[at + i] = 1;
      }
    },
    describeRow: (row) => `listened table, row ${row}`,
    close() {},
  };
}
