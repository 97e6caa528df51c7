/**
 * The reading half of an Arrow dataset whose columns have to be prepared. When a chunk is loaded, its rows become features, labels and
 * weights as they will be, in the window's memory.
 */
import { viewsOf } from '@lockstep/core/source';
import type { BatchViews, LockstepError, SourceWindow, WindowMemory, WindowSource } from '@lockstep/core/source';
import type { FileBytes } from '../format/arrowFile.ts';
import { changedFile } from '../format/errors.ts';
import { isSet } from '../layout/preparedTypes.ts';
import type { PreparedLayout, Recipe } from '../layout/preparedTypes.ts';
import { BYTES } from '../layout/types.ts';
import { layoutCodes } from './layoutCodes.ts';
import { OpenFiles } from './openFiles.ts';
import { describePreparedRow } from './preparedRows.ts';
import { prepareRows } from './prepare.ts';
import { readUnchanged } from './readUnchanged.ts';
import type { RowTarget } from './prepare.ts';
import { RowLabels } from './rowLabels.ts';
import type { RowNumbers } from './rowLabels.ts';
import { StoredReader } from './storedReader.ts';
import { align, requireRoom } from './windowMemory.ts';

export function openSource(layout: PreparedLayout): WindowSource {
  return new PreparedSource(layout);
}

/** Where the rows of a window are written, and from which of its rows on. */
type Targets = Readonly<Record<Recipe['role'], RowTarget>>;

class PreparedSource implements WindowSource {
  readonly layout: PreparedLayout;
  readonly files: OpenFiles;
  private readonly reader: StoredReader;
  /** Rows of the current chunk's batch that belong to the dataset. */
  private picks: Uint32Array = new Uint32Array(0);

  constructor(layout: PreparedLayout) {
    this.layout = layout;
    this.files = new OpenFiles(layout.files);
    this.reader = new StoredReader(layout, layoutCodes(layout));
  }

  openWindow(chunks: readonly number[], memory: WindowMemory): SourceWindow {
    return new PreparedWindow(this, chunks, memory);
  }

  close(): void {
    this.files.close();
  }

  /** Reads and prepares a chunk, the rows of which begin at `windowRow` of the targets. */
  fillChunk(bytes: FileBytes, index: number, windowRow: number, targets: Targets): void {
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
      const target = targets[recipe.role];
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
}

class PreparedWindow implements SourceWindow {
  readonly starts: readonly number[];
  private readonly source: PreparedSource;
  private readonly chunks: readonly number[];
  private readonly firstRows: readonly number[];
  private readonly targets: Targets;
  private readonly labels: RowLabels;

  constructor(source: PreparedSource, chunks: readonly number[], memory: WindowMemory) {
    const { chunks: all, columns, recipes, featureWidth, labelWidth } = source.layout;
    let rows = 0;
    this.source = source;
    this.chunks = chunks.slice();
    this.firstRows = chunks.map((chunk) => (rows += all[chunk].rows) - all[chunk].rows);
    const weight = recipes.find(({ role }) => role === 'sampleWeight');
    const features = memory.byteOffset;
    const labels = align(features + rows * featureWidth * BYTES.float32);
    const weights = align(labels + rows * labelWidth * BYTES.float64);
    const weightWidth = weight === undefined ? 0 : 1;
    requireRoom(memory, weights + rows * weightWidth * BYTES.float64);
    const { buffer } = memory;
    this.starts = [features];
    this.targets = {
      feature: { values: new Float32Array(buffer, features, rows * featureWidth), width: featureWidth },
      label: { values: new Float64Array(buffer, labels, rows * labelWidth), width: labelWidth },
      sampleWeight: { values: new Float64Array(buffer, weights, rows * weightWidth), width: weightWidth },
    };
    const numbers = (recipe: Recipe, width: number, start: number): RowNumbers => {
      return { name: columns[recipe.column].name, kind: 'float64', width, start: start / BYTES.float64 };
    };
    this.labels = new RowLabels(
      viewsOf(buffer),
      numbers(
        recipes.find(({ role }) => role === 'label')!,
        labelWidth,
        labels,
      ),
      weight === undefined ? undefined : numbers(weight, 1, weights),
      (row) => this.describeRow(row),
    );
  }

  loadChunk(index: number): void | Promise<void> {
    const { source } = this;
    const chunk = this.chunks[index];
    const file = source.files.get(source.layout.batches[source.layout.chunks[chunk].batch].file);
    return readUnchanged(file, (bytes) => source.fillChunk(bytes, chunk, this.firstRows[index], this.targets));
  }

  copyLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    this.labels.copy(batch, at, rows, from, count);
  }

  describeRow(row: number): string {
    return describePreparedRow(this.source.layout, this.chunks, row);
  }
}
