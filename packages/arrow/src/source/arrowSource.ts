/**
 * The reading half of an Arrow dataset; runs in the loader's thread. Nothing here decodes Arrow: the layout says where
 * the values lie, and they are read with positioned reads into one buffer that is used again for every window.
 */
import { LockstepError } from '@lockstep/core';
import type { BatchSource, BatchViews } from '@lockstep/core';
import { BYTES } from '../layout/types.ts';
import type { ArrowLayout, ColumnLayout } from '../layout/types.ts';
import { COPY } from './copy.ts';
import type { CopyJob } from './copy.ts';
import { OpenFiles } from './openFiles.ts';
import { READ } from './read.ts';
import type { ReadNumber } from './read.ts';
import { allocateViews } from './views.ts';
import type { WindowViews } from './views.ts';
import { planWindow } from './window.ts';

/** Rows gathered column by column before the next rows: their part of the batch stays in the nearest cache. */
const TILE_ROWS = 128;
const NO_ROWS = new Uint32Array(0);
const NO_VALUES = new Float32Array(0);

export function openSource(layout: ArrowLayout): BatchSource {
  return new ArrowSource(layout);
}

interface FeatureColumn {
  readonly column: number;
  /** Position of its first value in a row of features. */
  readonly offset: number;
  readonly copy: (job: CopyJob) => void;
  readonly job: CopyJob;
}

interface ScalarColumn {
  readonly column: number;
  readonly read: ReadNumber;
  /** Element of the buffer where the window's first row lies. */
  start: number;
}

class ArrowSource implements BatchSource {
  private readonly layout: ArrowLayout;
  private readonly files: OpenFiles;
  private readonly features: readonly FeatureColumn[];
  private readonly featureWidth: number;
  private readonly label: ScalarColumn;
  private readonly weight: ScalarColumn | undefined;
  private views: WindowViews = allocateViews(0);
  private chunks: readonly number[] = [];
  private firstRows: readonly number[] = [];

  constructor(layout: ArrowLayout) {
    this.layout = layout;
    this.files = new OpenFiles(layout.files);
    const features: FeatureColumn[] = [];
    let width = 0;
    layout.columns.forEach((column, index) => {
      if (column.role !== 'feature') return;
      const job = newJob(this.views, column, layout.scale);
      features.push({ column: index, offset: width, copy: COPY[column.kind], job });
      width += column.width;
    });
    this.features = features;
    this.featureWidth = width;
    this.label = scalarColumn(layout, 'label')!;
    this.weight = scalarColumn(layout, 'sampleWeight');
  }

  loadWindow(chunks: readonly number[]): void {
    const plan = planWindow(this.layout, chunks);
    if (plan.bytes > this.views.uint8.byteLength) this.views = allocateViews(plan.bytes);
    const touched = new Set<number>();
    for (const { file, position, at, length } of plan.reads) {
      this.files.get(file).read(this.views.uint8, at, length, position);
      touched.add(file);
    }
    // After the reads: bytes that were overwritten in the meantime are noticed too.
    for (const file of touched) this.files.get(file).requireStamp(this.layout.files[file].stamp);

    this.chunks = chunks.slice();
    this.firstRows = plan.firstRows;
    for (const { column, job } of this.features) {
      job.views = this.views;
      job.start = this.startOf(column, plan.starts);
    }
    this.label.start = this.startOf(this.label.column, plan.starts);
    if (this.weight !== undefined) this.weight.start = this.startOf(this.weight.column, plan.starts);
  }

  copyRows(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    if (this.features.length === 1 && isRun(rows, from, count)) this.copyRun(batch, at, rows, from, count);
    else this.copyTiles(batch, at, rows, from, count);
    if (batch.labelKind === 'classIndex') this.copyClassLabels(batch, at, rows, from, count);
    else this.copyValueLabels(batch, at, rows, from, count);
    if (this.weight === undefined) batch.sampleWeights.fill(1, at, at + count);
    else this.copyWeights(this.weight, batch, at, rows, from, count);
  }

  describeRow(row: number): string {
    let low = 0;
    let high = this.firstRows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.firstRows[middle] <= row) low = middle;
      else high = middle - 1;
    }
    const chunk = this.layout.chunks[this.chunks[low]];
    const batch = this.layout.batches[chunk.batch];
    const fileRow = batch.firstRow + chunk.firstRow + row - this.firstRows[low];
    return `${this.layout.files[batch.file].name}, row ${fileRow}`;
  }

  close(): void {
    this.files.close();
    this.views = allocateViews(0);
  }

  private startOf(column: number, starts: readonly number[]): number {
    return starts[column] / BYTES[this.layout.columns[column].kind];
  }

  /** Consecutive rows of a single column are one long row. */
  private copyRun(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    const { copy, job } = this.features[0];
    job.width = this.featureWidth * count;
    job.rows = rows;
    job.from = from;
    job.count = Math.min(count, 1);
    job.out = batch.features;
    job.outStart = at * this.featureWidth;
    job.outStride = 0;
    copy(job);
  }

  private copyTiles(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    for (let done = 0; done < count; done += TILE_ROWS) {
      for (let i = 0; i < this.features.length; i++) {
        const { column, offset, copy, job } = this.features[i];
        job.width = this.layout.columns[column].width;
        job.rows = rows;
        job.from = from + done;
        job.count = Math.min(TILE_ROWS, count - done);
        job.out = batch.features;
        job.outStart = (at + done) * this.featureWidth + offset;
        job.outStride = this.featureWidth;
        copy(job);
      }
    }
  }

  private copyClassLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    const { read, start } = this.label;
    for (let i = 0; i < count; i++) {
      const value = read(this.views, start + rows[from + i]);
      // The store would wrap a large number round to a class that exists.
      if (value !== (value | 0)) throw this.badLabel(rows[from + i], value);
      batch.classLabels[at + i] = value;
    }
  }

  private copyValueLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    const { read, start } = this.label;
    for (let i = 0; i < count; i++) batch.valueLabels[at + i] = read(this.views, start + rows[from + i]);
  }

  private copyWeights(
    { read, start, column }: ScalarColumn,
    batch: BatchViews,
    at: number,
    rows: Uint32Array,
    from: number,
    count: number,
  ): void {
    for (let i = 0; i < count; i++) {
      const value = read(this.views, start + rows[from + i]);
      if (!(value >= 0 && value < Infinity)) throw this.badWeight(rows[from + i], column, value);
      batch.sampleWeights[at + i] = value;
    }
  }

  private badLabel(row: number, value: number): LockstepError {
    return new LockstepError('LABEL_OUT_OF_RANGE', {
      place: `${this.describeRow(row)}, column ${JSON.stringify(this.layout.columns[this.label.column].name)}`,
      expected: 'a class index, an integer of 32 bits',
      received: String(value),
      advice: 'Number the classes from 0, or choose a loss for values.',
    });
  }

  private badWeight(row: number, column: number, value: number): LockstepError {
    return new LockstepError('INVALID_DATA', {
      place: `${this.describeRow(row)}, column ${JSON.stringify(this.layout.columns[column].name)}`,
      expected: 'a finite weight of at least 0',
      received: String(value),
      advice: 'Correct the weights when writing the file.',
    });
  }
}

function isRun(rows: Uint32Array, from: number, count: number): boolean {
  for (let i = 1; i < count; i++) if (rows[from + i] !== rows[from] + i) return false;
  return true;
}

function newJob(views: WindowViews, column: ColumnLayout, scale: number): CopyJob {
  const { width } = column;
  const nothing = { rows: NO_ROWS, from: 0, count: 0, out: NO_VALUES, outStart: 0, outStride: 0 };
  return { views, start: 0, stride: width, width, scale, ...nothing };
}

function scalarColumn(layout: ArrowLayout, role: ColumnLayout['role']): ScalarColumn | undefined {
  const column = layout.columns.findIndex((candidate) => candidate.role === role);
  return column < 0 ? undefined : { column, read: READ[layout.columns[column].kind], start: 0 };
}
