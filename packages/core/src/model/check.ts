import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { didYouMean, nearestName } from './spelling.ts';

/**
 * Validates what a user gave against a schema and returns it typed, with defaults filled in. The first issue becomes an
 * INVALID_OPTION error whose place is the path of the field, e.g. `fit.batchSize`.
 */
export function checkOptions<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  place: string,
): v.InferOutput<Schema> {
  // To valibot a list is an object too, one that lacks every option.
  const isList = 'entries' in schema && (Array.isArray(value) || ArrayBuffer.isView(value));
  const result = v.safeParse(schema, isList ? undefined : value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw new LockstepError('INVALID_OPTION', {
    place: path === null ? place : `${place}.${path}`,
    ...explain(schema, issue, path, place),
    ...(isList ? { received: 'a list' } : {}),
  });
}

type Explanation = Pick<LockstepError, 'expected' | 'received' | 'advice'>;

/** In our words: what valibot says by itself is meant for programmers who know the schema. */
function explain(
  schema: v.GenericSchema,
  issue: v.BaseIssue<unknown>,
  path: string | null,
  place: string,
): Explanation {
  const keys = path?.split('.') ?? [];
  const entries = entriesOf(holderOf(schema, keys));
  const options = `Options of ${[place, ...keys.slice(0, -1)].join('.')}: ${Object.keys(entries).join(', ')}.`;
  // The name of an object's class, which may have none.
  const received = shorten(issue.received) || 'an object';
  if (issue.type === 'strict_object' || issue.type === 'loose_object') {
    if (issue.expected === 'never') {
      const meant = didYouMean(keys.at(-1), Object.keys(entries));
      return { expected: 'no such option', received, advice: `${meant}${options}` };
    }
    if (issue.expected === 'Object') {
      if (path === null) return { expected: 'an object with options', received, advice: options };
      const own = Object.keys(entriesOf(holderOf(schema, [...keys, ''])));
      return { expected: 'an object', received, advice: `Options of ${place}.${path}: ${own.join(', ')}.` };
    }
    const name = keys.at(-1) ?? '';
    const message = entries[name]?.message;
    const advice = typeof message === 'string' ? `${message}.` : 'It has no default.';
    const misspelt = misspeltAs(name, issue.path?.at(-1), Object.keys(entries));
    return { expected: `the option \`${name}\``, received: misspelt ?? 'nothing', advice };
  }
  // What begins so is valibot's own message: the schema has none.
  if (issue.message.startsWith('Invalid ')) {
    return { expected: issue.expected ?? 'another value', received, advice: 'Correct the option.' };
  }
  const [sentence, ...advice] = issue.message.split(/\. (?=[A-Z])/);
  return { expected: predicate(sentence), received, advice: `${advice.join('. ') || sentence}.` };
}

/** What stands in the place of an option that is missing, under a name that is none: `input_shape` for `inputShape`. */
function misspeltAs(missing: string, item: v.IssuePathItem | undefined, names: readonly string[]): string | null {
  const given = item?.type === 'object' ? Object.keys(item.input) : [];
  const found = given.find((name) => !names.includes(name) && nearestName(name, names) === missing);
  return found === undefined ? null : `"${found}"`;
}

/** "a whole number" of "batchSize is a whole number": messages begin with such a sentence; a second one is advice. */
function predicate(sentence: string): string {
  return /^[^,;:]*? (?:is|are) (.*)$/.exec(sentence)?.[1] ?? sentence;
}

/** The schema of the object or list that holds the option at a path. */
function holderOf(schema: v.GenericSchema, path: readonly string[]): v.GenericSchema {
  let holder = schema;
  for (const key of path.slice(0, -1)) {
    holder = ('item' in holder ? holder.item : entriesOf(holder)[key]) as v.GenericSchema;
    while ('wrapped' in holder) holder = holder.wrapped as v.GenericSchema;
  }
  return holder;
}

/** The options that a schema names, each with the message of its first check, where it has one. */
function entriesOf(schema: v.GenericSchema): Record<string, { readonly message?: unknown }> {
  return 'entries' in schema ? (schema.entries as Record<string, { readonly message?: unknown }>) : {};
}

/** Building blocks with messages that say what to do. */
export const positiveInteger = (what: string, advice?: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number${advice === undefined ? '' : `. ${advice}`}`),
    v.integer(`${what} is a whole number`),
    v.minValue(1, `${what} is a number of at least 1`),
  );

export const positiveNumber = (what: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number`),
    v.finite(`${what} is finite`),
    v.check((value) => value > 0, `${what} is a number greater than 0`),
  );

/** A fraction in [0, 1). */
export const fraction = (what: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number`),
    v.check((value) => value >= 0 && value < 1, `${what} is a number in [0, 1)`),
  );

export const seedSchema: v.GenericSchema<number> = v.pipe(
  v.number('A seed is a number'),
  v.safeInteger('A seed is a whole number below 2^53'),
  v.minValue(0, 'A seed is a number of at least 0'),
);

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
