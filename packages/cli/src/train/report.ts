import type { Dataset, EpochEnd, EpochMetrics, History, KernelSelection, Model, TrainBegin } from '@lockstep/core';
import type { StopSignal } from './interruption.ts';

export interface RunStart extends TrainBegin {
  readonly config: string;
  readonly directory: string;
  readonly model: Model;
  readonly kernels: KernelSelection;
  readonly data: Dataset;
}

export interface RunEnd {
  /** The epochs that were completed, the last one with its metrics. */
  readonly last: EpochEnd | null;
  /** Null when a signal stopped the run. */
  readonly history: History | null;
  readonly stoppedBy: StopSignal | null;
  readonly test: EpochMetrics | null;
  readonly weightsHash: string;
  readonly directory: string;
  readonly modelPath: string;
}

/** What the command tells on standard output, in one of two forms. */
export interface TrainReport {
  start(start: RunStart): void;
  epoch(end: EpochEnd): void;
  end(end: RunEnd): void;
}

/** An epoch as one flat record: the line of metrics.jsonl. */
export function epochRecord({ epoch, metrics, seconds, samplesPerSecond }: EpochEnd): Record<string, number> {
  return { epoch, ...metrics, seconds, samplesPerSecond };
}
