/** Rows of features from the window into a batch. */
import { BYTES } from '../layout/types.ts';
import { isConverted } from '../layout/runs.ts';
import type { ColumnRun } from '../layout/runs.ts';
import { COPY } from './copy.ts';
import type { CopyJob } from './copy.ts';
import type { WindowViews } from './views.ts';

/** Rows gathered from one run before the next run has its turn: their part of the batch stays in the nearest cache. */
const TILE_ROWS = 128;
const NO_ROWS = new Uint32Array(0);
const NO_VALUES = new Float32Array(0);

/** One run of features and the job that copies it; kept, so that gathering allocates nothing. */
interface FeatureRun {
  /** Index into the runs. */
  readonly run: number;
  readonly bytes: number;
  readonly width: number;
  /** Position of its first value in a row of features. */
  readonly offset: number;
  readonly copy: (job: CopyJob) => void;
  readonly job: CopyJob;
}

export class FeatureGather {
  private readonly features: readonly FeatureRun[];
  private readonly rowWidth: number;

  /** `scales`: the factor of each column that `runs` name. */
  constructor(runs: readonly ColumnRun[], scales: readonly number[], views: WindowViews) {
    const features: FeatureRun[] = [];
    let offset = 0;
    runs.forEach((run, index) => {
      if (run.role !== 'feature') return;
      const { kind, width } = run;
      // A converted run has been scaled already.
      const job = newJob(views, width, isConverted(run) ? 1 : scales[run.columns[0]]);
      features.push({ run: index, bytes: BYTES[kind], width, offset, copy: COPY[kind], job });
      offset += width;
    });
    this.features = features;
    this.rowWidth = offset;
  }

  /** Points the jobs at a newly loaded window. `starts`: the byte where each run begins. */
  setWindow(views: WindowViews, starts: readonly number[]): void {
    for (const { run, bytes, job } of this.features) {
      job.views = views;
      job.start = starts[run] / bytes;
    }
  }

  /** Window row `rows[from + i]` becomes row `at + i` of `out`, for i in [0, count). */
  gather(out: Float32Array, at: number, rows: Uint32Array, from: number, count: number): void {
    if (this.features.length === 1 && isSequence(rows, from, count)) {
      // Consecutive rows of a single run are one long row.
      this.copy(this.features[0], out, at, rows, from, 1, this.rowWidth * count);
      return;
    }
    for (let done = 0; done < count; done += TILE_ROWS) {
      const tile = Math.min(TILE_ROWS, count - done);
      for (let i = 0; i < this.features.length; i++) {
        const feature = this.features[i];
        this.copy(feature, out, at + done, rows, from + done, tile, feature.width);
      }
    }
  }

  private copy(
    feature: FeatureRun,
    out: Float32Array,
    at: number,
    rows: Uint32Array,
    from: number,
    count: number,
    width: number,
  ): void {
    const { job } = feature;
    job.rows = rows;
    job.from = from;
    job.count = count;
    job.width = width;
    job.out = out;
    job.outStart = at * this.rowWidth + feature.offset;
    job.outStride = this.rowWidth;
    feature.copy(job);
  }
}

export function newJob(views: WindowViews, width: number, scale: number): CopyJob {
  const nothing = { rows: NO_ROWS, from: 0, count: 0, out: NO_VALUES, outStart: 0, outStride: 0 };
  return { views, start: 0, stride: width, width, scale, ...nothing };
}

function isSequence(rows: Uint32Array, from: number, count: number): boolean {
  for (let i = 1; i < count; i++) if (rows[from + i] !== rows[from] + i) return false;
  return count > 0;
}
