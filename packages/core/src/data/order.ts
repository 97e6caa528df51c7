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
}

export const DEFAULT_WINDOW_BYTES: number = 64 * 1024 * 1024;

/** The chunks of each window of an epoch (epochs count from 0). */
export function windowsOf(options: OrderOptions, epoch: number): number[][] {
  const order = Uint32Array.from(options.chunkRows, (_, index) => index);
  if (options.seed !== null) shuffle(order, new RandomSequence(options.seed, PURPOSE.chunkOrder, epoch));
  const windows: number[][] = [];
  let window: number[] = [];
  let bytes = 0;
  for (const chunk of order) {
    const chunkBytes = options.chunkRows[chunk] * options.windowBytesPerRow;
    if (window.length > 0 && bytes + chunkBytes > options.windowBytes) {
      windows.push(window);
      window = [];
      bytes = 0;
    }
    window.push(chunk);
    bytes += chunkBytes;
  }
  if (window.length > 0) windows.push(window);
  return windows;
}

/** The order of a window's rows: row i of the epoch's window is row `result[i]` of the window in memory. */
export function rowsOfWindow(
  options: OrderOptions,
  epoch: number,
  window: number,
  chunks: readonly number[],
): Uint32Array {
  const rows = chunks.reduce((sum, chunk) => sum + options.chunkRows[chunk], 0);
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  if (options.seed !== null) {
    shuffle(order, new RandomSequence(options.seed, PURPOSE.rowOrder, epoch, window));
  }
  return order;
}
