import { type ErrorCode, LockstepError } from '../errors.ts';

/** The errors that end a run, worded in one place for both drivers. `step`: its name, see `stepName`. */

export function weightNotFinite(steps: number, parameter: string, value: number, learningRate: number): LockstepError {
  return new LockstepError('LOSS_NOT_FINITE', {
    place: `fit, after step ${steps}: ${parameter}`,
    expected: 'finite weights',
    received: String(value),
    advice: `The training has diverged; start afresh with a learning rate below ${learningRate}, for example a tenth of it.`,
  });
}

export function stepTimedOut(step: string, milliseconds: number): LockstepError {
  return new LockstepError('STEP_TIMEOUT', {
    place: step,
    expected: `a step to be completed within ${milliseconds / 1000} s`,
    received: 'no progress',
    advice: 'A thread or the data source hangs; if steps of this model really take so long, raise `stepTimeout`.',
  });
}

/** `place`: what the thread was at, after its name. */
export function threadHangs(thread: string, place: string, milliseconds: number): LockstepError {
  return new LockstepError('STEP_TIMEOUT', {
    place: `${thread}, ${place}`,
    expected: `the thread to move on within ${milliseconds / 1000} s`,
    received: 'no progress',
    advice: reads(thread)
      ? 'The data source hangs; if it really takes so long to answer, raise `stepTimeout`.'
      : 'The thread hangs; if steps of this model really take so long, raise `stepTimeout`.',
  });
}

/** Whether it is the loader, or another that reads. */
function reads(thread: string): boolean {
  return thread === 'loader' || thread.startsWith('reader ');
}

/** What says that a thread broke, not why: the same work may succeed in another. */
const BROKEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['WORKER_FAILED', 'LOADER_FAILED', 'STEP_TIMEOUT']);

/** Whether the same work would fail again, in any thread: what Lockstep raised on purpose. */
export function comesAgain(error: unknown): error is LockstepError {
  return error instanceof LockstepError && !BROKEN.has(error.code);
}

/** Errors that Lockstep raised on purpose stay what they are. */
export function knownOrBroken(thread: string, place: string, error: unknown): LockstepError {
  return error instanceof LockstepError ? error : threadBroke(thread, place, error, 0);
}

/** `restarts`: threads that were replaced before. */
export function threadBroke(thread: string, place: string | null, cause: unknown, restarts: number): LockstepError {
  const before = restarts === 0 ? '' : `Threads were replaced ${restarts} times before (\`maxWorkerRestarts\`). `;
  return new LockstepError(reads(thread) ? 'LOADER_FAILED' : 'WORKER_FAILED', {
    place: place === null ? thread : `${thread}, ${place}`,
    expected: 'the thread to finish its task',
    received: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
    advice: `${before}The weights are those of the last completed step; see \`cause\`.`,
    cause,
  });
}
