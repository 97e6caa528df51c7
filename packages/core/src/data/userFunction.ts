import { LockstepError } from '../errors.ts';
import { describeThrown } from '../failure.ts';
import { hashOfUserModule, isMainModule } from '../files/userModule.ts';

// Functions that users write for their data, in modules that threads import.

/** A function in a module, as plain data. */
export interface UserFunction {
  /** Absolute URL. */
  readonly module: string;
  /** SHA-256 of the module when the dataset was made. */
  readonly sha256: string;
}

/** Describes the module at a URL. `place`: of the option that it was given as. Throws INVALID_OPTION. */
export function describeUserModule(url: URL | string, place: string): UserFunction {
  const module = String(url);
  const refuse = (expected: string, advice: string, cause?: unknown): LockstepError =>
    new LockstepError('INVALID_OPTION', {
      place,
      expected,
      received: module,
      advice,
      ...(cause === undefined ? {} : { cause }),
    });
  if (!URL.canParse(module)) throw refuse('the URL of a module', "Write: new URL('./rows.mjs', import.meta.url).");
  if (isMainModule(module)) {
    throw refuse(
      'a module of its own',
      'Threads import the module, and would run the program again: move the function to another file.',
    );
  }
  try {
    return { module, sha256: hashOfUserModule(module) };
  } catch (cause) {
    throw refuse('a module that exists', 'The URL is of a file that cannot be read.', cause);
  }
}

/** Imports the function into the calling thread: the module's export `name`, or its default one. Throws DATASET_FAILED and FILE_CHANGED. */
export async function importUserFunction<Own>(
  { module, sha256 }: UserFunction,
  name: string,
  place: string,
): Promise<Own> {
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(module)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw userFailed(place, `the module ${module}, which the loader's thread imports`, cause);
  }
  const own = exports[name] ?? exports['default'];
  if (typeof own !== 'function') {
    throw new LockstepError('DATASET_FAILED', {
      place,
      expected: `a function \`${name}\` among the exports of ${module}, or a default one`,
      received: Object.keys(exports).join(', ') || 'no exports',
      advice: `Write: export function ${name}(…) { … }.`,
    });
  }
  if (hashOfUserModule(module) !== sha256) {
    throw new LockstepError('FILE_CHANGED', {
      place: `${place}: ${module}`,
      expected: 'the module as it was when the dataset was made',
      received: 'another',
      advice: 'Make the dataset again; a run goes on from a checkpoint only with the old module.',
    });
  }
  return own as Own;
}

/** What a user's function has thrown, or why its module cannot be imported. */
export function userFailed(place: string, expected: string, cause: unknown): LockstepError {
  // What was said on purpose stays.
  if (cause instanceof LockstepError) return cause;
  return new LockstepError('DATASET_FAILED', {
    place,
    expected,
    received: describeThrown(cause),
    advice: 'See `cause`. The weights are those of the last completed step.',
    cause,
  });
}
