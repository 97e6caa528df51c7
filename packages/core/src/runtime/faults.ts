import { THREAD } from '../plan/words.ts';
import { signalEvent } from './control.ts';

/**
 * Faults on purpose, to see what a run does when a thread breaks. Given through the `faults` option of `fit`; a thread
 * receives only its own.
 */
export interface Fault {
  /** Index of the compute thread, 'loader', or 'reader 1' and so on. */
  readonly thread: number | 'loader' | `reader ${number}`;
  /**
   * Number of the step in the run's sequence, from 0. The fault happens when the thread first comes to its point in this step
   * or a later one.
   */
  readonly step: number;
  readonly action: FaultAction;
  /** Default 'start'. The loader has 'start', before it fills the batch, and 'chunk'; readers have 'chunk' only. */
  readonly at?: FaultPoint;
  /** How often it happens, once in each thread that takes the place of the one before; default 1. */
  readonly times?: number;
}

/**
 * throw: an exception; exit: `process.exit` in the thread; terminate: the coordinator is asked to call `terminate()` on the
 * thread, which goes on meanwhile and ends wherever it then is; loop: forever; exhaust: allocates until the heap is full.
 */
export const FAULT_ACTIONS = ['throw', 'exit', 'terminate', 'loop', 'exhaust'] as const;
export type FaultAction = (typeof FAULT_ACTIONS)[number];

/**
 * start: the batch is there; compute: holding a range of rows; computed: before meeting the others; reduce: the gradient of a
 * block is summed; reduced, updated: the block is changed and not yet marked as done; end: ending a phase for all others,
 * before the next is opened; chunk: about to load a chunk of a window, where a dataset has windows.
 */
export const FAULT_POINTS = ['start', 'compute', 'computed', 'reduce', 'reduced', 'updated', 'end', 'chunk'] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** The faults of one thread. */
export class FaultInjector {
  #faults: readonly Fault[];
  readonly #askToTerminate: () => void;

  constructor(faults: readonly Fault[], askToTerminate: () => void = () => undefined) {
    this.#faults = faults;
    this.#askToTerminate = askToTerminate;
  }

  /** The fault that has happened in step `step` will not come again, for a thread that goes on after it. */
  spend(step: number): void {
    this.#faults = withoutDue(this.#faults, step);
  }

  /** null without faults: threads then do not even look. */
  static of(faults: readonly Fault[], control: Int32Array, line: Int32Array): FaultInjector | null {
    if (faults.length === 0) return null;
    return new FaultInjector(faults, () => {
      Atomics.store(line, THREAD.terminate, 1);
      signalEvent(control);
    });
  }

  /** No fault happens any more. */
  disarm(): void {
    this.#faults = [];
  }

  /** Raises the fault that is due at this point of this step. */
  at(point: FaultPoint, step: number): void {
    const due = this.#faults.find((fault) => (fault.at ?? 'start') === point && ((step - fault.step) | 0) >= 0);
    switch (due?.action) {
      case undefined:
        return;
      case 'throw':
        throw new Error(`fault on purpose at step ${step}`);
      case 'exit':
        process.exit(1);
      // falls through: `exit` does not return
      case 'terminate':
        return this.#askToTerminate();
      case 'loop':
        for (;;);
      case 'exhaust':
        return exhaust();
    }
  }
}

/** Fills the heap of the thread; ends with it. */
function exhaust(): void {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 1000 }, (_, index) => index + kept.length));
}

/** The faults that are left for a thread that takes the place of one which broke at step `step`: the one due is used up. */
export function withoutDue(faults: readonly Fault[], step: number): readonly Fault[] {
  const due = faults.findIndex((fault) => ((step - fault.step) | 0) >= 0);
  if (due < 0) return faults;
  const { times = 1, ...fault } = faults[due];
  return faults.toSpliced(due, 1, ...(times > 1 ? [{ ...fault, times: times - 1 }] : []));
}
