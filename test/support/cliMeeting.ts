import { existsSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { BatchSource, BatchViews, Dataset } from '@lockstep/core';

/**
 * Tells the test that a program is at a certain place, as an event on standard output, and blocks the thread until the test
 * has made the file. The event has the file's name.
 */
export function meet(file: string): void {
  if (existsSync(file)) return;
  writeSync(1, `${JSON.stringify({ event: basename(file) })}\n`);
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(nothing, 0, 0, 1);
}

interface MeetingOptions {
  readonly file: string;
  /** Rows that have been copied before the meeting. */
  readonly after: number;
  readonly width: number;
}

/** Rows like the digits, whose reader meets the test after some of them. */
export function meetingDataset(file: string, rows: number, after: number): Dataset {
  const options: MeetingOptions = { file, after, width: 64 };
  return {
    rows,
    featureShape: [options.width],
    label: { width: 1, integer: true },
    fingerprint: `meeting ${rows}`,
    chunkRows: [rows],
    windowBytesPerRow: 0,
    source: { module: import.meta.url, options },
  };
}

export function openSource({ file, after, width }: MeetingOptions): BatchSource {
  let copied = 0;
  return {
    loadWindow: () => undefined,
    copyRows(batch: BatchViews, at, rows, from, count) {
      if (copied >= after) meet(file);
      for (let i = 0; i < count; i++) {
        const row = rows[from + i];
        for (let j = 0; j < width; j++) batch.features[(at + i) * width + j] = ((row * 7 + j * 3) % 16) / 16;
        batch.classLabels[at + i] = row % 10;
        batch.sampleWeights[at + i] = 1;
      }
      copied += count;
    },
    describeRow: (row) => `meeting, row ${row}`,
    close: () => undefined,
  };
}
