/** What a checkpoint holds beside arrays, checked by hand: schemas of valibot drop names such as `constructor`. */
import type { LockstepError } from '../errors.ts';
import { describeJson } from '../files/parseJson.ts';
import type { CheckpointState } from './state.ts';

/** All of a state but its arrays and the model. */
export type CheckpointFields = Omit<CheckpointState, 'spec' | 'weights' | 'extras'>;

/** Most numbers of `stepState`; a run needs a few dozen, and its metrics some for each class. */
export const STEP_STATE_LIMIT = 65_536;

/** Names of files have 12 digits for the steps. */
export const STEPS_LIMIT: number = 10 ** 12 - 1;

/** Makes the error for a field: of the file that was read, or of the state that is to be written. */
export type Fail = (path: string, expected: string, received: string) => LockstepError;

/** Checks every field: types, counts, finite numbers, lists of one length. Throws what `fail` makes. */
export function checkFields(value: unknown, fail: Fail): CheckpointFields {
  const fields = members(value, '', FIELDS, fail);
  object(fields['configuration'], 'configuration', fail);
  object(fields['callbacks'], 'callbacks', fail);
  text(fields['weightsHash'], 'weightsHash', HASH, fail);
  checkPosition(fields['position'], fail);
  checkRecord(fields['record'], fail);
  checkBest(fields['best'], fail);
  const stepState = list(fields['stepState'], 'stepState', fail);
  if (stepState.length > STEP_STATE_LIMIT) {
    throw fail('stepState', `at most ${STEP_STATE_LIMIT} numbers`, `${stepState.length}`);
  }
  for (const [index, item] of stepState.entries()) finite(item, `stepState[${index}]`, fail);
  return fields as unknown as CheckpointFields;
}

const FIELDS = [
  'configuration',
  'position',
  'stepState',
  'record',
  'callbacks',
  'best',
  'weightsHash',
] as const satisfies readonly (keyof CheckpointFields)[];

const HASH = { pattern: /^[0-9a-f]{64}$/, name: 'a SHA-256 of 64 lower-case hexadecimal digits' };
const ANY_TEXT = { pattern: /^/, name: 'text' };

function checkPosition(value: unknown, fail: Fail): void {
  const position = members(value, 'position', ['epoch', 'step', 'steps'], fail);
  const step = count(position['step'], 'position.step', fail);
  const steps = count(position['steps'], 'position.steps', fail);
  count(position['epoch'], 'position.epoch', fail);
  if (steps > STEPS_LIMIT) throw fail('position.steps', `at most ${STEPS_LIMIT}`, `${steps}`);
  if (step > steps) throw fail('position.step', `at most the ${steps} steps done in all`, `${step}`);
}

function checkRecord(value: unknown, fail: Fail): void {
  const record = members(value, 'record', ['metrics', 'weightsHashes', 'seconds', 'rows'], fail, ['stopped', 'begun']);
  const hashes = list(record['weightsHashes'], 'record.weightsHashes', fail);
  for (const [index, hash] of hashes.entries()) text(hash, `record.weightsHashes[${index}]`, HASH, fail);
  for (const [name, metric] of Object.entries(object(record['metrics'], 'record.metrics', fail))) {
    const path = `record.metrics.${name}`;
    const values = list(metric, path, fail);
    if (values.length !== hashes.length) {
      throw fail(path, `${hashes.length} epochs, as many as record.weightsHashes has`, `${values.length}`);
    }
    for (const [index, item] of values.entries()) if (item !== null) finite(item, `${path}[${index}]`, fail);
  }
  const seconds = finite(record['seconds'], 'record.seconds', fail);
  if (seconds < 0) throw fail('record.seconds', 'a number of at least 0', `${seconds}`);
  count(record['rows'], 'record.rows', fail);
  const { stopped = false, begun } = record;
  if (begun !== undefined && begun !== 'epoch' && begun !== 'batch') {
    throw fail('record.begun', '"epoch" or "batch"', describeJson(begun));
  }
  if (typeof stopped !== 'boolean') throw fail('record.stopped', 'true or false', describeJson(stopped));
}

function checkBest(value: unknown, fail: Fail): void {
  if (value === null) return;
  const best = members(value, 'best', ['monitor', 'value', 'steps'], fail);
  text(best['monitor'], 'best.monitor', ANY_TEXT, fail);
  finite(best['value'], 'best.value', fail);
  count(best['steps'], 'best.steps', fail);
}

function object(value: unknown, path: string, fail: Fail): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw fail(path, 'an object', describeJson(value));
}

/** An object with these members, perhaps those of `optional`, and no others. */
function members(
  value: unknown,
  path: string,
  names: readonly string[],
  fail: Fail,
  optional: readonly string[] = [],
): Record<string, unknown> {
  const found = object(value, path, fail);
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const name of names) if (!Object.hasOwn(found, name)) throw fail(at(name), 'a value', 'nothing');
  const other = Object.keys(found).find((name) => !names.includes(name) && !optional.includes(name));
  if (other !== undefined) throw fail(at(other), `no members but ${names.join(', ')}`, describeJson(found[other]));
  return found;
}

function list(value: unknown, path: string, fail: Fail): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw fail(path, 'a list', describeJson(value));
}

function text(value: unknown, path: string, kind: { pattern: RegExp; name: string }, fail: Fail): void {
  if (typeof value !== 'string' || !kind.pattern.test(value)) throw fail(path, kind.name, describeJson(value));
}

function finite(value: unknown, path: string, fail: Fail): number {
  if (Number.isFinite(value)) return value as number;
  throw fail(path, 'a finite number', describeJson(value));
}

function count(value: unknown, path: string, fail: Fail): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw fail(path, 'a whole number from 0 to 2^53 - 1', describeJson(value));
}
