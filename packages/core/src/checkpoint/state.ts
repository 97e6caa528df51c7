import type { Tensor } from '../model/safetensors.ts';
import type { ModelSpec } from '../model/spec.ts';

/**
 * Everything from which a run goes on to the same bits: plain data and arrays, as a checkpoint file holds it. What reads a
 * file has checked its form (types, counts, finite numbers) and its checksum; whether it fits the run is the run's to say.
 */
export interface CheckpointState {
  /** What must be the same in the run that goes on: JSON, compared field by field. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly spec: ModelSpec;
  readonly position: CheckpointPosition;
  /** Float64 numbers that steps carry on: totals of the epoch so far, the optimizer's scalars. Finite. */
  readonly stepState: readonly number[];
  readonly record: CheckpointRecord;
  /** JSON of callbacks that remember something, by their name. */
  readonly callbacks: Readonly<Record<string, unknown>>;
  /** The best value of the monitored metric so far and the steps after which it was reached; null without one. */
  readonly best: { readonly monitor: string; readonly value: number; readonly steps: number } | null;
  /** SHA-256 of the weights, as `model.weightsHash()` gives it. */
  readonly weightsHash: string;
  /** The weights, under the names and in the order of the model's parameters: what other programs look for in the file. */
  readonly weights: readonly Tensor[];
  /** What else is as large as weights: `optimizer/<vector>/<parameter>`, `callback/<name>/<tensor>`. */
  readonly extras: readonly Tensor[];
}

export interface CheckpointPosition {
  /** Epochs completed, their evaluation and callbacks included. */
  readonly epoch: number;
  /** Training steps done in the epoch after those. */
  readonly step: number;
  /** Training steps done in all. */
  readonly steps: number;
}

/** What the epochs so far leave for the history. */
export interface CheckpointRecord {
  /** One array a metric, one finite number or null (not finite) an epoch. */
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
  readonly weightsHashes: readonly string[];
  readonly seconds: number;
  readonly rows: number;
  /** True when a callback has ended the run: there is nothing to go on with. */
  readonly stopped?: boolean;
  /** Which callbacks have been told of the beginning of what comes next: an epoch and its first batch, or a batch. */
  readonly begun?: 'epoch' | 'batch';
}
