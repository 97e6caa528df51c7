import type { CheckpointRecord, CheckpointState } from '../checkpoint/state.ts';

/** What the epochs so far leave for the history. */
export interface RunRecord {
  /** One number an epoch. */
  readonly metrics: { [name: string]: number[] };
  readonly weightsHashes: string[];
  /** Of training steps, and the rows in them. */
  seconds: number;
  rows: number;
  /** Whether a callback has ended the run for good. */
  stopped: boolean;
  /** Which callbacks have been told of the beginning of what comes next: an epoch and its first batch, or a batch. */
  begun: 'epoch' | 'batch' | null;
}

/** A record to begin with: that of a checkpoint, or an empty one. */
export function recordOf(state: CheckpointState | null): RunRecord {
  if (state === null) return { metrics: {}, weightsHashes: [], seconds: 0, rows: 0, stopped: false, begun: null };
  const { metrics, weightsHashes, seconds, rows, stopped = false, begun = null } = state.record;
  const numbers = Object.entries(metrics).map(([name, values]) => [name, values.map((value) => value ?? NaN)] as const);
  return { metrics: Object.fromEntries(numbers), weightsHashes: [...weightsHashes], seconds, rows, stopped, begun };
}

/** A copy of the record as checkpoints hold it: JSON has no numbers that are not finite. */
export function asJson({ metrics, weightsHashes, begun, ...rest }: RunRecord): CheckpointRecord {
  const finite = Object.entries(metrics).map(
    ([name, values]) => [name, values.map((value) => (Number.isFinite(value) ? value : null))] as const,
  );
  return {
    metrics: Object.fromEntries(finite),
    weightsHashes: [...weightsHashes],
    ...rest,
    ...(begun === null ? {} : { begun }),
  };
}
