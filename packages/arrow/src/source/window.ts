/**
 * The plan of one window: which bytes of which file go where in the window's buffer.
 *
 * Every run of columns takes one piece of memory over all chunks of the window, so that window row r of a run lies at
 * `start + r × rowBytes` and a batch is gathered without looking up chunks.
 */
import { isConverted } from '../layout/runs.ts';
import type { ColumnRun } from '../layout/runs.ts';
import { rowBytes } from '../layout/types.ts';
import type { ArrowLayout } from '../layout/types.ts';

export interface WindowRead {
  /** Index into `layout.files`. */
  readonly file: number;
  readonly position: number;
  /** Byte of the window's buffer, or of the staging buffer for a conversion. */
  readonly at: number;
  readonly length: number;
}

/** Scalar columns of one chunk that are read into the staging buffer and turned into rows from there. */
export interface Conversion {
  readonly run: number;
  /** Window row that the chunk begins with. */
  readonly firstRow: number;
  readonly rows: number;
  /** One for each column of the run, beginning at a multiple of 64 of the staging buffer. */
  readonly reads: readonly WindowRead[];
}

export interface WindowPlan {
  /** For each run: the byte of the buffer where it begins; a multiple of 64. */
  readonly starts: readonly number[];
  readonly reads: readonly WindowRead[];
  readonly conversions: readonly Conversion[];
  /** For each chunk of the window: the window row it begins with. */
  readonly firstRows: readonly number[];
  readonly bytes: number;
  /** The largest conversion's need; they follow one another. */
  readonly stagingBytes: number;
}

const PAGE = 4096;
/** Keeps every element type aligned and rows on cache lines where their size allows. */
const STEP = 64;

export function planWindow(layout: ArrowLayout, runs: readonly ColumnRun[], chunks: readonly number[]): WindowPlan {
  const firstRows: number[] = [];
  let rows = 0;
  for (const chunk of chunks) {
    firstRows.push(rows);
    rows += layout.chunks[chunk].rows;
  }

  const starts: number[] = [];
  const reads: WindowRead[] = [];
  const conversions: Conversion[] = [];
  let end = 0;
  let stagingBytes = 0;
  runs.forEach((run, index) => {
    let start = align(end);
    if (isConverted(run)) {
      chunks.forEach((chunk, i) => {
        const conversion = planConversion(layout, run, index, chunk, firstRows[i]);
        conversions.push(conversion);
        const last = conversion.reads.at(-1)!;
        stagingBytes = Math.max(stagingBytes, last.at + last.length);
      });
    } else {
      const [column] = run.columns;
      const direct = chunks.map((chunk, i) => planRead(layout, column, chunk, firstRows[i] * rowBytes(run)));
      start = chooseStart(
        start,
        direct.map(({ at, position }) => at - position),
      );
      for (const read of direct) reads.push({ ...read, at: read.at + start });
    }
    starts.push(start);
    end = start + rows * rowBytes(run);
  });
  return { starts, reads, conversions, firstRows, bytes: end, stagingBytes };
}

function planConversion(layout: ArrowLayout, run: ColumnRun, index: number, chunk: number, row: number): Conversion {
  let end = 0;
  const reads = run.columns.map((column) => {
    const read = planRead(layout, column, chunk, 0);
    const at = chooseStart(align(end), [-read.position]);
    end = at + read.length;
    return { ...read, at };
  });
  return { run: index, firstRow: row, rows: layout.chunks[chunk].rows, reads };
}

function planRead(layout: ArrowLayout, column: number, chunk: number, at: number): WindowRead {
  const { batch, firstRow, rows } = layout.chunks[chunk];
  const { file, offsets } = layout.batches[batch];
  const bytes = rowBytes(layout.columns[column]);
  return { file, position: offsets[column] + firstRow * bytes, at, length: rows * bytes };
}

function align(offset: number): number {
  return Math.ceil(offset / STEP) * STEP;
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
