/**
 * The plan of one window: which bytes of which file go where in its memory.
 *
 * Every run of columns takes one piece of memory over all chunks of the window, so that window row r of a run lies at
 * `start + r × rowBytes` and a batch is gathered without looking up chunks.
 */
import type { ColumnRun } from '../layout/runs.ts';
import { ALIGNMENT, PAGE, rowBytes } from '../layout/types.ts';
import type { ArrowLayout } from '../layout/types.ts';
import { align } from './windowMemory.ts';

export interface WindowRead {
  readonly position: number;
  /** Byte of the window's buffer, or of the staging buffer. */
  readonly at: number;
  readonly length: number;
}

/** Scalar columns of one chunk that are read into the staging buffer and turned into rows from there. */
export interface StagedRun {
  readonly run: number;
  /** One for each column of the run, beginning at a multiple of 64 of the staging buffer. */
  readonly reads: readonly WindowRead[];
}

export interface ChunkPlan {
  /** Index into `layout.files`. */
  readonly file: number;
  /** Window row that the chunk begins with. */
  readonly firstRow: number;
  readonly rows: number;
  readonly reads: readonly WindowRead[];
  readonly staged: readonly StagedRun[];
}

export interface WindowPlan {
  /** For each run: the byte of the buffer where it begins; a multiple of 64. */
  readonly starts: readonly number[];
  readonly chunks: readonly ChunkPlan[];
  /** The byte behind the last. */
  readonly end: number;
  /** What the largest staged run of a chunk needs; they follow one another. */
  readonly stagingBytes: number;
}

/** `begin`: the byte of the buffer that the window may begin at, a multiple of a page. */
export function planWindow(
  layout: ArrowLayout,
  runs: readonly ColumnRun[],
  chunks: readonly number[],
  begin: number,
): WindowPlan {
  let rows = 0;
  const plans = chunks.map((chunk) => {
    const { batch, rows: chunkRows } = layout.chunks[chunk];
    const reads: WindowRead[] = [];
    const staged: StagedRun[] = [];
    rows += chunkRows;
    return { file: layout.batches[batch].file, firstRow: rows - chunkRows, rows: chunkRows, reads, staged };
  });

  let end = begin;
  let stagingBytes = 0;
  const starts = runs.map((run, index) => {
    let start = align(end);
    if (run.columns.length > 1) {
      chunks.forEach((chunk, i) => {
        const reads = planStaging(layout, run, chunk);
        plans[i].staged.push({ run: index, reads });
        const last = reads[reads.length - 1];
        stagingBytes = Math.max(stagingBytes, last.at + last.length);
      });
    } else {
      const [column] = run.columns;
      const direct = chunks.map((chunk, i) => planRead(layout, column, chunk, plans[i].firstRow * rowBytes(run)));
      start = chooseStart(
        start,
        direct.map(({ at, position }) => at - position),
      );
      direct.forEach((read, i) => plans[i].reads.push({ ...read, at: read.at + start }));
    }
    end = start + rows * rowBytes(run);
    return start;
  });
  return { starts, chunks: plans, end, stagingBytes };
}

function planStaging(layout: ArrowLayout, run: ColumnRun, chunk: number): WindowRead[] {
  let end = 0;
  return run.columns.map((column) => {
    const read = planRead(layout, column, chunk, 0);
    const at = chooseStart(align(end), [-read.position]);
    end = at + read.length;
    return { ...read, at };
  });
}

function planRead(layout: ArrowLayout, column: number, chunk: number, at: number): WindowRead {
  const { batch, firstRow, rows } = layout.chunks[chunk];
  const bytes = rowBytes(layout.columns[column]);
  return { position: layout.batches[batch].offsets[column] + firstRow * bytes, at, length: rows * bytes };
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
  for (let start = from; start < from + PAGE; start += ALIGNMENT) {
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
