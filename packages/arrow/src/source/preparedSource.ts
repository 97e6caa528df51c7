/**
 * The reading half of an Arrow dataset whose columns have to be prepared; runs in the loader's thread. When a window is loaded, its
 * rows become features, labels and weights as they will be; a batch then copies whole rows.
 */
import type { BatchSource, BatchViews, LockstepError } from '@lockstep/core/source';
import type { FileBytes } from '../format/arrowFile.ts';
import { changedFile } from '../format/errors.ts';
import { isSet } from '../layout/preparedTypes.ts';
import type { PreparedLayout } from '../layout/preparedTypes.ts';
import { layoutCodes } from './layoutCodes.ts';
import { OpenFiles } from './openFiles.ts';
import { describePreparedRow } from './preparedRows.ts';
import { prepareRows } from './prepare.ts';
import type { RowTarget } from './prepare.ts';
import { StoredReader } from './storedReader.ts';
import { wrongValue } from './wrongValue.ts';

export function openSource(layout: PreparedLayout): BatchSource {
  return new PreparedSource(layout);
}

class PreparedSource implements BatchSource {
  private readonly layout: PreparedLayout;
  private readonly files: OpenFiles;
  private readonly reader: StoredReader;
  private readonly features: RowTarget;
  private readonly labels: RowTarget;
  private readonly weights: RowTarget | undefined;
  private chunks: readonly number[] = [];
  /** Rows of the current chunk's batch that belong to the dataset. */
  private picks: Uint32Array = new Uint32Array(0);

  constructor(layout: PreparedLayout) {
    this.layout = layout;
    this.files = new OpenFiles(layout.files);
    this.reader = new StoredReader(layout, layoutCodes(layout));
    this.features = { values: new Float32Array(0), width: layout.featureWidth };
    this.labels = { values: new Float64Array(0), width: layout.labelWidth };
    const hasWeights = layout.recipes.some(({ role }) => role === 'sampleWeight');
    this.weights = hasWeights ? { values: new Float64Array(0), width: 1 } : undefined;
  }

  async loadWindow(chunks: readonly number[]): Promise<void> {
    const { layout } = this;
    const rows = chunks.reduce((sum, chunk) => sum + layout.chunks[chunk].rows, 0);
    for (const target of [this.features, this.labels, this.weights]) {
      if (target === undefined || target.values.length >= rows * target.width) continue;
      const Numbers = target.values instanceof Float32Array ? Float32Array : Float64Array;
      target.values = new Numbers(rows * target.width);
    }
    const touched = new Set<number>();
    let row = 0;
    for (const chunk of chunks) {
      const { file } = layout.batches[layout.chunks[chunk].batch];
      const windowRow = row;
      await this.files.get(file).reading((bytes) => this.loadChunk(bytes, chunk, windowRow));
      touched.add(file);
      row += layout.chunks[chunk].rows;
    }
    // After the reads: bytes that were overwritten in the meantime are noticed too.
    for (const file of touched) this.files.get(file).requireUnchanged();
    this.chunks = chunks.slice();
  }

  copyRows(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    copyFeatures(batch.features, at, this.features, rows, from, count);
    if (batch.labelKind === 'classIndex') this.copyClassLabels(batch, at, rows, from, count);
    else copyNumbers(batch.valueLabels, at, this.labels, rows, from, count);
    if (this.weights === undefined) batch.sampleWeights.fill(1, at, at + count);
    else this.copyWeights(this.weights, batch, at, rows, from, count);
  }

  describeRow(row: number): string {
    return describePreparedRow(this.layout, this.chunks, row);
  }

  close(): void {
    this.files.close();
  }

  private loadChunk(bytes: FileBytes, index: number, windowRow: number): void {
    const { layout, reader } = this;
    const { batch: number, firstRow, span, rows } = layout.chunks[index];
    const batch = layout.batches[number];
    const { kept } = batch;
    bytes.prefetch(layout.recipes.flatMap(({ column }) => reader.ranges(number, column, firstRow, span)));
    if (this.picks.length < rows) this.picks = new Uint32Array(rows);
    let picked = 0;
    for (let row = 0; row < span; row++) {
      if (kept === undefined || isSet(kept, firstRow + row)) this.picks[picked++] = row;
    }
    for (const recipe of layout.recipes) {
      reader.open(bytes, number, recipe.column, firstRow, span);
      const { width } = layout.columns[recipe.column];
      const target = this.targetOf(recipe.role);
      const tile = reader.tileRows(recipe.column);
      let pick = 0;
      for (let from = 0; from < span; from += tile) {
        const count = Math.min(tile, span - from);
        const first = pick;
        while (pick < rows && this.picks[pick] < from + count) pick++;
        if (pick === first) continue;
        reader.decode(from, count);
        const failed = prepareRows(reader, recipe, width, this.picks, first, pick, from, target, windowRow);
        if (failed >= 0) throw this.changed(index, recipe.column, failed);
      }
    }
  }

  private targetOf(role: 'feature' | 'label' | 'sampleWeight'): RowTarget {
    if (role === 'feature') return this.features;
    return role === 'label' ? this.labels : this.weights!;
  }

  /** A null or a category that was not there when the dataset was made. `row`: of the chunk. */
  private changed(chunk: number, column: number, row: number): LockstepError {
    const { batch, firstRow } = this.layout.chunks[chunk];
    const { file, number, firstRow: batchRow } = this.layout.batches[batch];
    const name = JSON.stringify(this.layout.columns[column].name);
    return changedFile({
      place: `${this.layout.files[file].name}, record batch ${number}, column ${name}, row ${batchRow + firstRow + row}`,
      expected: 'a value that can be used, as when the dataset was made',
      received: 'a null, or one that cannot',
    });
  }

  private copyClassLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    const { values } = this.labels;
    for (let i = 0; i < count; i++) {
      const value = values[rows[from + i]];
      // The store would wrap a large number round to a class that exists.
      if (value !== (value | 0)) throw this.wrongValue('label', rows[from + i], value);
      batch.classLabels[at + i] = value;
    }
  }

  private copyWeights(
    { values }: RowTarget,
    batch: BatchViews,
    at: number,
    rows: Uint32Array,
    from: number,
    count: number,
  ): void {
    for (let i = 0; i < count; i++) {
      const value = values[rows[from + i]];
      if (!(value >= 0 && value < Infinity)) throw this.wrongValue('sampleWeight', rows[from + i], value);
      batch.sampleWeights[at + i] = value;
    }
  }

  private wrongValue(role: 'label' | 'sampleWeight', row: number, value: number): LockstepError {
    const { columns, recipes } = this.layout;
    const { name } = columns[recipes.find((recipe) => recipe.role === role)!.column];
    return wrongValue(role, this.describeRow(row), name, value);
  }
}

/** Features have a loop of their own: one that has met two kinds of arrays is slower for both. */
function copyFeatures(
  out: Float32Array,
  at: number,
  { values, width }: RowTarget,
  rows: Uint32Array,
  from: number,
  count: number,
): void {
  const source = values as Float32Array;
  for (let i = 0; i < count; i++) {
    let read = rows[from + i] * width;
    let to = (at + i) * width;
    for (const end = to + width; to < end; to++) out[to] = source[read++];
  }
}

function copyNumbers(
  out: Float32Array,
  at: number,
  { values, width }: RowTarget,
  rows: Uint32Array,
  from: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    for (let item = 0; item < width; item++) out[(at + i) * width + item] = values[rows[from + i] * width + item];
  }
}
