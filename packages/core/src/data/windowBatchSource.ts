import { LockstepError } from '../errors.ts';
import type {
  BatchSource,
  BatchViews,
  Dataset,
  SourceWindow,
  WindowDescription,
  WindowMemory,
  WindowSource,
} from './dataset.ts';
import { FeatureGather } from './featureGather.ts';
import { rowBytesOf } from './gatherNumbers.ts';
import { viewsOf } from './numberViews.ts';
import { rowsOfChunks } from './order.ts';
import { checkWindow } from './windowCheck.ts';

/** What has to be known of a dataset whose source fills windows. */
export type WindowedDataset = Pick<Dataset, 'chunkRows' | 'windowBytesPerRow'> & {
  readonly windows: WindowDescription;
};

/** A source of batches from one that fills windows: for whoever reads rows on one thread, without an arena. */
export class WindowBatchSource implements BatchSource {
  readonly #dataset: WindowedDataset;
  readonly #source: WindowSource;
  readonly #features: FeatureGather;
  #memory: GrowingMemory | null = null;
  #window: SourceWindow | null = null;
  /** Room for the rows of a batch. */
  #places: Uint32Array = new Uint32Array(0);

  constructor(dataset: WindowedDataset, source: WindowSource) {
    this.#dataset = dataset;
    this.#source = source;
    this.#features = new FeatureGather(dataset.windows.runs);
  }

  loadWindow(chunks: readonly number[]): void | Promise<void> {
    const { chunkRows, windowBytesPerRow, windows } = this.#dataset;
    const rows = rowsOfChunks({ chunkRows }, chunks);
    this.#memory ??= newMemory();
    const memory = withRoom(this.#memory, rows * windowBytesPerRow + windows.overheadBytes);
    const window = this.#source.openWindow(chunks, memory);
    checkWindow(window, rows, windows.runs.map(rowBytesOf), memory);
    this.#window = window;
    this.#features.setWindow(viewsOf(memory.buffer), window.starts);
    return loadFrom(window, 0, chunks.length);
  }

  copyRows(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void {
    const places = this.#window?.places;
    if (places === undefined) this.#features.gather(batch.features, at, rows, from, count);
    else this.#features.gather(batch.features, at, this.#placesOf(places, rows, from, count), 0, count);
    this.#window?.copyLabels(batch, at, rows, from, count);
  }

  /** Good until the next call. */
  #placesOf(places: Uint32Array, rows: Uint32Array, from: number, count: number): Uint32Array {
    if (this.#places.length < count) this.#places = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.#places[i] = places[rows[from + i]];
    return this.#places;
  }

  describeRow(row: number): string {
    return this.#window?.describeRow(row) ?? `row ${row}`;
  }

  close(): void {
    this.#source.close();
    this.#window = null;
    this.#memory = null;
  }
}

/** Without a promise where the source needs none. */
function loadFrom(window: SourceWindow, first: number, end: number): void | Promise<void> {
  for (let index = first; index < end; index++) {
    const loading = window.loadChunk(index);
    if (loading !== undefined) return loading.then(() => loadFrom(window, index + 1, end));
  }
  return undefined;
}

/** The part of `WebAssembly.Memory` that is used; see `sharedMemory.ts` of the kernels for why it is typed here. */
interface GrowingMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;

/** Memory that begins at a page, as an ArrayBuffer of this size need not; it is taken when it is touched. */
function newMemory(): GrowingMemory {
  const { Memory } = (
    globalThis as unknown as {
      WebAssembly: { Memory: new (limits: { initial: number; maximum: number }) => GrowingMemory };
    }
  ).WebAssembly;
  return new Memory({ initial: 0, maximum: MOST_PAGES });
}

/** Room for a window of so many bytes. Throws MEMORY_EXCEEDED. */
function withRoom(memory: GrowingMemory, bytes: number): WindowMemory {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0) {
    try {
      memory.grow(missing);
    } catch (error) {
      throw new LockstepError('MEMORY_EXCEEDED', {
        place: 'a window of rows',
        expected: `memory for ${bytes} bytes, of at most 4 GiB`,
        received: error instanceof Error ? error.message : String(error),
        advice: 'Write the data in smaller record batches: the rows of one are read at once.',
        cause: error,
      });
    }
  }
  return { buffer: memory.buffer, byteOffset: 0, byteLength: memory.buffer.byteLength };
}
