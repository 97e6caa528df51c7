import type { FeatureRun } from './dataset.ts';
import { GATHER, type GatherJob, NUMBER_BYTES, newGatherJob } from './gatherNumbers.ts';
import { type NumberViews, viewsOf } from './numberViews.ts';

/** Rows gathered from one run before the next run has its turn: their part of the batch stays in the nearest cache. */
const TILE_ROWS = 128;

interface RunGather {
  readonly bytes: number;
  /** Position of its first feature in a row. */
  readonly offset: number;
  readonly gather: (job: GatherJob) => void;
  readonly job: GatherJob;
}

/** Gathers features from windows without kernels, with the same bits (NaN apart, which stays NaN). */
export class FeatureGather {
  readonly #runs: readonly RunGather[];
  readonly #rowWidth: number;
  /** Whether features are the window's bytes, row for row. */
  readonly #isCopy: boolean;

  constructor(runs: readonly FeatureRun[]) {
    const views = viewsOf(new ArrayBuffer(0));
    let offset = 0;
    this.#runs = runs.map(({ kind, width, subtract, factor }) => {
      const job = newGatherJob(views, termsOf(subtract, width), termsOf(factor, width));
      offset += width;
      return { bytes: NUMBER_BYTES[kind], offset: offset - width, gather: GATHER[kind], job };
    });
    this.#rowWidth = offset;
    this.#isCopy = runs.length === 1 && isCopy(runs[0]);
  }

  /** The window to gather from. `starts`: the byte of the buffer where each run begins. */
  setWindow(views: NumberViews, starts: readonly number[]): void {
    this.#runs.forEach(({ bytes, job }, i) => {
      job.views = views;
      job.start = starts[i] / bytes;
    });
  }

  /** Window row `rows[from + i]` becomes row `at + i` of `out`, for i in [0, count). */
  gather(out: Float32Array, at: number, rows: Uint32Array, from: number, count: number): void {
    if (this.#isCopy && isSequence(rows, from, count)) {
      const { views, start, width } = this.#runs[0].job;
      const first = start + rows[from] * width;
      out.set(views.float32.subarray(first, first + count * width), at * width);
      return;
    }
    for (let done = 0; done < count; done += TILE_ROWS) {
      for (const { job, gather, offset } of this.#runs) {
        job.rows = rows;
        job.from = from + done;
        job.count = Math.min(TILE_ROWS, count - done);
        job.out = out;
        job.outStart = (at + done) * this.#rowWidth + offset;
        job.outStride = this.#rowWidth;
        gather(job);
      }
    }
  }
}

function termsOf(term: number | readonly number[], width: number): Float64Array {
  return typeof term === 'number' ? new Float64Array(width).fill(term) : Float64Array.from(term);
}

function isCopy({ kind, subtract, factor }: FeatureRun): boolean {
  return kind === 'float32' && subtract === 0 && factor === 1;
}

function isSequence(rows: Uint32Array, from: number, count: number): boolean {
  for (let i = 1; i < count; i++) if (rows[from + i] !== rows[from] + i) return false;
  return count > 0;
}
