import { LockstepError } from '../errors.ts';
import type { BatchSource, BatchViews, Dataset, ParallelSource } from './dataset.ts';
import { openParallelSource, openSourceOf } from './openSource.ts';
import { type OrderOptions, rowsOfWindow, windowsOf } from './order.ts';
import { weighByClass } from './weighByClass.ts';

/** What a thread needs to fill batches from a dataset: its description without functions. */
export interface FillerOptions {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly order: OrderOptions;
  /** Number of classes when labels are class indices; 0 leaves labels unchecked. */
  readonly classes: number;
  /** Whether labels that are values are probabilities; absent or false leaves them unchecked. */
  readonly probabilities?: boolean;
  /** What the weights of rows are multiplied by, a number for each class; null or absent: nothing. */
  readonly classWeights?: readonly number[] | null;
}

/**
 * Fills batches one after another, epoch after epoch, in the order of order.ts. Lives in one thread: the loader's, or
 * the caller's in an inline run. Batches span windows; the last batch of an epoch may be shorter.
 */
export class BatchFiller {
  readonly #options: FillerOptions;
  readonly #source: BatchSource;
  readonly #parallel: ParallelSource | null;
  #epoch = 0;
  #windows: number[][] = [];
  #window = 0;
  #rows: Uint32Array = new Uint32Array(0);
  #chunks: readonly number[] = [];
  /** Which row of the dataset each row of the window is; null until it is asked for. */
  #rowNumbers: Uint32Array | null = null;
  #position = 0;
  #remaining = 0;
  /** Rows of the window to come that are left out. */
  #skipped = 0;

  private constructor(options: FillerOptions, source: BatchSource, parallel: ParallelSource | null) {
    this.#options = options;
    this.#source = source;
    this.#parallel = parallel;
  }

  static async open(options: FillerOptions): Promise<BatchFiller> {
    const parallel = await openParallelSource(options.dataset);
    return new BatchFiller(options, parallel ?? (await openSourceOf(options.dataset)), parallel);
  }

  /** Whether threads may gather the features by themselves. */
  get parallel(): boolean {
    return this.#parallel !== null;
  }

  /**
   * Starts an epoch (from 0), whatever came before, `skip` rows behind its beginning. The rows left out cost nothing but
   * the window that the first row lies in.
   */
  startEpoch(epoch: number, skip = 0): void {
    const { dataset, order } = this.#options;
    this.#epoch = epoch;
    this.#windows = windowsOf(order, epoch);
    this.#window = 0;
    this.#rows = new Uint32Array(0);
    this.#position = 0;
    this.#remaining = dataset.rows - skip;
    this.#skipped = skip;
    for (const chunks of this.#windows) {
      const rows = chunks.reduce((sum, chunk) => sum + dataset.chunkRows[chunk], 0);
      if (this.#skipped < rows) break;
      this.#skipped -= rows;
      this.#window++;
    }
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
        const chunks = this.#windows[this.#window];
        const loading = this.#source.loadWindow(chunks);
        if (loading !== undefined) {
          return loading.then(() => {
            this.#enterWindow(chunks);
            return this.#fillFrom(batch, rowNumbers, filled, count);
          });
        }
        this.#enterWindow(chunks);
      }
      const run = Math.min(count - filled, this.#rows.length - this.#position);
      if (rowNumbers === null) this.#source.copyRows(batch, filled, this.#rows, this.#position, run);
      else this.#noteRows(batch, rowNumbers, filled, run);
      if (this.#options.classes > 0) this.#checkLabels(batch.classLabels, filled, run);
      if (this.#options.probabilities) this.#checkProbabilities(batch.valueLabels, filled, run);
      this.#weigh(batch, filled, run);
      this.#position += run;
      filled += run;
    }
    return count;
  }

  /** Labels of the next rows, and which rows they are. */
  #noteRows(batch: BatchViews, rowNumbers: Uint32Array, at: number, count: number): void {
    this.#parallel?.copyLabels(batch, at, this.#rows, this.#position, count);
    this.#rowNumbers ??= rowNumbersOf(this.#options.dataset, this.#chunks);
    for (let i = 0; i < count; i++) rowNumbers[at + i] = this.#rowNumbers[this.#rows[this.#position + i]];
  }

  /** Behind the source, so that sources need to know nothing of classes. */
  #weigh(batch: BatchViews, at: number, count: number): void {
    const { classWeights = null, dataset } = this.#options;
    if (classWeights === null) return;
    const wrong = weighByClass(batch, dataset.label.width, classWeights, at, at + count);
    if (wrong < 0) return;
    throw new LockstepError('LABEL_OUT_OF_RANGE', {
      place: this.#source.describeRow(this.#rows[this.#position + wrong - at]),
      expected: 'a label of 0 or 1, because classes have weights',
      received: String(batch.valueLabels[wrong]),
      advice: 'Leave classWeights out, or give the dataset sampleWeights.',
    });
  }

  close(): void {
    this.#source.close();
  }

  #enterWindow(chunks: readonly number[]): void {
    this.#chunks = chunks;
    this.#rowNumbers = null;
    this.#rows = rowsOfWindow(this.#options.order, this.#epoch, this.#window, chunks);
    this.#window++;
    this.#position = this.#skipped;
    this.#skipped = 0;
  }

  #checkLabels(labels: Int32Array, at: number, count: number): void {
    const { classes } = this.#options;
    for (let i = 0; i < count; i++) {
      const label = labels[at + i];
      if (label >= 0 && label < classes) continue;
      throw new LockstepError('LABEL_OUT_OF_RANGE', {
        place: this.#source.describeRow(this.#rows[this.#position + i]),
        expected: `a class label from 0 to ${classes - 1}, for ${classes} outputs`,
        received: String(label),
        advice:
          label === classes
            ? `Are the classes numbered from 1? Number them from 0, or give the last layer ${classes + 1} units.`
            : 'Give the last layer one unit for each class, and number the classes from 0.',
      });
    }
  }

  /** A cross-entropy of other labels has no minimum: it would fall for ever, and nobody would know why. */
  #checkProbabilities(labels: Float32Array, at: number, count: number): void {
    const { width } = this.#options.dataset.label;
    for (let i = at * width; i < (at + count) * width; i++) {
      const label = labels[i];
      if (label >= -ROUNDING && label <= 1 + ROUNDING) continue;
      const row = Math.floor(i / width) - at;
      throw new LockstepError('LABEL_OUT_OF_RANGE', {
        place: `${this.#source.describeRow(this.#rows[this.#position + row])}${width > 1 ? `, label ${i % width}` : ''}`,
        expected: 'a label from 0 to 1, a no or a yes or a probability, as the loss is a cross-entropy',
        received: String(label),
        advice: adviceForProbability(label, width),
      });
    }
  }
}

/** What probabilities that were computed in float32 may miss 0 and 1 by. */
const ROUNDING = 1e-5;

function adviceForProbability(label: number, width: number): string {
  if (label === -1) return 'Write 0 for no, or use the loss hinge, whose labels are -1 and 1.';
  if (width === 1 && Number.isInteger(label) && label > 1) {
    return (
      'Is it the index of a class? Then give the last layer a unit for each class and the activation softmax, and use ' +
      'sparseCategoricalCrossentropy. For values use meanSquaredError.'
    );
  }
  return 'For values use meanSquaredError, and no activation in the last layer.';
}

/** Rows of the dataset, in the order in which the window holds them: chunk by chunk. */
function rowNumbersOf({ chunkRows }: Dataset, chunks: readonly number[]): Uint32Array {
  let start = 0;
  const starts = chunkRows.map((rows) => (start += rows) - rows);
  const numbers = new Uint32Array(chunks.reduce((sum, chunk) => sum + chunkRows[chunk], 0));
  let at = 0;
  for (const chunk of chunks) {
    for (let row = 0; row < chunkRows[chunk]; row++) numbers[at++] = starts[chunk] + row;
  }
  return numbers;
}
