import { BARRIER, barrierSetWords } from '../plan/words.ts';
import { sleepWhile, WORD } from './control.ts';

/**
 * Looks at the phase before a thread goes to sleep: tens of microseconds. Waking a sleeping thread costs about as much,
 * and on a machine whose cores are all busy a longer spin would only take time from those that still work.
 */
const SPINS = 400;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => undefined);

/**
 * All threads of a run meet here at the end of each phase of a step. `arrive` returns true to one of them, while the others
 * still wait: it does what only one thread may do, and then lets everyone go with `open`.
 *
 * Any thread may be ended at any point and replaced by another of the same rank, so nothing here counts: an arrival is a
 * bit, which may be set twice, and whoever ends the phase is named by its rank, so that its replacement knows to do it again.
 * The words of a phase are cleared by the end of the phase before, when all threads have long left the phase that used
 * them last.
 */
export class Barrier {
  readonly #control: Int32Array;
  readonly #words: Int32Array;
  readonly #setWords: number;
  readonly #groups: number;
  readonly #group: number;
  readonly #bit: number;
  /** All bits of the thread's own group, and of the groups. */
  readonly #wholeGroup: number;
  readonly #allGroups: number;
  readonly #owner: number;

  constructor(control: Int32Array, words: Int32Array, threads: number, rank: number) {
    this.#control = control;
    this.#words = words;
    this.#setWords = barrierSetWords(threads);
    this.#groups = Math.ceil(threads / BARRIER.groupThreads);
    this.#group = Math.floor(rank / BARRIER.groupThreads);
    this.#bit = 1 << (rank % BARRIER.groupThreads);
    this.#wholeGroup = lowBits(Math.min(BARRIER.groupThreads, threads - this.#group * BARRIER.groupThreads));
    this.#allGroups = lowBits(this.#groups);
    this.#owner = rank + 1;
  }

  /** The next of the phase's pieces of work. */
  claim(phase: number): number {
    return Atomics.add(this.#words, this.#setOf(phase), 1);
  }

  /** Whether this thread, or the one that it replaces, has arrived. */
  hasArrived(phase: number): boolean {
    const arrivals = this.#setOf(phase) + BARRIER.lineWords;
    return (Atomics.load(this.#words, arrivals + this.#group) & this.#bit) !== 0;
  }

  /** True: the caller ends the phase and must call `open`. False: it has been opened. Throws RunAborted. */
  arrive(phase: number): boolean {
    if (this.#isLast(phase)) return true;
    const control = this.#control;
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(control, WORD.phase) !== phase) return false;
      pause();
    }
    // The order matters. A sleeper counts itself and then waits on the old phase; the last thread changes the phase and
    // then looks for sleepers. Whichever comes first, the wait returns at once or the notification comes.
    Atomics.add(control, WORD.sleepers, 1);
    try {
      sleepWhile(control, WORD.phase, phase);
    } finally {
      Atomics.sub(control, WORD.sleepers, 1);
    }
    return false;
  }

  /** Ends the phase for all: `next` is the phase that follows it. */
  open(next: number): void {
    const control = this.#control;
    const set = this.#setOf(next);
    Atomics.store(this.#words, set, 0);
    for (let word = 0; word < this.#groups + 2; word++) Atomics.store(this.#words, set + BARRIER.lineWords + word, 0);
    Atomics.store(control, WORD.phase, next);
    if (Atomics.load(control, WORD.sleepers) > 0) Atomics.notify(control, WORD.phase);
  }

  #isLast(phase: number): boolean {
    const words = this.#words;
    const arrivals = this.#setOf(phase) + BARRIER.lineWords;
    const group = Atomics.or(words, arrivals + this.#group, this.#bit) | this.#bit;
    if (group !== this.#wholeGroup) return false;
    const complete = arrivals + this.#groups;
    const own = 1 << this.#group;
    if ((Atomics.or(words, complete, own) | own) !== this.#allGroups) return false;
    // Several may see that all are there: one that arrives again for its predecessor, and the last. The first to write its
    // name is the owner; a name that is there already is one's own predecessor, which did not live to open the next phase.
    const owner = Atomics.compareExchange(words, complete + 1, 0, this.#owner);
    return owner === 0 || owner === this.#owner;
  }

  #setOf(phase: number): number {
    return (phase & (BARRIER.sets - 1)) * this.#setWords;
  }
}

/** As an int32, which Atomics deal in. */
function lowBits(count: number): number {
  return count === 32 ? -1 : ((1 << count) - 1) | 0;
}
