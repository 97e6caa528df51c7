import type { AnySource, BatchSource, ParallelSource, SourceWindow, WindowMemory, WindowSource } from './dataset.ts';
import { type ReadableDataset, openParallelSource, openSourceOf, openWindowSource } from './openSource.ts';

/** What a slice hands to its source: where the rows are, and which of them. */
export interface SliceSourceOptions {
  readonly inner: ReadableDataset;
  /** First row of the slice in the dataset inside. */
  readonly begin: number;
  readonly chunks: readonly SliceChunk[];
}

/** A chunk of the dataset inside: its number, and which of its rows belong to the slice. */
export interface SliceChunk {
  readonly chunk: number;
  readonly first: number;
  readonly rows: number;
}

/** Some rows of another source, which reads them. Parallel where that one is; fills windows where that one does. */
export async function openSource(options: SliceSourceOptions): Promise<AnySource> {
  const windows = await openWindowSource(options.inner);
  if (windows !== null) return new SliceWindows(options, windows);
  const parallel = await openParallelSource(options.inner);
  if (parallel !== null) return new ParallelSlice(options, parallel);
  return new Slice(options, await openSourceOf(options.inner));
}

/** Row numbers in the window, or in the dataset, of what is inside. */
class Slice<Inner extends BatchSource = BatchSource> implements BatchSource {
  protected readonly options: SliceSourceOptions;
  protected readonly inner: Inner;
  /** Row of the window inside, for each row of the window. */
  #window: Uint32Array = new Uint32Array(0);
  /** Room for the rows of a batch. */
  #rows: Uint32Array = new Uint32Array(0);

  constructor(options: SliceSourceOptions, inner: Inner) {
    this.options = options;
    this.inner = inner;
  }

  startEpoch(epoch: number): void {
    this.inner.startEpoch?.(epoch);
  }

  loadWindow(chunks: readonly number[]): void | Promise<void> {
    this.#window = rowsInside(this.options, chunks);
    return this.inner.loadWindow(chunksInside(this.options, chunks));
  }

  copyRows(...[batch, at, rows, from, count]: Parameters<BatchSource['copyRows']>): void {
    this.inner.copyRows(batch, at, this.inWindow(rows, from, count), 0, count);
  }

  describeRow(row: number): string {
    return this.inner.describeRow(this.#window[row]);
  }

  close(): void {
    this.inner.close();
  }

  /** The same rows of the window inside. Good until the next call. */
  protected inWindow(rows: Uint32Array, from: number, count: number): Uint32Array {
    const mapped = this.room(count);
    for (let i = 0; i < count; i++) mapped[i] = this.#window[rows[from + i]];
    return mapped;
  }

  protected room(count: number): Uint32Array {
    if (this.#rows.length < count) this.#rows = new Uint32Array(count);
    return this.#rows;
  }
}

class ParallelSlice extends Slice<ParallelSource> implements ParallelSource {
  copyLabels(...[batch, at, rows, from, count]: Parameters<ParallelSource['copyLabels']>): void {
    this.inner.copyLabels(batch, at, this.inWindow(rows, from, count), 0, count);
  }

  copyFeatures(...[batch, at, rows, from, count]: Parameters<ParallelSource['copyFeatures']>): void {
    const mapped = this.room(count);
    const { begin } = this.options;
    for (let i = 0; i < count; i++) mapped[i] = rows[from + i] + begin;
    this.inner.copyFeatures(batch, at, mapped, 0, count);
  }
}

/** Windows of another source, in which cut chunks have rows that are left out. */
class SliceWindows implements WindowSource {
  readonly #options: SliceSourceOptions;
  readonly #inner: WindowSource;

  constructor(options: SliceSourceOptions, inner: WindowSource) {
    this.#options = options;
    this.#inner = inner;
  }

  openWindow(chunks: readonly number[], memory: WindowMemory): SourceWindow {
    const inner = this.#inner.openWindow(chunksInside(this.#options, chunks), memory);
    return new SliceWindow(inner, rowsInside(this.#options, chunks));
  }

  close(): void {
    this.#inner.close();
  }
}

class SliceWindow implements SourceWindow {
  readonly starts: readonly number[];
  readonly places: Uint32Array;
  readonly #inner: SourceWindow;
  /** Row of the window inside, for each row of this one. */
  readonly #rows: Uint32Array;
  /** Room for the rows of a batch. */
  #room: Uint32Array = new Uint32Array(0);

  constructor(inner: SourceWindow, rows: Uint32Array) {
    const { places } = inner;
    this.starts = inner.starts;
    this.places = places === undefined ? rows : rows.map((row) => places[row]);
    this.#inner = inner;
    this.#rows = rows;
  }

  loadChunk(index: number): void | Promise<void> {
    return this.#inner.loadChunk(index);
  }

  copyLabels(...[batch, at, rows, from, count]: Parameters<SourceWindow['copyLabels']>): void {
    if (this.#room.length < count) this.#room = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.#room[i] = this.#rows[rows[from + i]];
    this.#inner.copyLabels(batch, at, this.#room, 0, count);
  }

  describeRow(row: number): string {
    return this.#inner.describeRow(this.#rows[row]);
  }
}

/** The dataset inside has other numbers for chunks of the slice. */
function chunksInside({ chunks: own }: SliceSourceOptions, chunks: readonly number[]): number[] {
  return chunks.map((index) => own[index].chunk);
}

/** For each row of a window of these chunks, the row of the window inside, whose chunks are whole. */
function rowsInside({ chunks: own, inner }: SliceSourceOptions, chunks: readonly number[]): Uint32Array {
  const window = new Uint32Array(chunks.reduce((sum, chunk) => sum + own[chunk].rows, 0));
  let at = 0;
  let start = 0;
  for (const index of chunks) {
    const { chunk, first, rows } = own[index];
    for (let row = 0; row < rows; row++) window[at++] = start + first + row;
    start += inner.chunkRows[chunk];
  }
  return window;
}
