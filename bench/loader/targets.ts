import { PEER } from './points.ts';
import { bestOf, failureOf, type LoaderCase, type Measured, ratioOf } from './results.ts';
import type { TrainingResult } from './training.ts';

/** What the loader is to reach, and what it has reached: by best passes; by the median where it is to stay below. */
export interface Target {
  readonly what: string;
  readonly unit: '×' | '%' | 'MB/s';
  readonly atLeast: number | null;
  readonly below: number | null;
  readonly measured: Measured;
  /** Null when it was not measured. */
  readonly reached: boolean | null;
}

/** Null: left out. */
export interface MeasuredParts {
  readonly images: LoaderCase | null;
  readonly columns: LoaderCase | null;
  readonly csv: LoaderCase | null;
  readonly training: TrainingResult | null;
}

const LEFT_OUT: Measured = { value: null, failure: { kind: 'absent', reason: 'left out by --cases' } };

export function targetsOf({ images, columns, csv, training }: MeasuredParts): Target[] {
  const atLeast = (what: string, unit: Target['unit'], limit: number, measured: Measured): Target => ({
    ...{ what, unit, atLeast: limit, below: null, measured },
    reached: measured.value === null ? null : measured.value.best >= limit,
  });
  const below = (what: string, limit: number, measured: Measured): Target => ({
    ...{ what, unit: '%', atLeast: null, below: limit, measured },
    reached: measured.value === null ? null : measured.value.median < limit,
  });
  const against = (what: string, one: LoaderCase | null, limit: number, ours: string, theirs: string): Target =>
    atLeast(what, '×', limit, one === null ? LEFT_OUT : ratioOf(one.rows, ours, theirs));
  return [
    against('784 × float32 in order ÷ raw read', images, 0.6, PEER.inOrder, PEER.raw),
    against('784 × float32 in order ÷ apache-arrow, copied into shared memory', images, 4, PEER.inOrder, PEER.copy),
    against('784 × float32 shuffled ÷ raw read', images, 0.5, PEER.shuffled, PEER.raw),
    against('32 columns into rows, in order ÷ get() of apache-arrow’s table', columns, 25, PEER.inOrder, PEER.get),
    below('waits for data ÷ time of a training step', 5, training?.waiting ?? LEFT_OUT),
    atLeast('CSV conversion, of processor time', 'MB/s', 80, csv === null ? LEFT_OUT : megabytesPerSecond(csv)),
  ];
}

function megabytesPerSecond({ rows }: LoaderCase): Measured {
  const time = bestOf(rows, PEER.convert);
  if (time === null) return { value: null, failure: failureOf(rows, PEER.convert) };
  return { value: { best: 1e6 / time.min, median: 1e6 / time.median }, failure: null };
}
