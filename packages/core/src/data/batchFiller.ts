import type { BatchViews, Dataset } from './dataset.ts';
import { checkLabels, type LabelOptions } from './labelChecks.ts';
import { type OrderOptions, placeOf, windowsOf } from './order.ts';
import { type RowReader, SourceReader } from './rowReader.ts';

/** What a thread needs to fill batches from a dataset: its description without functions. */
export interface FillerOptions extends LabelOptions {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly order: OrderOptions;
}

/**
 * Fills batches one after another, epoch after epoch, in the order of order.ts. Lives in one thread: the loader's, or
 * the caller's in an inline run. Batches span windows; the last batch of an epoch may be shorter.
 */
export class BatchFiller {
  readonly #options: FillerOptions;
  readonly #reader: RowReader;
  #epoch = 0;
  #windows: number[][] = [];
  #window = 0;
  #rows: Uint32Array = new Uint32Array(0);
  #position = 0;
  #remaining = 0;
  /** Rows of the window to come that are left out. */
  #skipped = 0;
  #closed = false;

  constructor(options: FillerOptions, reader: RowReader) {
    this.#options = options;
    this.#reader = reader;
  }

  /** Of the rows that the dataset's source copies. */
  static async open(options: FillerOptions): Promise<BatchFiller> {
    return new BatchFiller(options, await SourceReader.open(options.dataset, options.order));
  }

  /** Whether threads may gather the features by themselves. */
  get parallel(): boolean {
    return this.#reader.parallel;
  }

  /**
   * Starts an epoch (from 0), whatever came before, `skip` rows behind its beginning. The rows left out cost nothing but
   * the window that the first row lies in.
   */
  startEpoch(epoch: number, skip = 0): void {
    const { dataset, order } = this.#options;
    this.#epoch = epoch;
    this.#windows = windowsOf(order, epoch);
    this.#rows = new Uint32Array(0);
    this.#position = 0;
    this.#remaining = dataset.rows - skip;
    const { window, skipped } = placeOf(order, this.#windows, skip);
    this.#window = window;
    this.#skipped = skipped;
    this.#reader.startEpoch(epoch);
  }

  /**
   * Fills the next batch of the epoch and returns its rows; a promise only when the source has to be waited for. With
   * `rowNumbers` it writes there which rows they are, and leaves their features out: only for datasets that are parallel.
   * Throws LABEL_OUT_OF_RANGE and what the source throws.
   */
  fill(batch: BatchViews, rowNumbers: Uint32Array | null = null): number | Promise<number> {
    const count = Math.min(this.#options.batchSize, this.#remaining);
    this.#remaining -= count;
    return this.#fillFrom(batch, rowNumbers, 0, count);
  }

  #fillFrom(batch: BatchViews, rowNumbers: Uint32Array | null, begin: number, count: number): number | Promise<number> {
    let filled = begin;
    while (filled < count) {
      if (this.#position === this.#rows.length) {
        const window = { epoch: this.#epoch, window: this.#window, chunks: this.#windows[this.#window] };
        const rows = this.#reader.enter(window, filled);
        if (rows instanceof Promise) {
          return rows.then((order) => {
            // Nobody waits for this batch any more, and its memory may be another's.
            if (this.#closed) throw new Error('the source was closed');
            this.#beginWindow(order);
            return this.#fillFrom(batch, rowNumbers, filled, count);
          });
        }
        this.#beginWindow(rows);
      }
      const run = Math.min(count - filled, this.#rows.length - this.#position);
      this.#reader.copy(batch, rowNumbers, filled, this.#rows, this.#position, run);
      checkLabels(this.#options, this.#options.dataset.label.width, batch, filled, run, this.#describe);
      this.#position += run;
      filled += run;
    }
    return count;
  }

  /** A batch that is still being waited for is left as it is. */
  close(): void {
    this.#closed = true;
    this.#reader.close();
  }

  /** Where the row comes from that is `i` behind the position. */
  readonly #describe = (i: number): string => this.#reader.describeRow(this.#rows[this.#position + i]);

  #beginWindow(rows: Uint32Array): void {
    this.#rows = rows;
    this.#window++;
    this.#position = this.#skipped;
    this.#skipped = 0;
  }
}
