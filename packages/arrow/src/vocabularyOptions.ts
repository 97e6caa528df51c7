/** The categories of a column: an order of those that are found, or a list. */
import type { Category, VocabularyOption } from './layout/request.ts';
import { invalid, requireChoice } from './optionErrors.ts';

export function checkVocabulary(path: string, vocabulary: unknown): VocabularyOption {
  const where = `${path}.vocabulary`;
  if (!Array.isArray(vocabulary)) return requireChoice(where, vocabulary, ['sorted', 'firstAppearance'] as const);
  if (vocabulary.length === 0) throw invalid(where, 'at least one text or integer', vocabulary);
  const seen = new Set<Category>();
  return vocabulary.map((category: unknown, i) => {
    if (typeof category !== 'string' && !Number.isSafeInteger(category)) {
      throw invalid(`${where}[${i}]`, 'a text or an integer', category);
    }
    if (typeof category !== typeof vocabulary[0]) throw invalid(where, 'texts alone, or integers alone', 'both');
    if (seen.has(category as Category)) {
      throw invalid(`${where}[${i}]`, 'every one once', `${JSON.stringify(category)} again`);
    }
    seen.add(category as Category);
    return category as Category;
  });
}
