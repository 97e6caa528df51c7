import { isBefore, signalEvent, wake, WORD } from './control.ts';

/**
 * Called by the thread that ends step `sequence`, while all others wait: one thread alone decides whether steps go on. It may
 * have been called before, by a thread that ended before the others could go: then what was decided stays so.
 */
export function completeStep(control: Int32Array, sequence: number): void {
  const next = (sequence + 1) | 0;
  const goesOn = isBefore(next, Atomics.load(control, WORD.limit)) && Atomics.load(control, WORD.pauseRequest) === 0;
  // Released before completed, so that the two are equal only in a pause, see `stepsRest`.
  if (goesOn) Atomics.store(control, WORD.released, (next + 1) | 0);
  Atomics.store(control, WORD.completed, next);
  Atomics.store(control, WORD.consumed, next);
  if (!goesOn) signalEvent(control);
}

/** Called instead of `completeStep` when the step must not change the weights. */
export function failStep(control: Int32Array, failure: number): void {
  Atomics.store(control, WORD.failure, failure);
  signalEvent(control);
}

/** Wakes the loader if it wants to be, now that so many batches are done with. */
export function wakeLoader(control: Int32Array): void {
  if (!isBefore(Atomics.load(control, WORD.consumed), Atomics.load(control, WORD.refill))) wake(control, WORD.consumed);
}
