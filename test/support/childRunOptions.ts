import type { FitOptions } from '@lockstep/core';

/** What a child process is told to train: plain JSON. */
export interface ChildRunOptions {
  /** Inputs, hidden units, classes. */
  readonly sizes: readonly number[];
  readonly rows: number;
  readonly validationRows?: number;
  /** Of the weights, the data and the shuffle. */
  readonly seed: number;
  readonly fit: Omit<FitOptions, 'loss' | 'optimizer' | 'validation' | 'seed' | 'callbacks' | 'signal'>;
  /** The `count`th such event (from 1) is the last thing that the process does, `spinMicroseconds` later. */
  readonly dieAt?: { readonly event: string; readonly count: number; readonly spinMicroseconds: number };
  /** The `count`th such event is reported as `holding`, and what it belongs to goes on when SIGTERM has come. */
  readonly holdAt?: { readonly event: ChildEventName; readonly count: number };
  /** Reports memory after every so many epochs. */
  readonly memoryEvery?: number;
}

/**
 * What a child reports, in the order in which it happens. `file …`: of a checkpoint's temporary file, `opened`, `synced`
 * and `renamed` when it is done, the others before. `loading …`: the loader's thread is about to read a batch that lies
 * behind all that it may read ahead, so that steps of this part have begun.
 */
export const CHILD_EVENTS = [
  ...(['ready', 'fit', 'train begin', 'progress', 'loading training', 'loading evaluation', 'epoch end'] as const),
  ...(['file opened', 'file writing', 'file synced', 'file renaming', 'file renamed', 'file removing'] as const),
  ...(['checkpoint', 'warning', 'memory', 'holding', 'done', 'failed'] as const),
] as const;
export type ChildEventName = (typeof CHILD_EVENTS)[number];

export interface ChildEvent {
  readonly event: ChildEventName;
  /** `warning`, `failed`: its code. */
  readonly code?: string;
  readonly message?: string;
  /** `memory`: training steps done, bytes now and at most. `train begin`: steps of the checkpoint, 0 without. */
  readonly steps?: number;
  readonly rss?: number;
  readonly maxRss?: number;
  /** `done`. */
  readonly result?: ChildResult;
  readonly restarts?: readonly unknown[];
  readonly checkpointsFailed?: number;
}

/** All of a history that must not depend on threads, interruptions and time. */
export interface ChildResult {
  readonly weightsHash: string;
  readonly weightsHashes: readonly string[];
  readonly metrics: Readonly<Record<string, readonly number[]>>;
  readonly epochs: readonly number[];
  readonly steps: number;
  readonly stoppedBy: string;
}
