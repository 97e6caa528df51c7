import { writeSync } from 'node:fs';
import type { BatchSource, Dataset } from '@lockstep/core';
import type { ChildEvent } from './childRunOptions.ts';

/** More batches than a loader reads ahead (the ring has at most 64 slots). */
export const BATCHES_AHEAD = 65;

interface Options {
  readonly event: 'loading training' | 'loading evaluation';
  readonly width: number;
  readonly classes: number;
  readonly seed: number;
  /** The row of the epoch (counting from 0) at which it reports. */
  readonly reportAt: number;
  /** Not null: it reports `holding` once, and reads on when the word is no longer 0. */
  readonly gate: SharedArrayBuffer | null;
}

/** Class labels and computed features. The loader reads all of it, row by row, and tells how far it is. */
export function reportingDataset(rows: number, batchSize: number, options: Omit<Options, 'reportAt'>): Dataset {
  return {
    ...{ rows, featureShape: [options.width], label: { width: 1, integer: true } },
    ...{ chunkRows: [rows], windowBytesPerRow: 0, fingerprint: `${options.event} ${options.seed}` },
    source: { module: import.meta.url, options: { ...options, reportAt: BATCHES_AHEAD * batchSize } },
  };
}

export function openSource({ event, width, classes, seed, reportAt, gate }: Options): BatchSource {
  let read = 0;
  let held = false;
  const report = (name: ChildEvent['event']): void => void writeSync(1, `${JSON.stringify({ event: name })}\n`);
  return {
    loadWindow() {
      read = 0;
    },
    copyRows(batch, at, rows, from, count) {
      if (read <= reportAt && reportAt < read + count) {
        report(event);
        if (gate !== null && !held) {
          held = true;
          report('holding');
          Atomics.wait(new Int32Array(gate), 0, 0);
        }
      }
      read += count;
      for (let i = 0; i < count; i++) {
        const row = rows[from + i];
        for (let j = 0; j < width; j++) batch.features[(at + i) * width + j] = Math.sin(seed + row * width + j * j);
        batch.classLabels[at + i] = (row * 7 + seed) % classes;
        batch.sampleWeights[at + i] = 1;
      }
    },
    describeRow: (row) => `row ${row}`,
    close() {},
  };
}
