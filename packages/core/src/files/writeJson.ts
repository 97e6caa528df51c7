import { LockstepError } from '../errors.ts';
import type { JsonLimits } from './parseJson.ts';

export interface WriteJsonOptions {
  /** Where the value stands, for errors: `fit`, `callbacks.earlyStopping`. */
  readonly place: string;
  /** Whether the names of objects are sorted by their UTF-16 code units; else they keep their order. Default false. */
  readonly sorted?: boolean;
}

/** What is written, and what readers of checkpoints take. */
export const JSON_LIMITS: JsonLimits = { depth: 64, values: 4_000_000 };

/**
 * JSON that gives every value back: unlike JSON.stringify it keeps -0, and refuses what would come back as something else,
 * such as NaN, a Date or a typed array. Members that are undefined are left out. No spaces. Throws INVALID_DATA, whose
 * place is the path of the value.
 */
export function writeJson(value: unknown, { place, sorted = false }: WriteJsonOptions): string {
  // Counted as the reader does, which also ends objects that contain themselves.
  let marks = 0;

  function write(part: unknown, path: string, depth: number): string {
    if (part === null || typeof part === 'boolean') return String(part);
    if (typeof part === 'string') return JSON.stringify(part);
    if (typeof part === 'number') {
      if (!Number.isFinite(part)) throw notJson(path, String(part));
      // The shortest digits that give the same number back.
      return Object.is(part, -0) ? '-0' : String(part);
    }
    if (typeof part !== 'object') throw notJson(path, typeof part);
    if (depth === JSON_LIMITS.depth) throw notJson(path, `more than ${depth} lists and objects in each other`);
    if (Array.isArray(part)) {
      count(1 + part.length, path);
      const items = Array.from(part, (item: unknown, index) => write(item, `${path}[${index}]`, depth + 1));
      return `[${items.join(',')}]`;
    }
    if (!isPlain(part)) throw notJson(path, 'an object of a class');
    const members = membersOf(part, sorted);
    count(1 + 2 * members.length, path);
    const texts = members.map(
      ([name, member]) => `${JSON.stringify(name)}:${write(member, `${path}.${name}`, depth + 1)}`,
    );
    return `{${texts.join(',')}}`;
  }

  function count(more: number, path: string): void {
    marks += more;
    if (marks > JSON_LIMITS.values) throw notJson(path, `more than ${JSON_LIMITS.values} values`);
  }

  return write(value, place, 0);
}

/** Without a class: Map, Date and typed arrays have a prototype between theirs and none. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function membersOf(value: object, sorted: boolean): [string, unknown][] {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return sorted ? members.toSorted(([a], [b]) => (a < b ? -1 : 1)) : members;
}

function notJson(place: string, received: string): LockstepError {
  return new LockstepError('INVALID_DATA', {
    place,
    expected: 'a value of JSON: text, a finite number, true, false, null, or a list or plain object of such',
    received,
    advice: 'A checkpoint could not give it back; keep it as text or numbers, and arrays of weights as tensors.',
  });
}
