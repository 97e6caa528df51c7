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
  /** Says that the source is a `WindowSource`, and what its windows hold. */
  readonly windows?: WindowDescription;
  /**
   * Whether chunks can only be read one after the other, from the first. Their order is then left as it is; rows are
   * shuffled within windows.
   */
  readonly sequential?: boolean;
  /** Where rows of the data may have been left out: how many there were, and why some are not in the dataset. */
  readonly rowCounts?: RowCounts;
}

/** Rows of data by what became of them; `filtered` and `skipped` ones are in no dataset of them. */
export interface RowCounts {
  readonly inFiles: number;
  /** Left out by a filter. */
  readonly filtered: number;
  /** Left out because something in them could not be used. */
  readonly skipped: number;
}

/** How the numbers of a window are stored; little-endian. */
export type NumberKind =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64';

/**
 * Neighbouring features that lie in a window as [rows, width] numbers of one kind, row-major and without gaps. A feature
 * is `float32((value - subtract) × factor)`, computed in double precision and rounded once.
 */
export interface FeatureRun {
  readonly kind: NumberKind;
  /** Numbers of a row. */
  readonly width: number;
  /** One number for all, or one for each number of a row; likewise `factor`. */
  readonly subtract: number | readonly number[];
  readonly factor: number | readonly number[];
}

/** What the windows of a `WindowSource` hold; plain data, so that threads gather features without knowing the source. */
export interface WindowDescription {
  /** In the order of a row's features, which their widths add up to. */
  readonly runs: readonly FeatureRun[];
  /** Most bytes that a window needs beyond its rows times `windowBytesPerRow`: what aligns its parts. */
  readonly overheadBytes: number;
  /** Whether chunks take more work than reading (decompression, nulls, texts), so that several readers pay. */
  readonly decodes: boolean;
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
export type OpenSource = (options: never) => AnySource | Promise<AnySource>;

/** A `WindowSource` where the dataset has `windows`, a `ParallelSource` where its source is `parallel`. */
export type AnySource = BatchSource | WindowSource;

/** How labels are written into a batch: one int32 class index, or `width` float32 values a row. */
export type LabelKind = 'classIndex' | 'values';

/** Reads rows; lives in one thread and is used by nobody else. */
export interface BatchSource {
  /** Told before an epoch's first window is loaded (epochs count from 0), also where the epoch is entered in its middle. */
  startEpoch?(epoch: number): void;
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

/**
 * Fills windows of rows in memory that it is given, so that any thread gathers features from them, several windows are there
 * at once, and several threads fill one. What it writes depends on nothing but the chunks.
 */
export interface WindowSource {
  /** A window of these chunks, in this order, in memory that nobody else writes to while the window is in use. Reads nothing yet. */
  openWindow(chunks: readonly number[], memory: WindowMemory): SourceWindow;
  /** Nothing is written to windows from now on, whatever is still being waited for. */
  close(): void;
}

/** Memory of one window; `byteOffset` is a multiple of 4,096, and so is the address that `buffer` begins at. */
export interface WindowMemory {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** One window. What is said of rows holds when all chunks are loaded, by whatever thread's window over the same memory. */
export interface SourceWindow {
  /** For each run of `WindowDescription`: the byte of `buffer`, from its beginning, where the run's first row lies; a multiple of 64. */
  readonly starts: readonly number[];
  /** [rows] Which row of the memory each row of the window is, where some of the memory's are left out. Absent: the same. */
  readonly places?: Uint32Array;
  /** Loads the chunk at `index` of the window's chunks, into its place. A chunk loaded again has the same bytes. */
  loadChunk(index: number): void | Promise<void>;
  /** As `ParallelSource.copyLabels`, of rows of this window. */
  copyLabels(batch: BatchViews, at: number, rows: Uint32Array, from: number, count: number): void;
  /** Where a row of this window comes from, for error messages, e.g. `train.arrow, row 17`. */
  describeRow(row: number): string;
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
