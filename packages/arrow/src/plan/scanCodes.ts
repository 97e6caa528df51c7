/** The codes that a scan reads categories as: numbers for the time of the scan, before the vocabularies are known. */
import { LockstepError } from '@lockstep/core/source';
import { place } from '../format/errors.ts';
import type { SelectedColumn } from '../layout/columns.ts';
import type { Lookup } from '../layout/preparedTypes.ts';
import type { Category, Condition } from '../layout/request.ts';
import { Codebook, HASHED } from '../source/codebook.ts';
import type { CategoryCodes } from '../source/codebook.ts';
import { interpretDictionary } from '../source/interpret.ts';
import type { ReaderCodes } from '../source/storedReader.ts';

/** Of a column whose vocabulary is to be found, and that has no dictionary: so that memory stays bounded. */
const MOST_CATEGORIES = 65_536;
const MOST_CHARACTERS = 16 * 2 ** 20;

export class ScanCodes implements ReaderCodes {
  private readonly columns: readonly SelectedColumn[];
  private readonly dictionaries: readonly (readonly Category[])[];
  private readonly books: readonly (Codebook | undefined)[];
  private readonly lookups = new Map<number, Lookup>();

  constructor(
    columns: readonly SelectedColumn[],
    dictionaries: readonly (readonly Category[])[],
    filter: readonly Condition[],
  ) {
    this.columns = columns;
    this.dictionaries = dictionaries;
    this.books = columns.map(({ name, request, reading }) => {
      if (!reading.isCategory || request.role === 'split') return undefined;
      if (request.role === 'filter') {
        const compared = filter.flatMap(({ column, values }) => (column === name ? values : []));
        return new Codebook([...new Set(compared)]);
      }
      return typeof request.vocabulary === 'string' ? new Codebook([], true) : new Codebook(request.vocabulary);
    });
  }

  bookOf(column: number): CategoryCodes | undefined {
    return this.columns[column].request.role === 'split' ? HASHED : this.books[column];
  }

  /** The categories of a column by the codes that they were read as, as far as they were met. */
  categoriesOf(column: number): readonly Category[] {
    return this.books[column]!.categories;
  }

  codeOf(column: number, category: Category): number {
    return this.books[column]!.codeOf(category);
  }

  lookupOf(column: number, dictionary: number): Lookup {
    // Each column has numbers of its own for its dictionaries.
    let lookup = this.lookups.get(dictionary);
    if (lookup === undefined) {
      const { isTexts, reading } = this.columns[column];
      lookup = interpretDictionary(this.dictionaries[dictionary], isTexts, reading, this.bookOf(column));
      this.lookups.set(dictionary, lookup);
    }
    return lookup;
  }

  /** INVALID_DATA for a column with more categories than can be kept. */
  requireBounded(column: number, file: string): void {
    const book = this.books[column];
    if (book === undefined || this.columns[column].dictionary !== undefined) return;
    if (book.categories.length <= MOST_CATEGORIES && book.characters <= MOST_CHARACTERS) return;
    if (typeof this.columns[column].request.vocabulary !== 'string') return;
    throw new LockstepError('INVALID_DATA', {
      place: place(file, `column ${JSON.stringify(this.columns[column].name)}`),
      expected: `at most ${MOST_CATEGORIES} different values, and ${MOST_CHARACTERS} characters of them`,
      received: 'more',
      advice: 'Names and identifiers teach nothing: leave the column out, or give the vocabulary that counts.',
    });
  }
}
