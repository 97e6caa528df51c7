/**
 * The reading half of an Arrow dataset whose numbers are read in place. Nothing here decodes Arrow: the layout says where the
 * values lie, and positioned reads bring them into the window's memory, or beside it where columns become rows.
 */
import { viewsOf } from '@lockstep/core/source';
import type { BatchViews, NumberViews, SourceWindow, WindowMemory, WindowSource } from '@lockstep/core/source';
import type { FileBytes } from '../format/arrowFile.ts';
import { columnRuns, termsOf } from '../layout/runs.ts';
import type { ColumnRun } from '../layout/runs.ts';
import { BYTES, rowBytes } from '../layout/types.ts';
import type { ArrowLayout, ColumnLayout } from '../layout/types.ts';
import { ColumnConverter } from './convert.ts';
import { OpenFiles } from './openFiles.ts';
import { readUnchanged } from './readUnchanged.ts';
import { RowLabels } from './rowLabels.ts';
import type { RowNumbers } from './rowLabels.ts';
import { describeWindowRow } from './rows.ts';
import { transpose } from './transpose.ts';
import { planWindow } from './window.ts';
import type { ChunkPlan, StagedRun, WindowPlan } from './window.ts';
import { requireRoom } from './windowMemory.ts';

export function openSource(layout: ArrowLayout): WindowSource {
  return new ArrowSource(layout);
}

class ArrowSource implements WindowSource {
  readonly layout: ArrowLayout;
  readonly runs: readonly ColumnRun[];
  readonly files: OpenFiles;
  readonly converter: ColumnConverter = new ColumnConverter();
  /** Room for the scalar columns of a chunk; only used while a chunk's bytes are at hand. */
  staging: NumberViews = viewsOf(new ArrayBuffer(0));
  private views: NumberViews = this.staging;

  constructor(layout: ArrowLayout) {
    this.layout = layout;
    this.runs = columnRuns(layout.columns);
    this.files = new OpenFiles(layout.files);
  }

  openWindow(chunks: readonly number[], memory: WindowMemory): SourceWindow {
    const plan = planWindow(this.layout, this.runs, chunks, memory.byteOffset);
    requireRoom(memory, plan.end);
    if (this.views.uint8.buffer !== memory.buffer) this.views = viewsOf(memory.buffer);
    if (plan.stagingBytes > this.staging.uint8.length)
      this.staging = viewsOf(new ArrayBuffer(Math.ceil(plan.stagingBytes / 8) * 8));
    return new ArrowWindow(this, chunks, plan, this.views);
  }

  close(): void {
    this.files.close();
  }
}

class ArrowWindow implements SourceWindow {
  readonly starts: readonly number[];
  private readonly source: ArrowSource;
  private readonly chunks: readonly number[];
  private readonly plan: WindowPlan;
  private readonly views: NumberViews;
  private readonly labels: RowLabels;

  constructor(source: ArrowSource, chunks: readonly number[], plan: WindowPlan, views: NumberViews) {
    this.source = source;
    this.chunks = chunks.slice();
    this.plan = plan;
    this.views = views;
    this.starts = plan.starts.filter((_, run) => source.runs[run].role === 'feature');
    this.labels = new RowLabels(views, this.numbersOf('label')!, this.numbersOf('sampleWeight'), (row) =>
      this.describeRow(row),
    );
  }

  loadChunk(index: number): void | Promise<void> {
    const plan = this.plan.chunks[index];
    return readUnchanged(this.source.files.get(plan.file), (bytes) => this.read(bytes, plan));
  }

  copyLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    this.labels.copy(batch, at, rows, from, count);
  }

  describeRow(row: number): string {
    const firstRows = this.plan.chunks.map(({ firstRow }) => firstRow);
    return describeWindowRow(this.source.layout, this.chunks, firstRows, row);
  }

  private read(file: FileBytes, plan: ChunkPlan): void {
    const staged = plan.staged.flatMap(({ reads }) => reads);
    file.prefetch([...plan.reads, ...staged].map(({ position, length }) => ({ offset: position, bytes: length })));
    for (const { at, length, position } of plan.reads) file.read(this.views.uint8, at, length, position);
    for (const run of plan.staged) {
      for (const { at, length, position } of run.reads) file.read(this.source.staging.uint8, at, length, position);
      this.turn(plan, run);
    }
  }

  /** Scalar columns of a chunk from the staging buffer into their rows. */
  private turn({ firstRow, rows }: ChunkPlan, { run: index, reads }: StagedRun): void {
    const { layout, runs, staging, converter } = this.source;
    const run = runs[index];
    const start = this.plan.starts[index] + firstRow * rowBytes(run);
    if (run.isConverted) {
      const columns = run.columns.map((column, c) => {
        const { subtract, factor } = termsOf(layout, column);
        return { kind: layout.columns[column].kind, subtract: subtract[0], factor: factor[0], at: reads[c].at };
      });
      converter.convert(columns, rows, staging, this.views, start);
    } else {
      const bytes = BYTES[run.kind];
      const columns = reads.map(({ at }) => at / bytes);
      transpose(bytes, { rows, columns, source: staging, target: this.views, start: start / bytes });
    }
  }

  private numbersOf(role: ColumnLayout['role']): RowNumbers | undefined {
    const run = this.source.runs.findIndex((candidate) => candidate.role === role);
    if (run < 0) return undefined;
    const { name, kind, width } = this.source.layout.columns[this.source.runs[run].columns[0]];
    return { name, kind, width, start: this.plan.starts[run] / BYTES[kind] };
  }
}
