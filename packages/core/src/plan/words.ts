/**
 * How much memory the words need that threads tell each other things with, and where a thread's own ones lie.
 * runtime/control.ts and runtime/barrier.ts say what they mean together.
 */

/** Bytes of control words: runtime/control.ts uses the first of them. */
export const CONTROL_BYTES = 1024;

/**
 * The line of words that each thread writes about itself: a compute thread's lies in its scratch, behind what kernels
 * use. The coordinator reads it to see whether the thread still moves; the thread that replaces it reads where it stopped.
 * Plain stores: others read them only as a hint, or after the thread has ended.
 */
export const THREAD = {
  /** 1 once it has attached and could start its first step. */
  ready: 0,
  /** Node's number of the thread. */
  id: 1,
  /** What it holds: 1 + index of the range or unit it works on, HOLDS.end, or 0 while it waits. */
  holds: 2,
  /** The phase that `holds` belongs to. */
  phase: 3,
  /** 1: a fault on purpose asks the coordinator to terminate this thread. */
  terminate: 4,
  /** The block that is being changed in place, and the mark of the phase in which it is (runtime/journal.ts). */
  block: 5,
  blockMark: 6,
  /** How many of its elements have been added to the gradient that is kept, and how many have been updated. */
  kept: 7,
  updated: 8,
  /** The same for `holds`: counts up, so that a thread which takes the same range in step after step is seen to move. */
  moves: 9,
  /** How many elements of `block` have been taken into the average of the weights. */
  averaged: 10,
  /** A reader's: the number of the last window that it has loaded its share of. */
  loaded: 11,
  /** A reader's: the number of the last window whose share it could not load. The loader does, and says what is wrong. */
  missed: 12,
} as const;

/** Bytes of such a line: a cache line. */
export const THREAD_LINE_BYTES = 64;

/** `THREAD.holds` of the thread that ends a phase for all, and of one that is not ready yet. */
export const HOLDS = { nothing: 0, end: -1 } as const;

/**
 * A row number in a batch whose rows lie in a window (plan/windows.ts): the slot of the window, and below `slotShift` the row in
 * it, which is all that kernels take of it. `gathered`, in place of a slot: the features are in the batch already.
 */
export const ROW_NUMBER = { slotShift: 28, gathered: 15 } as const;

/** Words of the barrier: sets for eight neighbouring phases, so that neighbours never share one. */
export const BARRIER = { sets: 8, lineWords: 16, groupThreads: 32 } as const;

/** Int32 words of a set: claims on a line of their own; then arrivals by group of threads, whole groups, the owner. */
export function barrierSetWords(threads: number): number {
  const { lineWords, groupThreads } = BARRIER;
  return lineWords + Math.ceil((Math.ceil(threads / groupThreads) + 2) / lineWords) * lineWords;
}
