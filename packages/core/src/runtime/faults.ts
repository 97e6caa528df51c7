/**
 * Faults on purpose, to see what a run does when a thread breaks. Given through the `faults` option of `fit`; a thread
 * receives only its own.
 */
export interface Fault {
  /** Index of the compute thread, or 'loader'. */
  readonly thread: number | 'loader';
  /** Number of the step in the run's sequence, from 0. */
  readonly step: number;
  /** throw: an exception; exit: process.exit in the thread. */
  readonly action: 'throw' | 'exit';
}

export function raiseFault(faults: readonly Fault[], step: number): void {
  for (const fault of faults) {
    if (fault.step !== step) continue;
    if (fault.action === 'exit') process.exit(1);
    throw new Error(`fault on purpose at step ${step}`);
  }
}
