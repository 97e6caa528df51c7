import { sleepWhile, WORD } from './control.ts';

/**
 * Looks at the generation before a thread goes to sleep: tens of microseconds. Waking a sleeping thread costs about as
 * much, and on a machine whose cores are all busy a longer spin would only take time from those that still work.
 */
const SPINS = 400;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => undefined);

/**
 * All threads of a run meet here between the phases of a step. `arrive` returns true to the last one to come, while
 * the others still wait: it does what only one thread may do, and then lets everyone go with `release`.
 */
export class Barrier {
  readonly #control: Int32Array;
  readonly #threads: number;

  constructor(control: Int32Array, threads: number) {
    this.#control = control;
    this.#threads = threads;
  }

  /** True: the caller is last and must call `release`. False: it has been released. Throws RunAborted. */
  arrive(): boolean {
    const control = this.#control;
    // Read before arriving: once the last thread has arrived, the generation may change at any time.
    const generation = Atomics.load(control, WORD.barrierGeneration);
    if (Atomics.add(control, WORD.barrierArrived, 1) === this.#threads - 1) return true;
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(control, WORD.barrierGeneration) !== generation) return false;
      pause();
    }
    // The order matters. A sleeper counts itself and then waits on the old generation; the last thread changes the
    // generation and then looks for sleepers. Whichever comes first, the wait returns at once or the notification comes.
    Atomics.add(control, WORD.barrierSleepers, 1);
    try {
      sleepWhile(control, WORD.barrierGeneration, generation);
    } finally {
      Atomics.sub(control, WORD.barrierSleepers, 1);
    }
    return false;
  }

  release(): void {
    const control = this.#control;
    Atomics.store(control, WORD.barrierArrived, 0);
    Atomics.add(control, WORD.barrierGeneration, 1);
    if (Atomics.load(control, WORD.barrierSleepers) > 0) Atomics.notify(control, WORD.barrierGeneration);
  }
}
