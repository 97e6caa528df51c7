import type { UserCode } from './userCode.ts';
import type { LoadSources, RunDescription } from './tasks.ts';
import type { Fault } from './faults.ts';
import type { RestartPolicy } from './restarts.ts';

/** Moves a run forward. Two kinds: threads of a pool, or the calling thread alone. */
export interface Driver {
  /**
   * Runs steps until `limit` of the run's sequence have been completed, or until `pause` is called. Threads that break are
   * replaced. Rejects with the cause when one breaks too often, the loss is not finite, nothing moves for longer than the
   * deadline, or the signal fires (then between two steps, unless `isPaused` says otherwise).
   */
  runUntil(limit: number): Promise<void>;
  /** Lets `runUntil` end after the step in progress. */
  pause(): void;
  /** Whether no step is in progress. */
  isPaused(): boolean;
  /** Steps of the sequence completed; does not wrap. May be read at any time. */
  completed(): number;
  /** Ends all threads and waits for them. Safe to call at any time, and more than once. */
  close(): Promise<void>;
}

export interface DriverOptions {
  readonly run: RunDescription;
  /** What users wrote, as the calling thread has it: threads import their own. */
  readonly code: UserCode;
  readonly sources: LoadSources;
  /** For how long a thread that has work may stand still, in milliseconds. */
  readonly stepTimeout: number;
  readonly signal: AbortSignal | null;
  readonly restarts: RestartPolicy;
  readonly faults: readonly Fault[];
}
