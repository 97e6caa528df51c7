import * as v from 'valibot';
import { LockstepError } from '../errors.ts';

/**
 * Validates what a user gave against a schema and returns it typed, with defaults filled in. The first issue becomes an
 * INVALID_OPTION error whose place is the path of the field, e.g. `fit.batchSize`.
 */
export function checkOptions<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  place: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  const unknownKey = issue.type === 'strict_object' && issue.expected === 'never';
  throw new LockstepError('INVALID_OPTION', {
    place: path === null ? place : `${place}.${path}`,
    expected: unknownKey ? 'no such option' : (issue.expected ?? issue.message),
    received: shorten(issue.received),
    advice: unknownKey ? `Options of ${place}: ${optionNames(schema).join(', ')}.` : `${issue.message}.`,
  });
}

/** Building blocks with messages that say what to do. */
export const positiveInteger = (what: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number`),
    v.integer(`${what} is a whole number`),
    v.minValue(1, `${what} is at least 1`),
  );

export const positiveNumber = (what: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number`),
    v.finite(`${what} is finite`),
    v.check((value) => value > 0, `${what} is greater than 0`),
  );

/** A fraction in [0, 1). */
export const fraction = (what: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number`),
    v.check((value) => value >= 0 && value < 1, `${what} lies in [0, 1)`),
  );

export const seedSchema: v.GenericSchema<number> = v.pipe(
  v.number('A seed is a number'),
  v.safeInteger('A seed is a whole number below 2^53'),
  v.minValue(0, 'A seed is not negative'),
);

function optionNames(schema: v.GenericSchema): string[] {
  return 'entries' in schema ? Object.keys(schema.entries as object) : [];
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
