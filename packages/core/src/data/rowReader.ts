import type { BatchSource, BatchViews, Dataset, ParallelSource } from './dataset.ts';
import { openParallelSource, openSourceOf } from './openSource.ts';
import { type OrderOptions, rowsOfWindow } from './order.ts';
import { rowNumbersOf } from './rowNumbers.ts';

/** A window of an epoch, and the chunks in it. */
export interface EpochWindow {
  readonly epoch: number;
  readonly window: number;
  readonly chunks: readonly number[];
}

/**
 * Where a `BatchFiller` has its rows from, window after window: a source that copies them into batches, or windows in shared
 * memory that threads gather from (runtime/windowRing.ts).
 */
export interface RowReader {
  /** Whether threads gather the features by row numbers, where `copy` is given room for these. */
  readonly parallel: boolean;
  startEpoch(epoch: number): void;
  /**
   * Makes a window the current one and returns the order of its rows; a promise only when the source has to be waited for.
   * `filled`: rows of the batch in progress, which come from windows before.
   */
  enter(window: EpochWindow, filled: number): Uint32Array | Promise<Uint32Array>;
  /**
   * Writes rows `rows[from … from + count)` of the current window into rows `at` and following of a batch. With `rowNumbers` it
   * leaves the features out, and writes there what threads find them by.
   */
  copy(
    batch: BatchViews,
    rowNumbers: Uint32Array | null,
    at: number,
    rows: Uint32Array,
    from: number,
    count: number,
  ): void;
  /** Where a row of the current window comes from. */
  describeRow(row: number): string;
  close(): void;
}

/** Rows of a source that has one window at a time. */
export class SourceReader implements RowReader {
  readonly #dataset: Dataset;
  readonly #order: OrderOptions;
  readonly #source: BatchSource;
  readonly #parallel: ParallelSource | null;
  #chunks: readonly number[] = [];
  /** Which row of the dataset each row of the window is; null until it is asked for. */
  #rowNumbers: Uint32Array | null = null;

  private constructor(dataset: Dataset, order: OrderOptions, source: BatchSource, parallel: ParallelSource | null) {
    this.#dataset = dataset;
    this.#order = order;
    this.#source = source;
    this.#parallel = parallel;
  }

  static async open(dataset: Dataset, order: OrderOptions): Promise<SourceReader> {
    const parallel = await openParallelSource(dataset);
    return new SourceReader(dataset, order, parallel ?? (await openSourceOf(dataset)), parallel);
  }

  get parallel(): boolean {
    return this.#parallel !== null;
  }

  startEpoch(epoch: number): void {
    this.#source.startEpoch?.(epoch);
  }

  enter({ epoch, window, chunks }: EpochWindow): Uint32Array | Promise<Uint32Array> {
    const order = (): Uint32Array => {
      this.#chunks = chunks;
      this.#rowNumbers = null;
      return rowsOfWindow(this.#order, epoch, window, chunks);
    };
    const loading = this.#source.loadWindow(chunks);
    return loading === undefined ? order() : loading.then(order);
  }

  copy(...[batch, rowNumbers, at, rows, from, count]: Parameters<RowReader['copy']>): void {
    if (rowNumbers === null) {
      this.#source.copyRows(batch, at, rows, from, count);
      return;
    }
    this.#parallel?.copyLabels(batch, at, rows, from, count);
    this.#rowNumbers ??= rowNumbersOf(this.#dataset.chunkRows, this.#chunks);
    for (let i = 0; i < count; i++) rowNumbers[at + i] = this.#rowNumbers[rows[from + i]];
  }

  describeRow(row: number): string {
    return this.#source.describeRow(row);
  }

  close(): void {
    this.#source.close();
  }
}
