import type { Spread } from '../harness/statistics.ts';

export interface RecoveryRequest {
  /** Inputs, hidden units, classes. */
  readonly sizes: readonly number[];
  readonly batchSize: number;
  readonly workers: number;
  readonly epochSteps: number;
  readonly epochs: number;
  /** Faults in one run, and checkpoints in another. */
  readonly faults: number;
}

export interface FaultCost {
  readonly action: 'throw' | 'exit' | 'terminate';
  /** Threads that were replaced. */
  readonly restarts: number;
  /** From noticing that a thread is gone until its step was completed, as `history.restarts` tells: to 5 ms or so. */
  readonly recoveryMs: Spread;
  /** By how much each made the run longer: with ending the thread, and what was done twice. */
  readonly wholeMs: number;
}

export interface RecoveryAnswer {
  /** Median step of a run without faults. */
  readonly stepMs: number;
  readonly threadStartMs: Spread;
  readonly faults: readonly FaultCost[];
  readonly checkpoint: {
    readonly written: number;
    readonly bytes: number;
    /** How long training stood still for the copy: mean, and the longest, which is mostly the first. */
    readonly pauseMs: number;
    readonly longestPauseMs: number;
    /** The time of copying as many bytes, and nothing else. */
    readonly copyMs: number;
    /** From the copy to the renamed file, median, while training goes on. */
    readonly writeMs: number;
    /** By how much each made the run longer. */
    readonly wholeMs: number;
  };
}
