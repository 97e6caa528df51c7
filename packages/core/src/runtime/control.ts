import type { Plan } from '../plan/plan.ts';
import { THREAD } from '../plan/words.ts';

/**
 * The words that threads share, and who may write them. Every one is an int32 at `plan.control`, touched through Atomics
 * only. Words that different threads write often lie on cache lines of their own (16 words).
 *
 * Batches of a run are numbered by one *sequence*, 0, 1, 2 …: training steps and evaluation steps of all epochs in order
 * (schedule.ts). Counters wrap at 2^32; compare them by the sign of their difference.
 */
export const WORD = {
  /** Written once before threads start: MAGIC, then the two words of the plan's hash. */
  magic: 0,
  planHashLow: 1,
  planHashHigh: 2,

  /** 1: every thread leaves at its next look. Written by the coordinator, or by a thread that fails. */
  abort: 16,
  /** 1: pause after the step in progress. Written by the coordinator. */
  pauseRequest: 17,
  /** Sequence number at which steps pause. Written by the coordinator while paused. */
  limit: 18,

  /** Steps may start while their number is below this. Written by the thread that ends a step; by the coordinator while paused. */
  released: 32,
  /** Steps completed. Written by the thread that ends a step. */
  completed: 33,
  /** Counts threads that are ready, pauses and failures: the coordinator waits for a change. */
  event: 34,
  /** One of FAILURE. Written by the thread that ends a phase, before the update: weights are as the step found them. */
  failure: 35,
  /** Threads that were replaced. Written by the coordinator, before the new one starts. */
  restarts: 36,

  /** The open phase, see `phaseOf`. Written by the thread that ends the phase before. */
  phase: 48,
  /** Threads asleep until the phase changes; too high when one of them was ended in its sleep, which costs nothing. */
  sleepers: 64,

  /** The loader's own line, 16 words: see THREAD. */
  loader: 80,

  /** Batches filled; written by the loader. */
  filled: 128,
  /** Batches done with; written by the thread that ends a step. */
  consumed: 144,
  /** Value of `consumed` at which the loader is to be woken; written by the loader before it sleeps. */
  refill: 145,
  /** Rows in each slot's batch, 64 words for as many slots; written by the loader before `filled`. */
  slotRows: 160,
  /** Of each window slot (plan/windows.ts), 16 words: the last batch that has rows in it. Written by the loader before `filled`. */
  windowUsed: 224,
  /**
   * The window that readers load, see runtime/readers.ts: its number, which counts up; its slot, whether it is one of training, its
   * epoch, and which of the epoch's it is. Written by the loader when all readers have loaded the one before; the number last.
   */
  windowJob: 240,
} as const;

/** Window slots that there are words for. */
export const WINDOW_SLOTS = 16;

export const MAGIC = 0x4c6b5374;
export const FAILURE = { none: 0, lossNotFinite: 1, gradientNotFinite: 2 } as const;

/** The stages of a training step; an evaluation step has the first only. `update` is there where updates come apart. */
export const STAGE = { compute: 0, reduce: 1, update: 2 } as const;

/** The last stage of a training step, which may end a group of batches with an update, or not. */
export function lastStage(plan: Pick<Plan, 'updatesApart' | 'movingStatistics'>, updates: boolean): ChangingStage {
  return plan.updatesApart && (updates || plan.movingStatistics !== 0) ? STAGE.update : STAGE.reduce;
}

type ChangingStage = typeof STAGE.reduce | typeof STAGE.update;

/** The stage in which weights change, and the moving averages of statistics. */
export function changingStage({ updatesApart }: Pick<Plan, 'updatesApart'>): ChangingStage {
  return updatesApart ? STAGE.update : STAGE.reduce;
}

/** The number of a stage of a step, as it stands in WORD.phase. Wraps with the sequence. */
export function phaseOf(sequence: number, stage: number): number {
  return (sequence << 2) | stage;
}

/** The sequence number in a phase, given one that is near: phases keep its lower 30 bits. */
export function sequenceOf(phase: number, near: number): number {
  return near + ((((phase >> 2) - near) << 2) >> 2);
}

/** How long a thread sleeps before it looks at `abort` again: a lost wake-up costs this much, never a hang. */
const WAIT_SLICE_MILLISECONDS = 250;

/** Thrown inside threads when another one, or the coordinator, has ended the run. Not an error. */
export class RunAborted extends Error {}

/** Throws RunAborted when the run has been ended. */
function checkAbort(control: Int32Array): void {
  if (Atomics.load(control, WORD.abort) !== 0) throw new RunAborted('the run was ended');
}

/** Sleeps until `word` is no longer `seen`, or throws RunAborted. Whoever changes the word calls `wake`. */
export function sleepWhile(control: Int32Array, word: number, seen: number): void {
  sleepWhileIn(control, control, word, seen);
}

/** The same for a word that lies elsewhere. */
export function sleepWhileIn(control: Int32Array, words: Int32Array, word: number, seen: number): void {
  while (Atomics.load(words, word) === seen) {
    checkAbort(control);
    Atomics.wait(words, word, seen, WAIT_SLICE_MILLISECONDS);
  }
}

export function wake(control: Int32Array, word: number): void {
  Atomics.notify(control, word);
}

/** Tells the coordinator to look again. */
export function signalEvent(control: Int32Array): void {
  Atomics.add(control, WORD.event, 1);
  wake(control, WORD.event);
}

/** Called by a thread that has attached and could start its first step. `line`: its own, see THREAD. */
export function signalReady(control: Int32Array, line: Int32Array): void {
  Atomics.store(line, THREAD.ready, 1);
  signalEvent(control);
}

/** Ends the run for every thread, wherever it waits. */
export function abortRun(control: Int32Array): void {
  Atomics.store(control, WORD.abort, 1);
  for (const word of [WORD.released, WORD.phase, WORD.filled, WORD.consumed, WORD.windowJob]) wake(control, word);
}

/**
 * Whether no step is released that is not completed. `completed` is read first: while steps go on, `released` is ahead of it at
 * any moment, and so is what is read later. The other way round, steps that end in between would look like a pause.
 */
export function stepsRest(control: Int32Array): boolean {
  const completed = Atomics.load(control, WORD.completed);
  return Atomics.load(control, WORD.released) === completed;
}

/** Whether sequence number a comes before b. */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
