import type { BatchSource, ParallelSource } from './dataset.ts';
import { type ReadableDataset, openParallelSource, openSourceOf } from './openSource.ts';
import { lastNotAbove, startsOf } from './starts.ts';

/** What a concatenation hands to its source. */
export interface ConcatSourceOptions {
  readonly parts: readonly ConcatPart[];
}

export interface ConcatPart extends ReadableDataset {
  readonly rows: number;
}

/** The rows of several sources, which read them. Parallel where all of them are. */
export async function openSource({ parts }: ConcatSourceOptions): Promise<BatchSource> {
  const opened: BatchSource[] = [];
  try {
    const parallel: ParallelSource[] = [];
    for (const part of parts) {
      const own = await openParallelSource(part);
      if (own !== null) parallel.push(own);
      opened.push(own ?? (await openSourceOf(part)));
    }
    return parallel.length === parts.length ? new ParallelConcat(parts, parallel) : new Concat(parts, opened);
  } catch (error) {
    for (const source of opened) source.close();
    throw error;
  }
}

/** What a source's calls that write rows into a batch are given. */
type CopyCall = Parameters<BatchSource['copyRows']>;

class Concat<Inner extends BatchSource = BatchSource> implements BatchSource {
  readonly #inner: readonly Inner[];
  readonly #parts: readonly ConcatPart[];
  readonly #firstChunks: readonly number[];
  /** The part that each row of the window is of, and the row of that part's own window. */
  #partsOfWindow: Uint32Array = new Uint32Array(0);
  #rowsOfWindow: Uint32Array = new Uint32Array(0);
  /** The same of the rows that are being copied. */
  protected partsOfRows: Uint32Array = new Uint32Array(0);
  protected rowsOfParts: Uint32Array = new Uint32Array(0);

  constructor(parts: readonly ConcatPart[], inner: readonly Inner[]) {
    this.#parts = parts;
    this.#inner = inner;
    this.#firstChunks = startsOf(parts.map(({ chunkRows }) => chunkRows.length));
  }

  startEpoch(epoch: number): void {
    for (const source of this.#inner) source.startEpoch?.(epoch);
  }

  /** Each part's own chunks become that part's window; a part that has none in the window keeps its last. */
  loadWindow(chunks: readonly number[]): void | Promise<void> {
    const own: number[][] = this.#parts.map(() => []);
    const filled = this.#parts.map(() => 0);
    const places = chunks.map((chunk) => {
      const part = lastNotAbove(this.#firstChunks, chunk);
      const local = chunk - this.#firstChunks[part];
      const begin = filled[part];
      const rows = this.#parts[part].chunkRows[local];
      own[part].push(local);
      filled[part] += rows;
      return { part, begin, rows };
    });
    const total = places.reduce((sum, { rows }) => sum + rows, 0);
    this.#partsOfWindow = new Uint32Array(total);
    this.#rowsOfWindow = new Uint32Array(total);
    let at = 0;
    for (const { part, begin, rows } of places) {
      this.#partsOfWindow.fill(part, at, at + rows);
      for (let row = 0; row < rows; row++) this.#rowsOfWindow[at++] = begin + row;
    }
    return this.#load(own, 0);
  }

  copyRows(...[batch, at, rows, from, count]: CopyCall): void {
    this.findInWindows(rows, from, count);
    this.eachRun(count, (source, begin, length) => {
      source.copyRows(batch, at + begin, this.rowsOfParts, begin, length);
    });
  }

  describeRow(row: number): string {
    return this.#inner[this.#partsOfWindow[row]].describeRow(this.#rowsOfWindow[row]);
  }

  close(): void {
    for (const source of this.#inner) source.close();
  }

  /** Where rows of the window are. */
  protected findInWindows(rows: Uint32Array, from: number, count: number): void {
    this.makeRoom(count);
    for (let i = 0; i < count; i++) {
      const row = rows[from + i];
      this.partsOfRows[i] = this.#partsOfWindow[row];
      this.rowsOfParts[i] = this.#rowsOfWindow[row];
    }
  }

  /** Calls for every run of rows that are of the same part. */
  protected eachRun(count: number, copy: (source: Inner, begin: number, length: number) => void): void {
    for (let begin = 0; begin < count;) {
      const part = this.partsOfRows[begin];
      let end = begin + 1;
      while (end < count && this.partsOfRows[end] === part) end++;
      copy(this.#inner[part], begin, end - begin);
      begin = end;
    }
  }

  protected makeRoom(count: number): void {
    if (this.partsOfRows.length >= count) return;
    this.partsOfRows = new Uint32Array(count);
    this.rowsOfParts = new Uint32Array(count);
  }

  /** One part after the other; without a promise where no source needs one. */
  #load(own: readonly (readonly number[])[], from: number): void | Promise<void> {
    for (let part = from; part < own.length; part++) {
      if (own[part].length === 0) continue;
      const loading = this.#inner[part].loadWindow(own[part]);
      if (loading !== undefined) return loading.then(() => this.#load(own, part + 1));
    }
    return undefined;
  }
}

class ParallelConcat extends Concat<ParallelSource> implements ParallelSource {
  readonly #firstRows: readonly number[];

  constructor(parts: readonly ConcatPart[], inner: readonly ParallelSource[]) {
    super(parts, inner);
    this.#firstRows = startsOf(parts.map(({ rows }) => rows));
  }

  copyLabels(...[batch, at, rows, from, count]: CopyCall): void {
    this.findInWindows(rows, from, count);
    this.eachRun(count, (source, begin, length) => {
      source.copyLabels(batch, at + begin, this.rowsOfParts, begin, length);
    });
  }

  copyFeatures(...[batch, at, rows, from, count]: CopyCall): void {
    this.makeRoom(count);
    for (let i = 0; i < count; i++) {
      const part = lastNotAbove(this.#firstRows, rows[from + i]);
      this.partsOfRows[i] = part;
      this.rowsOfParts[i] = rows[from + i] - this.#firstRows[part];
    }
    this.eachRun(count, (source, begin, length) => {
      source.copyFeatures(batch, at + begin, this.rowsOfParts, begin, length);
    });
  }
}
