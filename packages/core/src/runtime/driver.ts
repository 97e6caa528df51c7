import type { LoadSources, RunDescription } from './tasks.ts';
import type { Fault } from './faults.ts';

/** Moves a run forward. Two kinds: threads of a pool, or the calling thread alone. */
export interface Driver {
  /**
   * Runs steps until `limit` of the run's sequence have been completed. Rejects with the cause when a thread fails, the
   * loss is not finite, a step takes longer than the deadline, or the signal fires (then between two steps).
   */
  runUntil(limit: number): Promise<void>;
  /** Steps completed, for progress displays; may be read at any time. */
  completed(): number;
  /** Ends all threads and waits for them. Safe to call at any time, and more than once. */
  close(): Promise<void>;
}

export interface DriverOptions {
  readonly run: RunDescription;
  readonly sources: LoadSources;
  /** Longest time without a completed step, in milliseconds. */
  readonly stepTimeout: number;
  readonly signal: AbortSignal | null;
  readonly faults: readonly Fault[];
}
