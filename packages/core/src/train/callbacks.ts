import type { ThreadRestart } from '../runtime/restarts.ts';
import type { RunManifest } from './manifest.ts';

export type { ThreadRestart };

/** Metrics of an epoch, by name: `loss`, `accuracy`, `valLoss`, `valAccuracy`. */
export type EpochMetrics = Readonly<Record<string, number>>;

export interface TrainBegin {
  readonly epochs: number;
  /** Training steps of a full epoch. */
  readonly steps: number;
  readonly batchSize: number;
  readonly workers: number;
  readonly shards: number;
  /** Names of the metrics that every epoch will have: `loss`, `valLoss`, … */
  readonly metricNames: readonly string[];
  /** What decides the weights of this run, and on what it runs. */
  readonly manifest: RunManifest;
  /** Where the run goes on from; null for a run from the beginning. */
  readonly resumed: ResumePoint | null;
  /** The model that is trained, for callbacks that keep or set its weights between epochs or batches. */
  readonly model: TrainedModel;
}

/** What a callback may do with the model between epochs, and between batches. */
export interface TrainedModel {
  getWeights(): Record<string, Float32Array>;
  setWeights(weights: Readonly<Record<string, Float32Array>>): void;
  /** Writes weights and specification as a file for `loadModel`. */
  save(path: string): Promise<void>;
}

export interface ResumePoint {
  /** The checkpoint's file. */
  readonly path: string;
  /** Epochs completed. */
  readonly epoch: number;
  /** Training steps done in all. */
  readonly steps: number;
}

/** The learning rate, between two steps. */
export interface RateControl {
  /** Of the update that comes next. */
  readonly learningRate: number;
  /** Multiplies the learning rate, or what its schedule gives, from now on. Checkpoints keep it. */
  scaleLearningRate(factor: number): void;
}

export interface EpochBegin extends RateControl {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Training steps done in all. */
  readonly steps: number;
}

export interface BatchBegin extends EpochBegin {
  /** Of the epoch, from 1. */
  readonly batch: number;
  /** Of a full epoch. */
  readonly batches: number;
}

export interface BatchEnd extends BatchBegin {
  /** Of this batch alone, with the weights that it began with. NaN where all its rows have weight 0. */
  readonly loss: number;
  /** Of the epoch so far, as training saw it. */
  readonly metrics: EpochMetrics;
  /**
   * Ends the run between this step and the next, without an evaluation, and with a checkpoint where they are written; after the
   * last batch of an epoch, at the epoch's end. A run that resumes goes on there, as after `maxTime`.
   */
  stop(): void;
}

export interface EpochEnd extends RateControl {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Training steps done in all. */
  readonly steps: number;
  readonly metrics: EpochMetrics;
  readonly seconds: number;
  /** Training rows a second, without evaluation's rows. */
  readonly samplesPerSecond: number;
  /** SHA-256 of the weights as the epoch left them, as in `History`. */
  readonly weightsHash: string;
  /** Ends the run after this epoch, as if it had been the last. */
  stop(): void;
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

/** A checkpoint that is on the disk. */
export interface CheckpointWritten {
  readonly path: string;
  /** Training steps done in all. */
  readonly steps: number;
  readonly weightsHash: string;
  readonly bytes: number;
  /** For how long training stood still: the copy of the state, in seconds. */
  readonly pauseSeconds: number;
  /** From the copy to the renamed file, while training went on. */
  readonly writeSeconds: number;
}

/**
 * Functions that `fit` calls on the caller's thread. Between epochs, and in `onBatchBegin` and `onBatchEnd`, all threads rest:
 * weights may be read, set, evaluated and used for predictions. A callback that throws ends the run with that error.
 */
export interface Callback {
  onTrainBegin?(begin: TrainBegin): void | Promise<void>;
  /** Not called again by a run that resumes where the epoch had begun. */
  onEpochBegin?(begin: EpochBegin): void | Promise<void>;
  /**
   * Before and after every training step. When a callback has one of them, threads pause between steps, and the weights are
   * packed anew in case that they were changed. With several workers that costs a waking of the caller's thread a step, about a
   * tenth of a millisecond, which is much of a small model's step. Without such a callback, steps go on by themselves.
   */
  onBatchBegin?(begin: BatchBegin): void | Promise<void>;
  onBatchEnd?(end: BatchEnd): void | Promise<void>;
  onEpochEnd?(end: EpochEnd): void | Promise<void>;
  /** Called while steps go on; must return at once. */
  onProgress?(progress: Progress): void;
  /** Called while steps go on, when a checkpoint is on the disk; must return at once. */
  onCheckpoint?(written: CheckpointWritten): void;
  /** Called while steps go on; must return at once. */
  onThreadRestart?(restart: ThreadRestart): void;
  /** Called however the run ends, also when it fails. When it has not, weights may be set for the last time. */
  onTrainEnd?(end: TrainEnd): void | Promise<void>;
  /**
   * A callback that remembers something from epoch to epoch gives it away here, and checkpoints keep it under `name`.
   * `loadState` is called before `onTrainBegin` when a run resumes.
   */
  readonly name?: string;
  /** Whether it writes files that only a run in earnest should write: `fastDevRun` leaves it out. */
  readonly writesFiles?: boolean;
  saveState?(): CallbackState;
  loadState?(state: CallbackState): void;
}

export interface TrainEnd {
  /** Whether `fit` rejects: because of an error, or because its signal fired. */
  readonly failed: boolean;
}

/** JSON, and arrays of weights by name. */
export interface CallbackState {
  readonly json: unknown;
  readonly tensors?: Readonly<Record<string, Float32Array>>;
}
