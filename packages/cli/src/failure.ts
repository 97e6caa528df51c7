import { CommanderError } from 'commander';

/**
 * Says on standard error what went wrong and returns the exit code. Errors that Lockstep raises on purpose are a message;
 * all others are somebody's bug and keep their stack, as do all with LOCKSTEP_DEBUG=1.
 */
export function exitCodeOf(error: unknown): number {
  // Commander has written its message, or the help that was asked for, itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const debug = process.env['LOCKSTEP_DEBUG'] === '1';
  process.stderr.write(`${!debug && isDeliberate(error) ? describe(error) : format(error)}\n`);
  return 1;
}

/** By name, not by class: a config file may bring its own copy of @lockstep/core. */
function isDeliberate(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.name === 'LockstepError' || String((error as NodeJS.ErrnoException).code).startsWith('ERR_LOCKSTEP');
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${error.cause.message}` : '';
  return `error: ${error.message}${cause}`;
}

function format(error: unknown): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  const cause = error.cause === undefined ? '' : `\ncaused by: ${format(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
