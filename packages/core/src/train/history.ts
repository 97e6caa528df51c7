/** What `fit` returns. */
export interface History {
  /** Numbers of the epochs that were run, from 1. */
  readonly epochs: readonly number[];
  /** One array a metric, one number an epoch: `loss`, and where asked for `accuracy`, `valLoss`, `valAccuracy`. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
  /** SHA-256 of all parameters in order, as little-endian float32: the same on any number of threads. */
  readonly weightsHash: string;
  /** Training steps done. */
  readonly steps: number;
  readonly workers: number;
  readonly shards: number;
  /** Seconds of the epochs, without starting threads. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
}
