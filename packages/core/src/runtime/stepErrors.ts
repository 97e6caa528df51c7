import { LockstepError } from '../errors.ts';
import type { Failure } from './failure.ts';
import { restoreFailure } from './failure.ts';

/** The errors that end a run, worded in one place for both drivers. `step` counts from 0. */

export function lossNotFinite(step: number): LockstepError {
  return new LockstepError('LOSS_NOT_FINITE', {
    place: `fit, step ${step + 1}`,
    expected: 'a finite loss',
    received: 'NaN or infinity',
    advice:
      'This step has changed nothing. Likely causes: a learning rate that is too large, or features that ' +
      'are not scaled (aim for values near ±1) or hold NaN.',
  });
}

export function weightNotFinite(steps: number, parameter: string, value: number): LockstepError {
  return new LockstepError('LOSS_NOT_FINITE', {
    place: `fit, after step ${steps}: ${parameter}`,
    expected: 'finite weights',
    received: String(value),
    advice: 'The training has diverged; start afresh with a smaller learning rate.',
  });
}

export function stepTimedOut(step: number, milliseconds: number): LockstepError {
  return new LockstepError('STEP_TIMEOUT', {
    place: `step ${step + 1}`,
    expected: `a step to be completed within ${milliseconds / 1000} s`,
    received: 'no progress',
    advice: 'A thread or the data source hangs; if steps of this model really take so long, raise `stepTimeout`.',
  });
}

/** A failure that a thread reported. */
export function threadFailed(thread: string, step: number, failure: Failure): LockstepError {
  return knownOrBroken(thread, step, restoreFailure(failure));
}

/** Errors that Lockstep raised on purpose stay what they are. */
export function knownOrBroken(thread: string, step: number, error: unknown): LockstepError {
  return error instanceof LockstepError ? error : threadBroke(thread, step, error);
}

export function threadBroke(thread: string, step: number | null, cause: unknown): LockstepError {
  return new LockstepError(thread === 'loader' ? 'LOADER_FAILED' : 'WORKER_FAILED', {
    place: step === null ? thread : `${thread}, step ${step + 1}`,
    expected: 'the thread to finish its task',
    received: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
    advice:
      'The weights are those of the last completed step or, if it broke in an update, part of the next; see `cause`.',
    cause,
  });
}
