/** How a CSV file is to be read, checked before it is opened. */
import { LockstepError, nearestName } from '@lockstep/core/source';
import { TEXT_TYPES } from '../table/columns.ts';
import type { ColumnType } from '../table/columns.ts';
import { MOST_CATEGORIES } from '../vocabulary.ts';

/** A type; a category's texts, numbered as listed, and no others; or `skip`, which leaves the column out. */
export type TextColumnType = Exclude<ColumnType, 'float16'> | readonly string[] | 'skip';

export interface TextTableOptions {
  /** Types of columns by name; those of all others are inferred from the first rows. */
  readonly types?: Readonly<Record<string, TextColumnType>>;
  /**
   * What to do with a row that cannot be read: raise an error that names its line, which is the default, or leave the row out
   * and count it.
   */
  readonly onBadRow?: 'error' | 'skip';
}

export interface CsvOptions extends TextTableOptions {
  /** Whether the first row has the names of the columns. Default true; else they are `column1`, `column2`, … */
  readonly header?: boolean;
  /** What stands between two fields: one ASCII character. Default `,`. */
  readonly separator?: string;
}

export interface CheckedCsvOptions {
  readonly types: ReadonlyMap<string, TextColumnType>;
  readonly skipsBadRows: boolean;
  readonly header: boolean;
  /** The separator's byte. */
  readonly separator: number;
  /** The columns that are read; absent for all. */
  readonly only?: ReadonlySet<string>;
}

/** INVALID_OPTION at the first option that there is not. */
export function requireKnown(options: object, names: readonly string[], place: string): void {
  if (typeof options !== 'object' || options === null) throw invalid(place, 'an object with options', options);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const guess = nearestName(name, names);
    throw new LockstepError('INVALID_OPTION', {
      place: `${place}.${name}`,
      expected: `an option of ${place} (${names.join(', ')})`,
      received: 'an unknown one',
      advice: guess === null ? 'Leave it out.' : `Did you mean ${guess}?`,
    });
  }
}

/** Names of `CsvOptions`. */
export const CSV_OPTIONS: readonly string[] = ['header', 'separator', 'types', 'onBadRow'];

/** INVALID_OPTION at the path of the first option that is wrong. */
export function checkCsvOptions(options: CsvOptions, place: string): CheckedCsvOptions {
  const { header = true, separator = ',' } = options;
  if (typeof header !== 'boolean') throw invalid(`${place}.header`, 'true or false', header);
  const byte = typeof separator === 'string' && separator.length === 1 ? separator.charCodeAt(0) : 0;
  // Control characters but for the tab, quotes, and what is not ASCII.
  if (!(byte === 0x09 || (byte >= 0x20 && byte < 0x7f)) || byte === 0x22) {
    throw invalid(`${place}.separator`, "one ASCII character such as ',', ';' or '\\t', and no quote", separator);
  }
  return { ...checkTextOptions(options, place), header, separator: byte };
}

export function checkTextOptions(
  { types = {}, onBadRow = 'error' }: TextTableOptions,
  place: string,
): Pick<CheckedCsvOptions, 'types' | 'skipsBadRows'> {
  if (typeof types !== 'object' || types === null || Array.isArray(types)) {
    throw invalid(`${place}.types`, "an object such as { age: 'int32' }", types);
  }
  for (const [name, type] of Object.entries(types)) {
    const where = `${place}.types.${name}`;
    if (Array.isArray(type)) {
      const texts: readonly unknown[] = type;
      const whole = texts.length > 0 && texts.length <= MOST_CATEGORIES;
      if (whole && texts.every((text) => typeof text === 'string') && new Set(texts).size === texts.length) continue;
      throw invalid(where, `1 to ${MOST_CATEGORIES} different texts`, `a list of ${texts.length}`);
    }
    if (!([...TEXT_TYPES, 'skip'] as readonly unknown[]).includes(type)) {
      throw invalid(where, `one of ${TEXT_TYPES.join(', ')}, skip, or a list of texts`, type);
    }
  }
  if (onBadRow !== 'error' && onBadRow !== 'skip') throw invalid(`${place}.onBadRow`, "'error' or 'skip'", onBadRow);
  return { types: new Map(Object.entries(types)), skipsBadRows: onBadRow === 'skip' };
}

export function invalid(place: string, expected: string, received: unknown): LockstepError {
  const shown = JSON.stringify(received) ?? typeof received;
  return new LockstepError('INVALID_OPTION', { place, expected, received: shown, advice: 'Correct the option.' });
}
