/** Metrics of an epoch, by name: `loss`, `accuracy`, `valLoss`, `valAccuracy`. */
export type EpochMetrics = Readonly<Record<string, number>>;

export interface TrainBegin {
  readonly epochs: number;
  /** Training steps of a full epoch. */
  readonly steps: number;
  readonly batchSize: number;
  readonly workers: number;
  readonly shards: number;
}

export interface EpochEnd {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly metrics: EpochMetrics;
  readonly seconds: number;
  /** Training rows a second, without evaluation's rows. */
  readonly samplesPerSecond: number;
}

/** Where a run stands, about ten times a second. The loss and accuracy are those of the epoch so far. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly metrics: EpochMetrics;
  readonly samplesPerSecond: number;
  /** Of the whole run. */
  readonly secondsLeft: number;
}

/**
 * Functions that `fit` calls on the caller's thread. Between epochs all threads rest: weights may be read, evaluated
 * and used for predictions. A callback that throws ends the run with that error.
 */
export interface Callback {
  onTrainBegin?(begin: TrainBegin): void | Promise<void>;
  onEpochEnd?(end: EpochEnd): void | Promise<void>;
  /** Called while steps go on; must return at once. */
  onProgress?(progress: Progress): void;
  /** Called however the run ends, also when it fails. */
  onTrainEnd?(): void | Promise<void>;
}
