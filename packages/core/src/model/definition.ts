import { isMainThread } from 'node:worker_threads';
import { LockstepError } from '../errors.ts';
import { type JsonLimits, JsonRefused, parseJson } from '../files/parseJson.ts';
import { hashOfUserModule } from '../files/userModule.ts';
import { writeJson } from '../files/writeJson.ts';
import { warn } from '../warnings.ts';

// What layers and losses that users write have in common: a definition in a module of its own. Threads import this: it is light.

/** Plain JSON. */
export type PlainOptions = Readonly<Record<string, unknown>>;

/** Whether a member must be there, may be, or is not a function. */
type Members = Readonly<Record<string, 'must' | 'may' | 'others'>>;

/** `define`: name of the function that was called. Throws INVALID_MODEL. */
export function checkDefinition(define: string, module: unknown, definition: object, members: Members): void {
  const own = definition as Readonly<Record<string, unknown>>;
  if (typeof module !== 'string' || !URL.canParse(module)) {
    throw invalid(`${define}(module)`, 'the URL of the module', module, `Write: ${define}(import.meta.url, { … }).`);
  }
  const { name } = own;
  if (typeof name !== 'string' || !/^[\w-]{1,48}$/.test(name)) {
    const advice = 'Files and threads find it by its name.';
    throw invalid(`${define}(name)`, 'a name of 1 to 48 letters, digits, - or _', name, advice);
  }
  const known = ['name', ...Object.keys(members)];
  const other = Object.keys(own).find((member) => !known.includes(member));
  if (other !== undefined) {
    throw invalid(`${define}(${other})`, 'no such member', 'one', `A definition has ${known.join(', ')}.`);
  }
  for (const [member, kind] of Object.entries(members)) {
    const value = own[member];
    if (kind === 'others' || typeof value === 'function' || (value === undefined && kind === 'may')) continue;
    throw invalid(`${define}(${member})`, 'a function', value, `The definition of "${name}" is where to look.`);
  }
}

/** That all members are functions. */
export function checkFunctions(place: string, functions: object): void {
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value === 'function') continue;
    throw invalid(`${place}.${name})`, 'a function', value, 'It adds the part of one row to `gradient`.');
  }
}

function invalid(place: string, expected: string, received: unknown, advice: string): LockstepError {
  const text = typeof received === 'string' ? JSON.stringify(received) : typeof received;
  return new LockstepError('INVALID_MODEL', { place, expected, received: text, advice });
}

/** The options as the definition completes them. Throws INVALID_OPTION. */
export function optionsOf(
  { name, options: complete }: { readonly name: string; options?(given: object): object },
  given: object,
): PlainOptions {
  const [unknown] = Object.keys(given);
  if (complete === undefined) {
    if (unknown === undefined) return Object.freeze({});
    throw invalidOptions(`${name}.${unknown}`, 'no such option', 'one', 'Its definition has no `options(given)`.');
  }
  let completed: unknown;
  try {
    completed = complete(given);
  } catch (cause) {
    if (cause instanceof LockstepError) throw cause;
    const advice = 'This is what `options` of its definition has thrown.';
    throw invalidOptions(`${name}(options)`, 'options that it accepts', String(cause), advice, cause);
  }
  return plainCopy(completed, name);
}

/** What readers of files take for a layer's options: less than they take for a model. */
const OPTION_LIMITS: JsonLimits = { depth: 8, values: 10_000 };

/** A frozen copy of plain JSON, so that nothing in it can change or be lost in a file. */
function plainCopy(options: unknown, name: string): PlainOptions {
  const place = `${name}.options`;
  const advice = 'Options are saved with the model, so `options` of the definition returns an object of plain JSON.';
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOptions(place, 'an object of plain JSON', options === null ? 'null' : typeof options, advice);
  }
  try {
    return freezeAll(parseJson(writeJson(options, { place }), OPTION_LIMITS)) as PlainOptions;
  } catch (cause) {
    if (cause instanceof JsonRefused)
      throw invalidOptions(place, 'options of a usual size', cause.message, advice, cause);
    if (!(cause instanceof LockstepError)) throw cause;
    throw invalidOptions(cause.place, 'plain JSON', cause.received, advice, cause);
  }
}

function freezeAll(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freezeAll(member);
  return Object.freeze(value);
}

function invalidOptions(place: string, expected: string, received: string, advice: string, cause?: unknown): Error {
  return new LockstepError('INVALID_OPTION', { place, expected, received, advice, cause });
}

/** SHA-256 of the module, see `hashOfUserModule`. Throws INVALID_MODEL. */
export function hashOfModule(define: string, module: string, name: string): string {
  try {
    return hashOfUserModule(module);
  } catch (cause) {
    throw new LockstepError('INVALID_MODEL', {
      place: `${define}: "${name}"`,
      expected: 'a module in a file, which threads can import',
      received: module,
      advice: 'Keep the module as a file of its own: threads cannot find what a bundler has put elsewhere.',
      cause,
    });
  }
}

/** What differs from platform to platform or from call to call; square roots, rounding and the like do not. `**` is `Math.pow`. */
const BY_CHANCE =
  /\bMath\.(?:a?(?:cos|sin|tan)h?|atan2|cbrt|expm1|exp|hypot|log1p|log10|log2|log|pow|random)\b|\bDate\b|(?<![/*])\*\*(?![/*])/;

/** A function that looks as if its bits came by chance is a warning of the process, once: nothing else would tell. */
export function warnOfChance(what: string, module: string, functions: object): void {
  if (!isMainThread) return;
  for (const [member, function_] of Object.entries(functions)) {
    const found = BY_CHANCE.exec(String(function_))?.[0];
    if (found === undefined) continue;
    warn(
      'LOCKSTEP_LAYER_CHANCE',
      `${member} of ${what} (${module}) has ${found}, which gives other bits on other machines; ` +
        'exp, log, pow, tanh and others of @lockstep/core/layer do not',
    );
    return;
  }
}
