/**
 * The reading half of an Arrow dataset; runs in the loader's thread. Nothing here decodes Arrow: the layout says where
 * the values lie, and they are read with positioned reads into one buffer that is used again for every window.
 */
import type { BatchSource, BatchViews } from '@lockstep/core/source';
import { columnRuns } from '../layout/runs.ts';
import type { ColumnRun } from '../layout/runs.ts';
import { BYTES } from '../layout/types.ts';
import type { ArrowLayout, ColumnLayout } from '../layout/types.ts';
import { convertColumns } from './convert.ts';
import { FeatureGather } from './gather.ts';
import { OpenFiles } from './openFiles.ts';
import { READ } from './read.ts';
import type { ReadNumber } from './read.ts';
import { describeWindowRow } from './rows.ts';
import { allocateViews } from './views.ts';
import type { WindowViews } from './views.ts';
import { planWindow } from './window.ts';
import type { WindowRead } from './window.ts';
import { wrongValue } from './wrongValue.ts';

export function openSource(layout: ArrowLayout): BatchSource {
  return new ArrowSource(layout);
}

interface ScalarColumn {
  readonly name: string;
  /** Index into the runs. */
  readonly run: number;
  readonly bytes: number;
  readonly read: ReadNumber;
  /** Element of the buffer where the window's first row lies. */
  start: number;
}

class ArrowSource implements BatchSource {
  private readonly layout: ArrowLayout;
  private readonly runs: readonly ColumnRun[];
  private readonly files: OpenFiles;
  private readonly features: FeatureGather;
  private readonly label: ScalarColumn;
  private readonly weight: ScalarColumn | undefined;
  private views: WindowViews = allocateViews(0);
  private staging: WindowViews = allocateViews(0);
  private chunks: readonly number[] = [];
  private firstRows: readonly number[] = [];

  constructor(layout: ArrowLayout) {
    this.layout = layout;
    this.runs = columnRuns(layout.columns);
    this.files = new OpenFiles(layout.files);
    const scales = layout.columns.map(({ scale }) => scale ?? layout.scale);
    this.features = new FeatureGather(this.runs, scales, this.views);
    this.label = scalarColumn(layout, this.runs, 'label')!;
    this.weight = scalarColumn(layout, this.runs, 'sampleWeight');
  }

  async loadWindow(chunks: readonly number[]): Promise<void> {
    const plan = planWindow(this.layout, this.runs, chunks);
    if (plan.bytes > this.views.uint8.byteLength) this.views = allocateViews(plan.bytes);
    if (plan.stagingBytes > this.staging.uint8.byteLength) this.staging = allocateViews(plan.stagingBytes);

    const touched = new Set<number>();
    for (const read of plan.reads) await this.read(read, this.views, touched);
    for (const conversion of plan.conversions) {
      for (const read of conversion.reads) await this.read(read, this.staging, touched);
      const { run } = conversion;
      convertColumns(this.layout, this.runs[run], conversion, this.staging, this.views, plan.starts[run]);
    }
    // After the reads: bytes that were overwritten in the meantime are noticed too.
    for (const file of touched) this.files.get(file).requireUnchanged();

    this.chunks = chunks.slice();
    this.firstRows = plan.firstRows;
    this.features.setWindow(this.views, plan.starts);
    this.label.start = plan.starts[this.label.run] / this.label.bytes;
    if (this.weight !== undefined) this.weight.start = plan.starts[this.weight.run] / this.weight.bytes;
  }

  copyRows(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    this.features.gather(batch.features, at, rows, from, count);
    if (batch.labelKind === 'classIndex') this.copyClassLabels(batch, at, rows, from, count);
    else this.copyValueLabels(batch, at, rows, from, count);
    if (this.weight === undefined) batch.sampleWeights.fill(1, at, at + count);
    else this.copyWeights(this.weight, batch, at, rows, from, count);
  }

  describeRow(row: number): string {
    return describeWindowRow(this.layout, this.chunks, this.firstRows, row);
  }

  close(): void {
    this.files.close();
    this.views = allocateViews(0);
    this.staging = allocateViews(0);
    this.features.setWindow(
      this.views,
      this.runs.map(() => 0),
    );
  }

  private read(
    { file, position, at, length }: WindowRead,
    target: WindowViews,
    touched: Set<number>,
  ): void | Promise<void> {
    touched.add(file);
    return this.files.get(file).reading((bytes) => bytes.read(target.uint8, at, length, position));
  }

  private copyClassLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    const { name, read, start } = this.label;
    for (let i = 0; i < count; i++) {
      const value = read(this.views, start + rows[from + i]);
      // The store would wrap a large number round to a class that exists.
      if (value !== (value | 0)) throw wrongValue('label', this.describeRow(rows[from + i]), name, value);
      batch.classLabels[at + i] = value;
    }
  }

  private copyValueLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    const { read, start } = this.label;
    for (let i = 0; i < count; i++) batch.valueLabels[at + i] = read(this.views, start + rows[from + i]);
  }

  private copyWeights(
    { name, read, start }: ScalarColumn,
    batch: BatchViews,
    at: number,
    rows: Uint32Array,
    from: number,
    count: number,
  ): void {
    for (let i = 0; i < count; i++) {
      const value = read(this.views, start + rows[from + i]);
      if (!(value >= 0 && value < Infinity)) {
        throw wrongValue('sampleWeight', this.describeRow(rows[from + i]), name, value);
      }
      batch.sampleWeights[at + i] = value;
    }
  }
}

function scalarColumn(
  layout: ArrowLayout,
  runs: readonly ColumnRun[],
  role: ColumnLayout['role'],
): ScalarColumn | undefined {
  const run = runs.findIndex((candidate) => candidate.role === role);
  if (run < 0) return undefined;
  const { name, kind } = layout.columns[runs[run].columns[0]];
  return { name, run, bytes: BYTES[kind], read: READ[kind], start: 0 };
}
