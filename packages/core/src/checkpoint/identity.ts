import { createHash } from 'node:crypto';
import { LockstepError } from '../errors.ts';
import { describeJson } from '../files/parseJson.ts';
import { writeJson } from '../files/writeJson.ts';

/** A place where two JSON values differ. */
export interface Difference {
  /** `fit.batchSize`, `model.layers[1].units`. */
  readonly path: string;
  /** `undefined` where the value is missing on that side. */
  readonly expected: unknown;
  readonly actual: unknown;
}

export interface Differences {
  /** The first ones, in the order of the expected value's members. */
  readonly listed: readonly Difference[];
  /** How many there are beyond those. */
  readonly more: number;
}

/** Most differences that an error names. */
const LISTED = 8;

/**
 * JSON that is the same text for the same value: names sorted by UTF-16 code units, no spaces, the shortest digits of
 * every number. Members that are undefined are left out. Throws INVALID_DATA for what is no JSON, such as NaN.
 */
export function canonicalJson(value: unknown): string {
  return writeJson(value, { place: 'configuration', sorted: true });
}

/** SHA-256 of the canonical JSON, as 64 hexadecimal digits. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/**
 * Where two JSON values differ, leaf by leaf; a list or object that only one of them has is one difference. A member
 * that is undefined counts as missing. `most`: how many are listed.
 */
export function differences(expected: unknown, actual: unknown, most: number = LISTED): Differences {
  const listed: Difference[] = [];
  let found = 0;

  function compare(one: unknown, other: unknown, path: string): void {
    if (Object.is(one, other)) return;
    if (isContainer(one) && isContainer(other) && Array.isArray(one) === Array.isArray(other)) {
      const isList = Array.isArray(one);
      for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
        const part = isList ? `[${name}]` : (path && '.') + name;
        compare(member(one, name), member(other, name), path + part);
      }
      return;
    }
    found++;
    if (listed.length < most) listed.push({ path, expected: one, actual: other });
  }

  compare(expected, actual, '');
  return { listed, more: found - listed.length };
}

/**
 * That a run is the one of the checkpoint: throws CHECKPOINT_MISMATCH, which names what differs. `place` is the
 * checkpoint's file. Both are configurations as JSON (see `RunConfiguration`).
 */
export function requireSame(
  checkpoint: Readonly<Record<string, unknown>>,
  run: Readonly<Record<string, unknown>>,
  place: string,
): void {
  const { listed, more } = differences(checkpoint, run);
  if (listed.length === 0) return;
  const texts = listed.map(({ path, expected, actual }) => {
    return `${path} is ${describe(expected)} in the checkpoint and ${describe(actual)} now`;
  });
  throw new LockstepError('CHECKPOINT_MISMATCH', {
    place,
    expected: 'a checkpoint of this model, data and options',
    received: `one of others: ${texts.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    advice: advice(listed.map(({ path }) => path)),
  });
}

function advice(paths: readonly string[]): string {
  const goOn = 'To go on with it, give the run what the checkpoint has; to begin anew, give it another folder.';
  const isData = paths.some((path) => /^(data|validation)\b/.test(path));
  return isData ? `${goOn} The data must be the same rows in the same order.` : goOn;
}

/** Missing parts are told as such; hashes are told by their first digits. */
function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return `${value.slice(0, 12)}…`;
  return describeJson(value);
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function member(container: object, name: string): unknown {
  return Object.hasOwn(container, name) ? (container as Record<string, unknown>)[name] : undefined;
}
