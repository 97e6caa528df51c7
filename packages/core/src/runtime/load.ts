import { BatchFiller } from '../data/batchFiller.ts';
import { checkAttached, controlWords } from './arena.ts';
import { type SlotViews, slotViews } from './batchSlots.ts';
import { isBefore, signalReady, sleepWhile, wake, WORD } from './control.ts';
import { raiseFault } from './faults.ts';
import { type Schedule, ScheduleCursor, trainStepsOf } from './schedule.ts';
import type { LoadSources, LoadTask } from './tasks.ts';

/** The fillers of a run, asked for one batch of the sequence after another. */
export class BatchSequence {
  readonly #schedule: Schedule;
  readonly #train: BatchFiller | null;
  readonly #evaluation: BatchFiller | null;

  private constructor(schedule: Schedule, train: BatchFiller | null, evaluation: BatchFiller | null) {
    this.#schedule = schedule;
    this.#train = train;
    this.#evaluation = evaluation;
  }

  static async open(schedule: Schedule, sources: LoadSources): Promise<BatchSequence> {
    const train = sources.train === null ? null : await BatchFiller.open(sources.train);
    try {
      const evaluation = sources.evaluation === null ? null : await BatchFiller.open(sources.evaluation);
      return new BatchSequence(schedule, train, evaluation);
    } catch (error) {
      train?.close();
      throw error;
    }
  }

  /**
   * Fills the batch at the cursor and returns its rows; a promise only when a source has to be waited for. `forThreads`:
   * the features of parallel datasets are left to the threads.
   */
  fill(cursor: ScheduleCursor, batch: SlotViews, forThreads: boolean): number | Promise<number> {
    const { epoch, position } = cursor;
    const trainSteps = trainStepsOf(this.#schedule, epoch);
    const filler = cursor.training ? this.#train : this.#evaluation;
    if (filler === null) throw new Error(`the schedule asks for batch ${cursor.sequence}, which has no dataset`);
    if (position === 0 || position === trainSteps) filler.startEpoch(epoch);
    return filler.fill(batch, forThreads && filler.parallel ? batch.rowNumbers : null);
  }

  close(): void {
    this.#train?.close();
    this.#evaluation?.close();
  }
}

/** The long task of the loader's thread: keeps the ring of slots full, ahead of the steps. */
export async function load(task: LoadTask, onStep: (step: number) => void): Promise<void> {
  const { memory, plan, schedule } = task.run;
  const control = controlWords(memory.buffer, plan);
  checkAttached(control, plan);
  const views = slotViews(memory.buffer, plan.slots, plan.batchSize);
  const batches = await BatchSequence.open(schedule, task.sources);
  signalReady(control);
  try {
    for (const cursor = new ScheduleCursor(schedule); !cursor.done; cursor.advance()) {
      onStep(cursor.sequence);
      const slot = (cursor.sequence >>> 0) % plan.slots.count;
      waitForFreeSlot(control, cursor.sequence, plan.slots.count);
      if (task.faults.length > 0) raiseFault(task.faults, cursor.sequence);
      const filled = batches.fill(cursor, views[slot], true);
      const rows = typeof filled === 'number' ? filled : await filled;
      Atomics.store(control, WORD.slotRows + slot, rows);
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
