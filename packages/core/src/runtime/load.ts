import { BatchFiller } from '../data/batchFiller.ts';
import { HOLDS, THREAD } from '../plan/words.ts';
import { checkAttached, controlWords, loaderLine } from './arena.ts';
import { type SlotViews, slotViews } from './batchSlots.ts';
import { isBefore, signalReady, sleepWhile, wake, WORD } from './control.ts';
import { FaultInjector } from './faults.ts';
import { type Schedule, ScheduleCursor, trainStepsOf } from './schedule.ts';
import type { LoadSources, LoadTask } from './tasks.ts';

/** The fillers of a run, asked for one batch of the sequence after another. */
export class BatchSequence {
  readonly #schedule: Schedule;
  readonly #train: BatchFiller | null;
  readonly #evaluation: BatchFiller | null;
  readonly #batchSize: number;
  /** Whether the fillers stand where the next batch begins. */
  #placed = false;

  private constructor(
    schedule: Schedule,
    batchSize: number,
    train: BatchFiller | null,
    evaluation: BatchFiller | null,
  ) {
    this.#schedule = schedule;
    this.#batchSize = batchSize;
    this.#train = train;
    this.#evaluation = evaluation;
  }

  static async open(schedule: Schedule, batchSize: number, sources: LoadSources): Promise<BatchSequence> {
    const train = sources.train === null ? null : await BatchFiller.open(sources.train);
    try {
      const evaluation = sources.evaluation === null ? null : await BatchFiller.open(sources.evaluation);
      return new BatchSequence(schedule, batchSize, train, evaluation);
    } catch (error) {
      train?.close();
      throw error;
    }
  }

  /**
   * Fills the batch at the cursor and returns its rows; a promise only when a source has to be waited for. The first cursor
   * may stand anywhere, the following ones where the one before was moved to. `forThreads`: the features of parallel
   * datasets are left to the threads.
   */
  fill(cursor: ScheduleCursor, batch: SlotViews, forThreads: boolean): number | Promise<number> {
    const { epoch, position } = cursor;
    const trainSteps = trainStepsOf(this.#schedule, epoch);
    const filler = cursor.training ? this.#train : this.#evaluation;
    if (filler === null) throw new Error(`the schedule asks for batch ${cursor.sequence}, which has no dataset`);
    const inPart = cursor.training ? position : position - trainSteps;
    if (inPart === 0 || !this.#placed) filler.startEpoch(epoch, inPart * this.#batchSize);
    this.#placed = true;
    return filler.fill(batch, forThreads && filler.parallel ? batch.rowNumbers : null);
  }

  close(): void {
    this.#train?.close();
    this.#evaluation?.close();
  }
}

/** The long task of the loader's thread: keeps the ring of slots full, ahead of the steps. */
export async function load(task: LoadTask): Promise<void> {
  const { memory, plan, schedule } = task.run;
  const control = controlWords(memory.buffer, plan);
  checkAttached(control, plan);
  const line = loaderLine(memory.buffer, plan);
  const faults = FaultInjector.of(task.faults, control, line);
  const views = slotViews(memory.buffer, plan.slots, plan.batchSize);
  const batches = await BatchSequence.open(schedule, plan.batchSize, task.sources);
  signalReady(control, line);
  try {
    for (const cursor = new ScheduleCursor(schedule, task.from); !cursor.done; cursor.advance()) {
      const slot = (cursor.sequence >>> 0) % plan.slots.count;
      waitForFreeSlot(control, cursor.sequence, plan.slots.count);
      line[THREAD.holds] = 1;
      faults?.at('start', cursor.sequence);
      const filled = batches.fill(cursor, views[slot], true);
      const rows = typeof filled === 'number' ? filled : await filled;
      Atomics.store(control, WORD.slotRows + slot, rows);
      line[THREAD.moves]++;
      line[THREAD.holds] = HOLDS.nothing;
      Atomics.store(control, WORD.filled, (cursor.sequence + 1) | 0);
      wake(control, WORD.filled);
    }
  } finally {
    batches.close();
  }
}

/**
 * Batch `sequence` goes into the slot of batch `sequence - slots`, once that one is done with. When the ring is full, the
 * loader sleeps until half of it is free: where its thread has no core of its own, every waking interrupts a step.
 */
function waitForFreeSlot(control: Int32Array, sequence: number, slots: number): void {
  if (((sequence - Atomics.load(control, WORD.consumed)) | 0) < slots) return;
  const enough = (sequence - (slots >> 1)) | 0;
  Atomics.store(control, WORD.refill, enough);
  for (;;) {
    const consumed = Atomics.load(control, WORD.consumed);
    if (!isBefore(consumed, enough)) return;
    sleepWhile(control, WORD.consumed, consumed);
  }
}
