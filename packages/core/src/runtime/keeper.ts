import type { Plan } from '../plan/plan.ts';
import { HOLDS, THREAD } from '../plan/words.ts';
import { barrierWords, controlWords, loaderLine, readerLine, threadLine } from './arena.ts';
import { Barrier } from './barrier.ts';
import { isBefore, sequenceOf, WORD } from './control.ts';
import type { DriverOptions } from './driver.ts';
import { type Fault, withoutDue } from './faults.ts';
import { restoreFailure } from '../failure.ts';
import type { ThreadPool } from './pool.ts';
import type { Restarts, ThreadPlace } from './restarts.ts';
import { stepName } from './schedule.ts';
import { threadHangs } from './stepErrors.ts';
import { parallelSources, type Task, type TaskResult } from './tasks.ts';
import { describeWork } from './work.ts';

/** The place of one thread: threads come and go, the place stays. */
interface Seat {
  /** `worker 1`, `loader`, `reader 1`. */
  readonly name: string;
  /** Of a compute thread; null: it reads. */
  readonly rank: number | null;
  /** Which of those that read: 0 is the loader. */
  readonly reader: number;
  /** The words that the thread writes about itself. */
  readonly line: Int32Array;
  faults: readonly Fault[];
  /** Why the coordinator is ending the thread; null while it is not. */
  endedFor: Error | null;
  /** What the line said when it was last looked at, and for how long it has been the same, in milliseconds. */
  seen: string;
  still: number;
}

/** What the keeper tells the coordinator. */
export interface KeeperEvents {
  /** The run cannot go on. */
  readonly onFailure: (error: unknown) => void;
  /** Steps completed, as a number that does not wrap. */
  readonly completed: () => number;
}

/**
 * Keeps the threads of a run at work: starts them, watches whether they move, and puts another in the place of one that
 * breaks. It starts the new one only when the old one is gone, because that one might still write.
 */
export class ThreadKeeper {
  readonly #options: DriverOptions;
  readonly #pool: ThreadPool;
  readonly #restarts: Restarts;
  readonly #events: KeeperEvents;
  readonly #control: Int32Array;
  readonly #seats: readonly Seat[];
  readonly #barriers: readonly Barrier[];
  #closed = false;

  constructor(options: DriverOptions, pool: ThreadPool, restarts: Restarts, events: KeeperEvents) {
    const { plan, memory } = options.run;
    const { buffer } = memory;
    const ranks = Array.from({ length: plan.threads }, (_, rank) => rank);
    this.#options = options;
    this.#pool = pool;
    this.#restarts = restarts;
    this.#events = events;
    this.#control = controlWords(buffer, plan);
    const words = barrierWords(buffer, plan);
    this.#barriers = ranks.map((rank) => new Barrier(this.#control, words, plan.threads, rank));
    this.#seats = [
      ...ranks.map((rank) => this.#seat(`worker ${rank}`, threadLine(buffer, plan, rank), rank)),
      this.#seat('loader', loaderLine(buffer, plan)),
      ...Array.from({ length: readersBeside(plan) }, (_, i) =>
        this.#seat(`reader ${i + 1}`, readerLine(buffer, plan, i + 1), null, i + 1),
      ),
    ];
  }

  start(): void {
    for (const seat of this.#seats) this.#fill(seat);
  }

  /** Threads are ended from now on, and none is replaced. */
  close(): void {
    this.#closed = true;
  }

  allReady(): boolean {
    return this.#seats.every(({ line }) => Atomics.load(line, THREAD.ready) === 1);
  }

  /** Ends the threads that faults on purpose ask to be ended. Called at every event. */
  endRequested(): void {
    for (const seat of this.#seats) {
      if (Atomics.exchange(seat.line, THREAD.terminate, 0) === 0) continue;
      void this.#end(seat, new Error('the thread was terminated'));
    }
  }

  /**
   * Looks whether threads that have work move, and ends those that have stood still for longer than `stepTimeout`. Called
   * every `milliseconds` or so. Returns whether any thread has moved since the last look.
   */
  look(milliseconds: number): boolean {
    let moved = false;
    for (const seat of this.#seats) {
      const seen = `${Atomics.load(this.#control, WORD.phase)} ${seat.line.join(' ')}`;
      if (seen !== seat.seen) moved = true;
      seat.still = seen === seat.seen && this.#isBusy(seat) ? seat.still + milliseconds : 0;
      seat.seen = seen;
      if (seat.still <= this.#options.stepTimeout || seat.endedFor !== null) continue;
      void this.#end(seat, threadHangs(seat.name, this.#place(seat).place, this.#options.stepTimeout));
    }
    return moved;
  }

  #seat(name: string, line: Int32Array, rank: number | null = null, reader = 0): Seat {
    const thread = rank ?? name;
    const faults = this.#options.faults.filter((fault) => fault.thread === thread);
    return { name, rank, reader, line, faults, endedFor: null, seen: '', still: 0 };
  }

  /** Gives the seat's task to a thread. */
  #fill(seat: Seat): void {
    const { line } = seat;
    for (const word of [THREAD.ready, THREAD.id, THREAD.holds, THREAD.terminate]) Atomics.store(line, word, 0);
    seat.endedFor = null;
    seat.still = 0;
    this.#pool.run(this.#taskOf(seat)).then(
      (result) => this.#onResult(seat, result),
      (cause: unknown) => this.#replace(seat, seat.endedFor ?? cause),
    );
  }

  #taskOf({ rank, reader, faults }: Seat): Task {
    const { run, sources } = this.#options;
    const completed = this.#events.completed();
    if (rank !== null) {
      return { role: 'compute', run, rank, from: completed, sources: parallelSources(sources), faults };
    }
    if (reader > 0) return { role: 'read', run, reader, sources, faults };
    const ahead = (Atomics.load(this.#control, WORD.filled) - completed) | 0;
    return { role: 'load', run, from: completed + ahead, sources, faults };
  }

  #onResult(seat: Seat, result: TaskResult): void {
    if (result !== null) void this.#replace(seat, restoreFailure(result.failure));
  }

  /** Another thread for the seat, unless the error ends the run. */
  async #replace(seat: Seat, error: unknown): Promise<void> {
    const at = this.#place(seat);
    try {
      // A thread that only threw ends too: what it holds of a source, or has left behind in its modules, goes with it.
      const gone = await this.#pool.end(Atomics.load(seat.line, THREAD.id));
      if (this.#closed) return;
      if (!gone) throw threadHangs(seat.name, `${at.place}; it cannot be ended`, this.#options.stepTimeout);
      this.#restarts.note(seat.name, at, error);
    } catch (failure) {
      this.#events.onFailure(failure);
      return;
    }
    seat.faults = withoutDue(seat.faults, at.step);
    Atomics.add(this.#control, WORD.restarts, 1);
    this.#fill(seat);
  }

  /** Ends a thread; its task then rejects, and the seat is filled again. */
  async #end(seat: Seat, reason: Error): Promise<void> {
    seat.endedFor = reason;
    const gone = await this.#pool.end(Atomics.load(seat.line, THREAD.id));
    if (!gone && !this.#closed) this.#events.onFailure(reason);
  }

  /** Whether the thread is expected to move: it is not waiting for others. */
  #isBusy({ rank, line }: Seat): boolean {
    if (Atomics.load(line, THREAD.ready) === 0) return true;
    const holds = Atomics.load(line, THREAD.holds);
    if (rank === null || holds === HOLDS.end) return holds !== HOLDS.nothing;
    const control = this.#control;
    const phase = Atomics.load(control, WORD.phase);
    const sequence = sequenceOf(phase, this.#events.completed()) | 0;
    const begun = [WORD.released, WORD.filled].every((word) => isBefore(sequence, Atomics.load(control, word)));
    return begun && !this.#barriers[rank].hasArrived(phase);
  }

  /** Where the thread is, or was when it ended. */
  #place({ rank, reader, line }: Seat): ThreadPlace {
    const { plan, schedule } = this.#options.run;
    const at = (step: number, work: string): ThreadPlace => {
      const name = stepName(schedule, step);
      return { step, name, place: `${name}, ${work}` };
    };
    const completed = this.#events.completed();
    if (rank === null) {
      const step = completed + ((Atomics.load(this.#control, WORD.filled) - completed) | 0);
      return at(step, reader === 0 ? 'loading its batch' : 'loading a window');
    }
    const open = Atomics.load(this.#control, WORD.phase);
    const step = sequenceOf(open, completed);
    if (Atomics.load(line, THREAD.ready) === 0) return at(step, 'starting');
    const holds = Atomics.load(line, THREAD.holds);
    const slotRows = Atomics.load(this.#control, WORD.slotRows + ((step >>> 0) % plan.slots.count));
    const work = describeWork(plan, open & 3, holds, Atomics.load(line, THREAD.phase) === open, slotRows);
    return at(step, work);
  }
}

/** Threads of a run that read, without the loader. */
export function readersBeside({ windows }: Pick<Plan, 'windows'>): number {
  return (windows?.readers ?? 1) - 1;
}
