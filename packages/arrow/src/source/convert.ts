/** Scalar columns from the staging buffer into float32 rows of the window. */
import { BYTES } from '../layout/types.ts';
import type { ArrowLayout } from '../layout/types.ts';
import type { ColumnRun } from '../layout/runs.ts';
import { COPY } from './copy.ts';
import { newJob } from './gather.ts';
import type { WindowViews } from './views.ts';
import type { Conversion } from './window.ts';

/** Rows that are transposed together: the rows being written stay in the cache until all columns are in. */
const TILE_ROWS = 512;
const TILE = Uint32Array.from({ length: TILE_ROWS }, (_, i) => i);

/** `start`: the byte of the window where the run begins. */
export function convertColumns(
  layout: ArrowLayout,
  run: ColumnRun,
  conversion: Conversion,
  staging: WindowViews,
  window: WindowViews,
  start: number,
): void {
  const jobs = run.columns.map((column, c) => {
    const { kind, scale = layout.scale } = layout.columns[column];
    const job = newJob(staging, 1, scale);
    job.rows = TILE;
    job.out = window.float32;
    job.outStride = run.width;
    return { job, copy: COPY[kind], from: conversion.reads[c].at / BYTES[kind] };
  });
  const out = start / BYTES.float32 + conversion.firstRow * run.width;
  for (let row = 0; row < conversion.rows; row += TILE_ROWS) {
    for (let c = 0; c < jobs.length; c++) {
      const { job, copy, from } = jobs[c];
      job.start = from + row;
      job.count = Math.min(TILE_ROWS, conversion.rows - row);
      job.outStart = out + row * run.width + c;
      copy(job);
    }
  }
}
