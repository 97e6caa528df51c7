import { inspect } from 'node:util';
import { type ErrorCode, type ErrorDetails, LockstepError } from './errors.ts';

/**
 * An error as plain data: structured clone keeps only the name, message and stack of an Error, and a LockstepError is
 * more than that.
 */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly lockstep: { readonly code: ErrorCode; readonly details: ErrorDetails } | null;
}

export function describeFailure(error: unknown): Failure {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof LockstepError)) return { name, message, stack, lockstep: null };
  const { code, place, expected, received, advice } = error;
  const cause = error.cause === undefined ? {} : { cause: asText(error.cause) };
  return { name, message, stack, lockstep: { code, details: { place, expected, received, advice, ...cause } } };
}

function asText(cause: unknown): string {
  if (cause instanceof Error) return String(cause);
  return typeof cause === 'string' ? cause : inspect(cause);
}

/** The error again, with the stack of the thread where it happened. */
export function restoreFailure(failure: Failure): Error {
  const error =
    failure.lockstep === null
      ? new Error(failure.message)
      : new LockstepError(failure.lockstep.code, failure.lockstep.details);
  error.name = failure.name;
  if (failure.stack !== undefined) error.stack = failure.stack;
  return error;
}

/** What a user's function threw, with the line where: errors lose their stacks between threads. */
export function describeThrown(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const frame = cause.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return `${cause.name}: ${cause.message}${frame === undefined ? '' : `, ${frame.trim()}`}`;
}
