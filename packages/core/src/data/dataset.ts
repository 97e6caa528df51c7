/**
 * The contract between a dataset and the loader.
 *
 * A dataset has two halves. The half that a user holds (`Dataset`) is a description: counts, shapes, chunks and the
 * module that can read it. The half that reads (`BatchSource`) is opened by that module inside the thread that reads.
 * Only plain data crosses between them, so the same dataset feeds a thread, an inline run, or another process.
 *
 * Rows are reached in two levels, so that data larger than memory can be shuffled and resumed: the order (order.ts)
 * shuffles chunks, groups them into windows, and shuffles the rows of each window.
 */
export interface Dataset {
  /** Rows in one epoch. */
  readonly rows: number;
  /** Shape of one row's features, e.g. [784]. */
  readonly featureShape: readonly number[];
  readonly label: LabelDescription;
  /** Rows of each chunk, in file order; they add up to `rows`. A chunk is read whole. */
  readonly chunkRows: readonly number[];
  /** Bytes that one row takes in a window: the loader limits windows by them. 0 when a window takes no new memory. */
  readonly windowBytesPerRow: number;
  /** Changes when the data or the way it is read changes: sizes, times, columns, scale. */
  readonly fingerprint: string;
  readonly source: SourceLocation;
}

/** What a dataset's labels can be. */
export interface LabelDescription {
  /** Values per row. */
  readonly width: number;
  /** Whether every label is an integer, so that it may be a class index. */
  readonly integer: boolean;
}

/** A module that exports `openSource(options)`, see `OpenSource`; both fields cross threads by structured clone. */
export interface SourceLocation {
  /** Absolute URL of the module. */
  readonly module: string;
  readonly options: unknown;
  /**
   * Whether the source is a `ParallelSource`. Threads then gather the features of the rows that they are about to compute,
   * and the loader's thread prepares only their order and their labels.
   */
  readonly parallel?: boolean;
}

/** The function that a source module exports under the name `openSource`. */
export type OpenSource = (options: never) => BatchSource | Promise<BatchSource>;

/** How labels are written into a batch: one int32 class index, or `width` float32 values a row. */
export type LabelKind = 'classIndex' | 'values';

/** Reads rows; lives in one thread and is used by nobody else. */
export interface BatchSource {
  /**
   * Makes these chunks (indices into `chunkRows`) the current window, in this order. Called before `copyRows`, once a
   * window. The previous window's memory may be reused.
   */
  loadWindow(chunks: readonly number[]): void | Promise<void>;
  /**
   * Writes rows of the current window into a batch: for i in [0, count), window row `rows[from + i]` becomes row
   * `at + i` of the batch. Casts and scales on the way. Must not allocate per row.
   */
  copyRows(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void;
  /** Where window row `row` comes from, for error messages, e.g. `train.arrow, row 17`. */
  describeRow(row: number): string;
  close(): void;
}

/** A source that every thread may open for itself, because its features lie in shared memory. */
export interface ParallelSource extends BatchSource {
  /** The part of `copyRows` that concerns labels and sample weights. */
  copyLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void;
  /** The part of `copyRows` that concerns features. Needs no window: rows are those of the dataset. */
  copyFeatures(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void;
}

/** Views on one batch slot in shared memory. */
export interface BatchViews {
  /** [batchSize, features], row-major. */
  readonly features: Float32Array;
  readonly labelKind: LabelKind;
  /** [batchSize] when labelKind is 'classIndex'. */
  readonly classLabels: Int32Array;
  /** [batchSize, label width] when labelKind is 'values'. */
  readonly valueLabels: Float32Array;
  /** [batchSize]; a source without weights writes 1. */
  readonly sampleWeights: Float32Array;
}
