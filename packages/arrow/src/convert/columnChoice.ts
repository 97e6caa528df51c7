/** Which columns of a file with a schema are converted, and which texts their categories have. */
import { LockstepError } from '@lockstep/core/source';
import { missingColumn } from '../layout/missingColumn.ts';
import { invalid } from './csv/options.ts';
import { shorten } from './csv/scanFile.ts';
import { MOST_CATEGORIES } from './vocabulary.ts';

export interface ColumnChoiceOptions {
  /** Names of the columns to convert, in the order of the file; all if left out. */
  readonly columns?: readonly string[];
  /** `skip`, which leaves a column out, or the texts of a category, numbered as listed, and no others. */
  readonly types?: Readonly<Record<string, 'skip' | readonly string[]>>;
}

/** Names of `ColumnChoiceOptions`. */
export const COLUMN_CHOICE_OPTIONS: readonly string[] = ['columns', 'types'];

export interface ColumnChoice {
  readonly isWanted: (name: string) => boolean;
  /** Texts that the option lists; null for those of the file. */
  readonly textsOf: (name: string) => readonly string[] | null;
  readonly named: readonly string[];
}

/** INVALID_OPTION at the path of the first option that is wrong. */
export function checkColumnChoice({ columns, types = {} }: ColumnChoiceOptions, place: string): ColumnChoice {
  const isText = (value: unknown): boolean => typeof value === 'string';
  if (columns !== undefined && !(Array.isArray(columns) && columns.length > 0 && columns.every(isText))) {
    throw invalid(`${place}.columns`, "names of columns, as ['age', 'city']", columns);
  }
  if (typeof types !== 'object' || types === null || Array.isArray(types)) {
    throw invalid(`${place}.types`, "an object such as { name: 'skip' }", types);
  }
  for (const [name, type] of Object.entries(types)) {
    if (type === 'skip') continue;
    const texts: readonly unknown[] = Array.isArray(type) ? type : [];
    const isList = texts.length > 0 && texts.length <= MOST_CATEGORIES && texts.every(isText);
    if (isList && new Set(texts).size === texts.length) continue;
    throw new LockstepError('INVALID_OPTION', {
      place: `${place}.types.${name}`,
      expected: "'skip', or a list of different texts",
      received: JSON.stringify(type) ?? typeof type,
      advice: 'The file itself says of which types its columns are: convert others when writing it.',
    });
  }
  return {
    isWanted: (name) => (columns === undefined || columns.includes(name)) && types[name] !== 'skip',
    textsOf: (name) => (Object.hasOwn(types, name) && types[name] !== 'skip' ? types[name] : null),
    named: [...(columns ?? []), ...Object.keys(types)],
  };
}

/** COLUMN_MISSING for a name of no column or of two, INVALID_OPTION where none is left. */
export function requireColumns(file: string, names: readonly string[], { named, isWanted }: ColumnChoice): void {
  for (const name of named) {
    if (names.includes(name)) continue;
    const where = `${file}, column ${JSON.stringify(name)}`;
    throw missingColumn(where, name, names, shorten(names.join(', ')));
  }
  const twice = names.find((name, i) => isWanted(name) && names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new LockstepError('COLUMN_MISSING', {
      place: `${file}, column ${JSON.stringify(twice)}`,
      expected: 'one column of that name',
      received: 'several',
      advice: "Columns are chosen by name; give each its own, or leave them out (type 'skip').",
    });
  }
  if (names.some(isWanted)) return;
  const details = { place: file, expected: 'a column that is not skipped', received: 'none' };
  throw new LockstepError('INVALID_OPTION', { ...details, advice: 'Keep one.' });
}
