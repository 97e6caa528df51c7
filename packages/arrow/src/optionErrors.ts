/** Errors of options, and the checks that several options share. */
import { LockstepError, nearestName } from '@lockstep/core/source';

export function invalid(
  path: string,
  expected: string,
  received: unknown,
  advice = 'Correct the option.',
): LockstepError {
  const shown = typeof received === 'string' ? received || '""' : describe(received);
  return new LockstepError('INVALID_OPTION', { place: `arrowDataset${path}`, expected, received: shown, advice });
}

/** An object with no other keys than these. */
export function requireKeys(path: string, value: unknown, names: readonly string[], example: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, `an object such as ${example}`, value);
  }
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    const guess = nearestName(name, names);
    const what = path === '' ? 'an option of arrowDataset' : 'one of its options';
    const advice = guess === null ? undefined : `Did you mean ${guess}?`;
    throw invalid(`${path}.${name}`, `${what} (${names.join(', ')})`, 'an unknown one', advice);
  }
}

/** `value` or, where it is undefined, the first of `choices`. */
export function requireChoice<T extends string>(path: string, value: unknown, choices: readonly T[]): T {
  if (value === undefined) return choices[0];
  if ((choices as readonly unknown[]).includes(value)) return value as T;
  const listed = choices.map((choice) => `'${choice}'`);
  throw invalid(path, `${listed.slice(0, -1).join(', ')} or ${listed.at(-1)}`, value);
}

export function requireName(path: string, name: unknown): string {
  if (typeof name === 'string' && name !== '') return name;
  throw invalid(path, 'a column name', name);
}

/** undefined, or true. */
export function requireFlag(path: string, value: unknown): boolean {
  if (value === undefined || value === true) return value === true;
  throw invalid(path, 'true, or no such option', value);
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value) ?? typeof value;
}
