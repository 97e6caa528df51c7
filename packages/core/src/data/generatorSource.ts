import type { BatchSource, BatchViews } from './dataset.ts';
import type { RowFormat, RowRoom } from './generatedBatch.ts';
import { GeneratedRows, type RowGenerator, type RowSupply } from './generatedRows.ts';
import { drop, type FeedAddress, openFeed } from './rowFeeds.ts';
import { newRoom } from './rowRing.ts';
import { startsOf } from './starts.ts';
import { importUserFunction, type UserFunction } from './userFunction.ts';

/** What a generator's dataset hands to its source. */
export interface GeneratorSourceOptions {
  readonly format: RowFormat;
  readonly chunkRows: readonly number[];
  /** The generator: a function of the thread that made the dataset, or of a module. */
  readonly from: { readonly feed: FeedAddress } | { readonly module: UserFunction };
}

/** Rows that a generator makes. */
export async function openSource({ format, chunkRows, from }: GeneratorSourceOptions): Promise<BatchSource> {
  if ('feed' in from) {
    return new GeneratorSource(format, chunkRows, (epoch, row) => openFeed(from.feed, format, epoch, row));
  }
  const generator = await importUserFunction<RowGenerator>(from.module, 'rows', format.name);
  return new GeneratorSource(
    format,
    chunkRows,
    (epoch, row) => new LateRows(new GeneratedRows(generator, format, epoch), format, row),
  );
}

/** Rows of a supply from some row on. */
class LateRows implements RowSupply {
  readonly #inner: RowSupply;
  readonly #format: RowFormat;
  #left: number;
  #closed = false;

  constructor(inner: RowSupply, format: RowFormat, from: number) {
    this.#inner = inner;
    this.#format = format;
    this.#left = from;
  }

  read(room: RowRoom, at: number, count: number): number | Promise<number> {
    if (this.#left === 0) return this.#inner.read(room, at, count);
    const dropping = drop(this.#inner, this.#format, this.#left, () => !this.#closed);
    this.#left = 0;
    return dropping.then(() => this.#inner.read(room, at, count));
  }

  close(): void {
    this.#closed = true;
    this.#inner.close();
  }
}

class GeneratorSource implements BatchSource {
  readonly #format: RowFormat;
  readonly #open: (epoch: number, row: number) => RowSupply;
  /** Number of each chunk's first row, and of the row behind the last chunk. */
  readonly #starts: readonly number[];
  #epoch = 0;
  #supply: RowSupply | null = null;
  /** The row that the supply gives next. */
  #next = 0;
  /** The window's first row, and its rows. */
  #first = 0;
  #window: RowRoom;

  constructor(format: RowFormat, chunkRows: readonly number[], open: (epoch: number, row: number) => RowSupply) {
    this.#format = format;
    this.#open = open;
    this.#starts = startsOf([...chunkRows, 0]);
    this.#window = newRoom(format, 0);
  }

  startEpoch(epoch: number): void {
    this.#stop();
    this.#epoch = epoch;
  }

  /** Chunks follow one another, as the dataset is sequential. Where they do not follow the last window, the epoch begins again. */
  loadWindow(chunks: readonly number[]): void | Promise<void> {
    const first = this.#starts[chunks[0]];
    const rows = this.#starts[chunks[chunks.length - 1] + 1] - first;
    if (this.#supply === null || this.#next !== first) {
      this.#stop();
      this.#supply = this.#open(this.#epoch, first);
      this.#next = first;
    }
    if (this.#window.weights.length < rows) this.#window = newRoom(this.#format, rows);
    this.#first = first;
    return this.#fill(this.#supply, 0, rows);
  }

  copyRows(...[batch, at, rows, from, count]: Parameters<BatchSource['copyRows']>): void {
    const { featureWidth, labelWidth } = this.#format;
    const { features, labels, weights } = this.#window;
    const target = labelsOf(batch);
    for (let i = 0; i < count; i++) {
      const row = rows[from + i];
      let to = (at + i) * featureWidth;
      for (let own = row * featureWidth; own < (row + 1) * featureWidth; own++) batch.features[to++] = features[own];
      to = (at + i) * labelWidth;
      for (let own = row * labelWidth; own < (row + 1) * labelWidth; own++) target[to++] = labels[own];
      batch.sampleWeights[at + i] = weights[row];
    }
  }

  describeRow(row: number): string {
    return `${this.#format.name}, epoch ${this.#epoch}, row ${this.#first + row}`;
  }

  close(): void {
    this.#stop();
  }

  #fill(supply: RowSupply, begin: number, rows: number): void | Promise<void> {
    let read = begin;
    while (read < rows) {
      const reading = supply.read(this.#window, read, rows - read);
      if (typeof reading !== 'number') {
        return reading.then((count) => this.#fill(supply, this.#count(read, count), rows));
      }
      read = this.#count(read, reading);
    }
    // What a generator may have beyond the last row is not asked for.
    if (this.#next === this.#format.rows) supply.close();
    return undefined;
  }

  #count(read: number, count: number): number {
    this.#next += count;
    return read + count;
  }

  #stop(): void {
    this.#supply?.close();
    this.#supply = null;
  }
}

function labelsOf(batch: BatchViews): Int32Array | Float32Array {
  return batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
}
