import type { Dataset } from './dataset.ts';
import { PURPOSE, RandomSequence, shuffle } from '../random/philox.ts';

/**
 * The order of an epoch: a pure function of the chunks, the seed and the epoch, never of threads or timing. Shuffled, it
 * has two levels, so that data larger than memory is read in long runs: the chunks are shuffled, consecutive chunks
 * of that order form windows that fit into memory, and the rows of each window are shuffled. Unshuffled, it is file order.
 */
export interface OrderOptions {
  readonly chunkRows: readonly number[];
  readonly windowBytesPerRow: number;
  /** Most bytes of a window; one chunk is always allowed. Part of the order: it decides which rows mix. */
  readonly windowBytes: number;
  /** null: file order. */
  readonly seed: number | null;
  /** Whether chunks stay in file order, and only the rows of each window are shuffled; default false. */
  readonly sequential?: boolean;
}

export const DEFAULT_WINDOW_BYTES: number = 64 * 1024 * 1024;
export const LEAST_WINDOW_BYTES: number = 1024 * 1024;

/**
 * Most rows of a window, and of a chunk. Threads have bits for four times as many (ROW_NUMBER): windows of a slice may have the
 * rows of two chunks more, which it leaves out.
 */
export const WINDOW_ROWS: number = 2 ** 26;

/** Windows in file order mix no rows; they are so large that what was read is still in the cache when it is gathered. */
const FILE_ORDER_BYTES = 4 * 1024 * 1024;

/** The order that a run shuffles the rows of a dataset in. */
export function shuffledOrder(dataset: Dataset, seed: number, windowBytes: number): OrderOptions {
  const { chunkRows, windowBytesPerRow, sequential = false } = dataset;
  return { chunkRows, windowBytesPerRow, windowBytes, seed, sequential };
}

/** File order, for batches of so many rows. */
export function fileOrder({ chunkRows, windowBytesPerRow, windows }: Dataset, batchSize: number): OrderOptions {
  const windowBytes =
    windows === undefined ? DEFAULT_WINDOW_BYTES : Math.max(FILE_ORDER_BYTES, batchSize * windowBytesPerRow);
  return { chunkRows, windowBytesPerRow, windowBytes, seed: null };
}

/** The chunks of each window of an epoch (epochs count from 0). */
export function windowsOf(options: OrderOptions, epoch: number): number[][] {
  const order = Uint32Array.from(options.chunkRows, (_, index) => index);
  const { seed, sequential = false } = options;
  if (seed !== null && !sequential) shuffle(order, new RandomSequence(seed, PURPOSE.chunkOrder, epoch));
  const windows: number[][] = [];
  let window: number[] = [];
  let rows = 0;
  for (const chunk of order) {
    const together = rows + options.chunkRows[chunk];
    const { windowBytesPerRow, windowBytes } = options;
    const tooLarge = together * windowBytesPerRow > windowBytes || (windowBytesPerRow > 0 && together > WINDOW_ROWS);
    if (window.length > 0 && tooLarge) {
      windows.push(window);
      window = [];
      rows = 0;
    }
    window.push(chunk);
    rows += options.chunkRows[chunk];
  }
  if (window.length > 0) windows.push(window);
  return windows;
}

/** Rows of some chunks. */
export function rowsOfChunks({ chunkRows }: Pick<OrderOptions, 'chunkRows'>, chunks: readonly number[]): number {
  return chunks.reduce((sum, chunk) => sum + chunkRows[chunk], 0);
}

/** Which of the windows has row `at` of the epoch, and how many of its rows come before. The number of windows at the end. */
export function placeOf(
  options: Pick<OrderOptions, 'chunkRows'>,
  windows: readonly (readonly number[])[],
  at: number,
): { readonly window: number; readonly skipped: number } {
  let skipped = at;
  for (const [window, chunks] of windows.entries()) {
    const rows = rowsOfChunks(options, chunks);
    if (skipped < rows) return { window, skipped };
    skipped -= rows;
  }
  return { window: windows.length, skipped };
}

/**
 * The order of a window's rows: row i of the epoch's window is row `result[i]` of the window in memory. It lies in `room` where
 * that is large enough: memory outside of the heap, which a thread that takes it anew for each window gets back late.
 */
export function rowsOfWindow(
  options: OrderOptions,
  epoch: number,
  window: number,
  chunks: readonly number[],
  room: Uint32Array = new Uint32Array(0),
): Uint32Array {
  const rows = rowsOfChunks(options, chunks);
  const order = room.length < rows ? new Uint32Array(rows) : room.subarray(0, rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  if (options.seed !== null) {
    shuffle(order, new RandomSequence(options.seed, PURPOSE.rowOrder, epoch, window));
  }
  return order;
}
