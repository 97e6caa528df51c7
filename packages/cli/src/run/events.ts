import type { CheckpointWritten, EpochEnd, EpochMetrics, ThreadRestart } from '@lockstep/core';

/** What happened in a run: a line of metrics.jsonl each, and of standard output with `--json`. */
export type RunEvent = EpochEvent | CheckpointEvent | RestartEvent | ResumeEvent | EndEvent;

/** The metrics stand beside the other fields, under their names. Not finite ones are null in JSON. */
export interface EpochEvent {
  readonly event: 'epoch';
  readonly epoch: number;
  readonly steps: number;
  readonly weightsHash: string;
  readonly [metric: string]: unknown;
}

export interface CheckpointEvent {
  readonly event: 'checkpoint';
  readonly steps: number;
  /** Relative to the run directory. */
  readonly file: string;
  readonly weightsHash: string;
  readonly pauseSeconds: number;
  readonly writeSeconds: number;
  readonly bytes: number;
}

export interface RestartEvent extends ThreadRestart {
  readonly event: 'restart';
}

export interface ResumeEvent {
  readonly event: 'resume';
  /** Relative to the run directory, or absolute when it is of another run. */
  readonly from: string;
  readonly epoch: number;
  readonly steps: number;
  readonly workers: number;
}

/**
 * completed: all that was asked for, or a callback ended it after an epoch; stopped: `maxTime` was over, or a callback ended it
 * after a batch; interrupted: by a signal; failed: by an error.
 */
export type RunStatus = 'completed' | 'stopped' | 'interrupted' | 'failed';

export interface EndEvent {
  readonly event: 'end';
  readonly status: RunStatus;
  /** `completion`, `callback`, `batchCallback`, `maxTime`, the name of the signal, or the code of the error. */
  readonly stoppedBy: string;
  /** Null when they are not known. */
  readonly steps: number | null;
  /** Of the model as it was saved; null when it was not. */
  readonly weightsHash: string | null;
  readonly test?: EpochMetrics | null;
}

/** Fields of an epoch's line that are no metrics. */
const NO_METRICS: ReadonlySet<string> = new Set([
  ...['event', 'epoch', 'steps', 'weightsHash', 'seconds', 'samplesPerSecond'],
]);

export function epochEvent(end: Omit<EpochEnd, 'stop' | 'epochs'>): EpochEvent {
  const { epoch, steps, metrics, weightsHash, seconds, samplesPerSecond } = end;
  return { event: 'epoch', epoch, steps, ...metrics, weightsHash, seconds, samplesPerSecond };
}

export function checkpointEvent(written: CheckpointWritten, file: string): CheckpointEvent {
  const { steps, weightsHash, pauseSeconds, writeSeconds, bytes } = written;
  return { event: 'checkpoint', steps, file, weightsHash, pauseSeconds, writeSeconds, bytes };
}

/** The metrics of an epoch's line, those that are not finite as NaN. */
export function metricsOf(event: EpochEvent): EpochMetrics {
  return Object.fromEntries(
    Object.entries(event)
      .filter(([name]) => !NO_METRICS.has(name))
      .map(([name, value]) => [name, typeof value === 'number' ? value : NaN]),
  );
}
