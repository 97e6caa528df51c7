/** What a layout says of categories and dictionaries, as the reader asks for it. */
import type { PreparedLayout } from '../layout/preparedTypes.ts';
import { Codebook } from './codebook.ts';
import type { ReaderCodes } from './storedReader.ts';

export function layoutCodes({ dictionaries, vocabularies }: PreparedLayout): ReaderCodes {
  const books = vocabularies.map((vocabulary) => (vocabulary === undefined ? undefined : new Codebook(vocabulary)));
  return { bookOf: (column) => books[column], lookupOf: (_, dictionary) => dictionaries[dictionary] };
}
