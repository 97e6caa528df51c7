import { attachKernels } from '@lockstep/kernels/thread';
import { HOLDS, THREAD } from '../plan/words.ts';
import { checkAttached, controlWords, loaderLine } from './arena.ts';
import { BatchSequence, type RunWindows } from './batchSequence.ts';
import { isBefore, signalReady, sleepWhile, wake, WORD } from './control.ts';
import { FaultInjector } from './faults.ts';
import { type Readers, ReaderThreads } from './readers.ts';
import { ScheduleCursor } from './schedule.ts';
import type { LoadTask } from './tasks.ts';

/** The long task of the loader's thread: keeps the ring of slots full, ahead of the steps, and windows ahead of these. */
export async function load(task: LoadTask): Promise<void> {
  const { memory, plan, schedule } = task.run;
  const control = controlWords(memory.buffer, plan);
  checkAttached(control, plan);
  const loader = new Loader(task, control);
  const batches = await BatchSequence.open(
    task.run,
    task.sources,
    plan.windows === null ? null : await loader.windows(),
  );
  signalReady(control, loader.line);
  try {
    for (const cursor = new ScheduleCursor(schedule, task.from); !cursor.done; cursor.advance()) {
      // Most batches need no waiting, and a promise for each would be garbage for each.
      const waiting = loader.waitForFreeSlot(cursor.sequence, batches);
      if (waiting !== undefined) await waiting;
      const filling = loader.fill(cursor, batches);
      if (filling !== undefined) await filling;
    }
  } finally {
    batches.close();
  }
}

/** What the loader's thread tells others, and waits for. */
class Loader {
  readonly line: Int32Array;
  readonly #task: LoadTask;
  readonly #control: Int32Array;
  readonly #faults: FaultInjector | null;
  /** The batch that is filled next. */
  #sequence: number;

  constructor(task: LoadTask, control: Int32Array) {
    this.line = loaderLine(task.run.memory.buffer, task.run.plan);
    this.#task = task;
    this.#control = control;
    this.#faults = FaultInjector.of(task.faults, control, this.line);
    this.#sequence = task.from;
  }

  /** What the windows of the run need of this thread. The kernels are for batches that are larger than windows. */
  async windows(): Promise<RunWindows> {
    const { kernels, memory } = this.#task.run;
    return {
      functions: await attachKernels(kernels, memory),
      releases: {
        consumed: () => Atomics.load(this.#control, WORD.consumed),
        waitFor: (enough) => {
          this.#sleepUntil(enough);
          this.#work();
        },
      },
      readers: this.#readers(),
      onChunk: () => {
        this.line[THREAD.moves]++;
        this.#faults?.at('chunk', this.#sequence);
      },
    };
  }

  /** While it waits for others, this thread is not the one that hangs. */
  #readers(): Readers | null {
    const { plan, memory } = this.#task.run;
    const threads = new ReaderThreads(plan, memory.buffer);
    if (threads.count === 1) return null;
    return {
      count: threads.count,
      done: () => threads.done(),
      begin: (job) => threads.begin(job),
      waitFor: () => {
        this.#rest();
        threads.waitFor();
        this.#work();
      },
      missed: () => threads.missed(),
    };
  }

  /** A promise only when a source has to be waited for. */
  fill(cursor: ScheduleCursor, batches: BatchSequence): void | Promise<void> {
    const { sequence } = cursor;
    this.#work();
    this.#faults?.at('start', sequence);
    const filled = batches.fill(cursor, this.#slotOf(sequence), true);
    if (typeof filled !== 'number') return filled.then((rows) => this.#publish(sequence, rows));
    return this.#publish(sequence, filled);
  }

  #publish(sequence: number, rows: number): void {
    const slot = this.#slotOf(sequence);
    Atomics.store(this.#control, WORD.slotRows + slot, rows);
    this.line[THREAD.moves]++;
    this.#rest();
    Atomics.store(this.#control, WORD.filled, (sequence + 1) | 0);
    wake(this.#control, WORD.filled);
  }

  /**
   * Batch `sequence` goes into the slot of batch `sequence - slots`, once that one is done with. While the ring is full, windows are
   * loaded ahead. When these are there too, the loader sleeps until half of the ring is free: where its thread has no core of its
   * own, every waking interrupts a step.
   */
  waitForFreeSlot(sequence: number, batches: BatchSequence): void | Promise<void> {
    const slots = this.#task.run.plan.slots.count;
    this.#sequence = sequence;
    while (((sequence - Atomics.load(this.#control, WORD.consumed)) | 0) >= slots) {
      this.#work();
      const loading = batches.loadAhead();
      if (typeof loading !== 'boolean') {
        return loading.then((worked) => {
          this.#rest();
          return worked ? this.waitForFreeSlot(sequence, batches) : this.#sleepForRing(sequence, slots);
        });
      }
      this.#rest();
      if (!loading) return this.#sleepForRing(sequence, slots);
    }
    return undefined;
  }

  #sleepForRing(sequence: number, slots: number): void {
    this.#sleepUntil((sequence - (slots >> 1)) | 0);
  }

  #slotOf(sequence: number): number {
    return (sequence >>> 0) % this.#task.run.plan.slots.count;
  }

  #sleepUntil(enough: number): void {
    this.#rest();
    Atomics.store(this.#control, WORD.refill, enough);
    for (;;) {
      const consumed = Atomics.load(this.#control, WORD.consumed);
      if (!isBefore(consumed, enough)) return;
      sleepWhile(this.#control, WORD.consumed, consumed);
    }
  }

  /** For the coordinator, which watches whether threads that work move. */
  #work(): void {
    this.line[THREAD.holds] = 1;
  }

  #rest(): void {
    this.line[THREAD.holds] = HOLDS.nothing;
  }
}
