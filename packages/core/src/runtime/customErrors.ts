import { type ErrorDetails, LockstepError } from '../errors.ts';
import { describeThrown } from '../failure.ts';

// What goes wrong in layers and losses that users wrote. It would come again in another thread, so these errors end a run.

/** A layer or a loss that a user wrote. */
export interface Custom {
  readonly kind: 'layer' | 'loss';
  /** A layer's name in the model; a loss's in its definition. */
  readonly name: string;
  /** The name in its definition. */
  readonly definedAs: string;
  readonly module: string;
}

/** A call of a function that a user wrote. */
export interface CustomCall {
  readonly custom: Custom;
  /** Of the definition. */
  readonly member: string;
  /** Of the batch. */
  readonly row: number;
}

const WEIGHTS = 'The weights are those of the last completed step.';

export function customFailed(call: CustomCall, cause: unknown): LockstepError {
  if (cause instanceof UserMistake) return cause;
  return new UserMistake(call.custom, {
    place: placeOf(call),
    expected: 'the function to return',
    received: describeThrown(cause),
    advice: `See \`cause\`. ${WEIGHTS}`,
    cause,
  });
}

/** `array`: what the function was to write, or add to; `index`: of the first number that is none. */
export function gaveNoNumbers(call: CustomCall, array: string, index: number): LockstepError {
  const written = array === 'gradient' ? '' : 'Every number is to be written: what is not, is NaN. ';
  return new UserMistake(call.custom, {
    place: placeOf(call),
    expected: `numbers in ${array}`,
    received: `NaN in ${array}[${index}], though all that the function was given is finite`,
    advice: `${written}Reading beyond the end of an array gives undefined, which becomes NaN; so do 0 / 0 and the like. ${WEIGHTS}`,
  });
}

/** `value`: what a function has returned in place of a number. */
export function returnedNoNumber(call: CustomCall, value: unknown): LockstepError {
  return new UserMistake(call.custom, {
    place: placeOf(call),
    expected: 'a number',
    received: typeof value === 'number' ? 'NaN, though all that the function was given is finite' : typeof value,
    advice: `Reading beyond the end of an array gives undefined, which becomes NaN; so do 0 / 0 and the like. ${WEIGHTS}`,
  });
}

/** For checks: `what` of an array is not what differences say, or not what it was when the row came for the first time. */
export function wrongGradient(
  call: CustomCall,
  what: string,
  expected: number,
  received: number,
  against: 'difference' | 'again',
): LockstepError {
  const isAgain = against === 'again';
  return new UserMistake(call.custom, {
    place: placeOf(call),
    expected: `${what} to be ${expected}, ${isAgain ? 'as when the row came first' : 'the central difference'}`,
    received: String(received),
    advice: isAgain
      ? 'A row must depend on itself alone: what does the module keep between two calls?'
      : 'The formula is wrong there; or the function has a kink within 1e-5 of the row: try another.',
  });
}

export function moduleFailed(custom: Custom, cause: unknown): LockstepError {
  return new UserMistake(custom, {
    place: `${custom.kind} "${custom.name}"`,
    expected: `the module ${custom.module}, which each thread imports`,
    received: describeThrown(cause),
    advice: `See \`cause\`. A module that holds a ${custom.kind} is imported in threads, and should do nothing else when it is.`,
    cause,
  });
}

export function notExported(custom: Custom, exported: readonly string[]): LockstepError {
  const { kind, name, definedAs, module } = custom;
  const define = kind === 'layer' ? 'defineLayer' : 'defineLoss';
  return new UserMistake(custom, {
    place: `${kind} "${name}"`,
    expected: `the ${kind} "${definedAs}" among the exports of ${module}, where threads look for it`,
    received: exported.length === 0 ? 'no exports' : exported.join(', '),
    advice: `Write: export const … = ${define}(import.meta.url, { … }).`,
  });
}

export function isProgram(custom: Custom): LockstepError {
  const { kind, name, module } = custom;
  return new UserMistake(custom, {
    place: `${kind} "${name}"`,
    expected: `a ${kind} in a module of its own`,
    received: `${module}, the program itself`,
    advice: `Threads import the module, and would run the program again: move the ${kind} to another file, and import it.`,
  });
}

export function moduleChanged({ kind, name, module }: Custom): LockstepError {
  return new LockstepError('FILE_CHANGED', {
    place: `${kind} "${name}": ${module}`,
    expected: 'the module as it was when the program imported it',
    received: 'another',
    advice:
      'Threads would compute something else. Start the program again; a run goes on from a checkpoint only with the old module.',
  });
}

/** Tells in which step it happened. Other errors as they are. */
export function inStep(error: LockstepError, step: string): LockstepError {
  if (error.code !== 'LAYER_FAILED' && error.code !== 'LOSS_FAILED') return error;
  const { place, expected, received, advice, cause } = error;
  return new LockstepError(error.code, { place: `${step}, ${place}`, expected, received, advice, cause });
}

/** So that what was said already is not said again, and what a user throws is. */
class UserMistake extends LockstepError {
  constructor({ kind }: Custom, details: ErrorDetails) {
    super(kind === 'layer' ? 'LAYER_FAILED' : 'LOSS_FAILED', details);
  }
}

function placeOf({ custom: { kind, name, module }, member, row }: CustomCall): string {
  return `${kind} "${name}", row ${row} of the batch: ${member} of ${module}`;
}
