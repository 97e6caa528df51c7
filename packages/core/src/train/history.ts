import type { ThreadRestart } from './callbacks.ts';
import type { RowsOfRun, RunManifest } from './manifest.ts';
import type { Notice } from './notices.ts';

/** What `fit` returns. A resumed run tells of its earlier epochs too, as if it had never stopped. */
export interface History {
  /** Numbers of the epochs that were run, from 1. */
  readonly epochs: readonly number[];
  /** Rows trained on and validated with, and how many of the data are not among them: filtered, or skipped as bad records. */
  readonly rows: RowsOfRun;
  /** One array a metric, one number an epoch: `loss`, and where asked for `accuracy`, `valLoss`, `valAccuracy`. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
  /**
   * SHA-256 of all parameters in order, as little-endian float32, as `fit` has left them: the same on any number of threads. With
   * `weightAverage` of the averages.
   */
  readonly weightsHash: string;
  /** The same of the weights that are trained, after each of the epochs. */
  readonly weightsHashes: readonly string[];
  /** Training steps done. */
  readonly steps: number;
  /**
   * Why the run ended: all epochs or steps were done, `lbfgs` found nothing more to gain, its time was over, or a callback
   * called `stop`, after an epoch (such a run has nothing to go on with) or after a batch.
   */
  readonly stoppedBy: 'completion' | 'convergence' | 'maxTime' | 'callback' | 'batchCallback';
  readonly workers: number;
  readonly shards: number;
  /** Seconds of the epochs, without starting threads. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly manifest: RunManifest;
  /** The checkpoint that the run went on from, or null. */
  readonly resumedFrom: string | null;
  readonly checkpoints: CheckpointSummary;
  readonly restarts: readonly ThreadRestart[];
  /** What this call of `fit` has warned of, as the process's warnings say it too. */
  readonly notices: readonly Notice[];
}

/** Of this call of `fit`. */
export interface CheckpointSummary {
  readonly written: number;
  /** Those that could not be written, with `onError: 'continue'`. */
  readonly failed: number;
  /** For how long training stood still for the copies, in seconds: in all, and the longest. */
  readonly pauseSeconds: number;
  readonly longestPauseSeconds: number;
  /** The newest, and the one with the best monitored metric; null when there is none. */
  readonly last: string | null;
  readonly best: string | null;
}
