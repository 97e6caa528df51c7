/**
 * The plan of one window: which bytes of which file go where in the window's buffer.
 *
 * Every column takes one run of memory over all chunks of the window, so that window row r of a column lies at
 * `start + r × rowBytes` and a batch is gathered without looking up chunks.
 */
import { rowBytes } from '../layout/types.ts';
import type { ArrowLayout } from '../layout/types.ts';

export interface WindowRead {
  /** Index into `layout.files`. */
  readonly file: number;
  readonly position: number;
  readonly at: number;
  readonly length: number;
}

export interface WindowPlan {
  /** For each column: the byte of the buffer where its run begins; a multiple of 64. */
  readonly starts: readonly number[];
  readonly reads: readonly WindowRead[];
  /** For each chunk of the window: the window row it begins with. */
  readonly firstRows: readonly number[];
  readonly bytes: number;
}

const PAGE = 4096;
/** Keeps every element type aligned and rows on cache lines where their size allows. */
const STEP = 64;

export function planWindow(layout: ArrowLayout, chunks: readonly number[]): WindowPlan {
  const firstRows: number[] = [];
  let rows = 0;
  for (const chunk of chunks) {
    firstRows.push(rows);
    rows += layout.chunks[chunk].rows;
  }

  const starts: number[] = [];
  const reads: WindowRead[] = [];
  let end = 0;
  layout.columns.forEach((column, c) => {
    const width = rowBytes(column);
    const run = chunks.map((chunk, i) => {
      const { batch, firstRow, rows: count } = layout.chunks[chunk];
      const { file, offsets } = layout.batches[batch];
      return { file, position: offsets[c] + firstRow * width, at: firstRows[i] * width, length: count * width };
    });
    const start = chooseStart(
      Math.ceil(end / STEP) * STEP,
      run.map(({ at, position }) => at - position),
    );
    starts.push(start);
    for (const read of run) reads.push({ ...read, at: read.at + start });
    end = start + rows * width;
  });
  return { starts, reads, firstRows, bytes: end };
}

/**
 * Some CPUs copy several times more slowly when source and destination agree modulo 4,096 (measured on Zen 3: 1.4–2.5
 * instead of 8–14.5 GB/s), and with large page-aligned buffers they easily do. The kernel's copy of a file is
 * page-aligned too, so the distance is that of file position and buffer offset. Returns the first start, in steps of
 * 64 bytes, that keeps every read at least a quarter page away from agreement; failing that, the best one.
 */
export function chooseStart(from: number, differences: readonly number[]): number {
  let best = from;
  let bestDistance = -1;
  for (let start = from; start < from + PAGE; start += STEP) {
    let smallest = PAGE;
    for (const difference of differences) {
      const offset = (((start + difference) % PAGE) + PAGE) % PAGE;
      smallest = Math.min(smallest, offset, PAGE - offset);
    }
    if (smallest > bestDistance) {
      best = start;
      bestDistance = smallest;
    }
    if (bestDistance >= PAGE / 4) break;
  }
  return best;
}
