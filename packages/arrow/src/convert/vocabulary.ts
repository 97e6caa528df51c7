/** The texts of a category column, numbered in the order of their first appearance. */
import { LockstepError } from '@lockstep/core/source';

export const MOST_CATEGORIES = 65_536;
/** Of all texts of a column together, so that memory stays bounded. */
const MOST_CATEGORY_BYTES = 16 * 2 ** 20;

export type UnknownText = 'notUtf8' | 'notListed' | 'tooMany';

export class Vocabulary {
  readonly texts: string[] = [];
  readonly #codes: Map<string, number> = new Map<string, number>();
  readonly #isFixed: boolean;
  #bytes = 0;

  /** With `fixed`, these texts are all that there may be, numbered as listed. */
  constructor(fixed: readonly string[] | null) {
    this.#isFixed = fixed !== null;
    for (const text of fixed ?? []) this.#put(keyOf(text), text);
  }

  /** The code of the text whose UTF-8 bytes are the characters of `key`, or why it has none. */
  codeOf(key: string): number | UnknownText {
    const code = this.#codes.get(key);
    if (code !== undefined) return code;
    if (this.#isFixed) return 'notListed';
    if (this.texts.length === MOST_CATEGORIES || this.#bytes + key.length > MOST_CATEGORY_BYTES) return 'tooMany';
    const bytes = Buffer.from(key, 'latin1');
    const text = bytes.toString('utf8');
    // What is not UTF-8 comes back with other bytes.
    if (!Buffer.from(text, 'utf8').equals(bytes)) return 'notUtf8';
    return this.#put(key, text);
  }

  #put(key: string, text: string): number {
    const code = this.texts.length;
    this.texts.push(text);
    this.#codes.set(key, code);
    this.#bytes += key.length;
    return code;
  }
}

/** The UTF-8 bytes of a text as characters, which need no decoding to be compared. */
export function keyOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Whatever is done with bad rows: nothing of such a column could be used. */
export function tooManyCategories(place: string, column: string): LockstepError {
  return new LockstepError('INVALID_DATA', {
    place: `${place}, column ${JSON.stringify(column)}`,
    expected: `at most ${MOST_CATEGORIES} different texts, and 16 MiB of them`,
    received: 'more',
    advice: `If it holds names or identifiers, leave it out: type 'skip'.`,
  });
}
