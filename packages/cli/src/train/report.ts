import type {
  CheckpointWritten,
  EpochMetrics,
  History,
  KernelSelection,
  Model,
  ResumePoint,
  ThreadRestart,
  TrainBegin,
} from '@lockstep/core';
import type { CheckpointEvent, EndEvent, EpochEvent, ResumeEvent } from '../run/events.ts';
import type { StopSignal } from '../exitCodes.ts';

export interface RunStart extends TrainBegin {
  readonly config: string;
  readonly directory: string;
  readonly model: Model;
  readonly kernels: KernelSelection;
}

export interface RunEnd {
  readonly event: EndEvent;
  readonly signal: StopSignal | null;
  /** Epochs completed, and the metrics of the last. */
  readonly epochs: number;
  readonly metrics: EpochMetrics | null;
  /** Null when the run was interrupted. */
  readonly history: History | null;
  /** The run that was asked for had been completed before. */
  readonly wasComplete: boolean;
  readonly restarts: readonly ThreadRestart[];
  readonly checkpoint: CheckpointWritten | null;
  readonly directory: string;
  /** Null when the model was not saved. */
  readonly modelPath: string | null;
  /** The command with which the run goes on; null when there is nothing to go on with. */
  readonly resume: string | null;
}

/** What the command tells, in one of two forms. */
export interface TrainReport {
  start(start: RunStart): void;
  resume(event: ResumeEvent, point: ResumePoint): void;
  epoch(event: EpochEvent): void;
  checkpoint(event: CheckpointEvent): void;
  restart(restart: ThreadRestart): void;
  end(end: RunEnd): void;
}
