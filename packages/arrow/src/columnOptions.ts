/** The options of single columns. */
import type { ColumnRequest, NullFill, VocabularyOption } from './layout/request.ts';
import { invalid, requireChoice, requireFlag, requireKeys } from './optionErrors.ts';

const FEATURE_NAMES = ['column', 'scale', 'normalize', 'oneHot', 'embeddingIndex', 'vocabulary', 'fillNull'] as const;
const LABEL_NAMES = ['column', 'vocabulary', 'oneHot'] as const;

export function checkFeature(path: string, feature: unknown, scale: number): ColumnRequest {
  if (typeof feature === 'string') return { ...named(path, feature), role: 'feature', option: path, scale };
  requireKeys(path, feature, FEATURE_NAMES, "{ column: 'age', normalize: 'zScore' }, or a column name");
  const options = feature as Record<string, unknown>;
  const oneHot = requireFlag(`${path}.oneHot`, options.oneHot);
  const embeddingIndex = requireFlag(`${path}.embeddingIndex`, options.embeddingIndex);
  const treatments = ['scale', 'normalize', 'oneHot', 'embeddingIndex'].filter((name) => options[name] !== undefined);
  if (treatments.length > 1) {
    throw invalid(path, 'one of scale, normalize, oneHot and embeddingIndex', treatments.join(' and '));
  }
  let encode: ColumnRequest['encode'] = 'number';
  if (oneHot) encode = 'oneHot';
  if (embeddingIndex) encode = 'index';
  if (encode === 'number' && options.vocabulary !== undefined) {
    throw invalid(`${path}.vocabulary`, 'oneHot or embeddingIndex beside it', 'neither');
  }
  const own = options.scale === undefined ? undefined : checkScale(`${path}.scale`, options.scale);
  const request: ColumnRequest = {
    ...named(`${path}.column`, options.column),
    ...{ role: 'feature', option: path, encode, vocabulary: checkVocabulary(path, options.vocabulary) },
    scale: own ?? (treatments.length > 0 ? 1 : scale),
  };
  const fillNull = options.fillNull === undefined ? {} : { fillNull: checkFill(path, options.fillNull, request) };
  if (options.normalize === undefined) return { ...request, ...fillNull };
  const normalize = requireChoice(`${path}.normalize`, options.normalize, ['zScore', 'minMax'] as const);
  return { ...request, ...fillNull, normalize };
}

export function checkLabel(path: string, label: unknown): ColumnRequest {
  if (typeof label === 'string' || typeof label !== 'object' || label === null) {
    return { ...named(path, label), role: 'label', option: path, scale: 1 };
  }
  requireKeys(path, label, LABEL_NAMES, "{ column: 'species' }, or a column name");
  const options = label as Record<string, unknown>;
  const encode = requireFlag(`${path}.oneHot`, options.oneHot) ? 'oneHot' : 'number';
  const vocabulary = checkVocabulary(path, options.vocabulary);
  return { ...named(`${path}.column`, options.column), role: 'label', option: path, scale: 1, encode, vocabulary };
}

export function checkScale(path: string, scale: unknown): number {
  if (typeof scale === 'number' && Number.isFinite(scale) && scale !== 0) return scale;
  throw invalid(path, 'a finite number other than 0', scale);
}

function named(path: string, name: unknown): Pick<ColumnRequest, 'name' | 'encode' | 'vocabulary'> {
  if (typeof name !== 'string' || name === '') throw invalid(path, 'a column name', name);
  return { name, encode: 'number', vocabulary: 'sorted' };
}

function checkVocabulary(path: string, vocabulary: unknown): VocabularyOption {
  const where = `${path}.vocabulary`;
  if (!Array.isArray(vocabulary)) return requireChoice(where, vocabulary, ['sorted', 'firstAppearance'] as const);
  if (vocabulary.length === 0) throw invalid(where, 'at least one text', vocabulary);
  vocabulary.forEach((text: unknown, i) => {
    if (typeof text !== 'string') throw invalid(`${where}[${i}]`, 'a text', text);
    if (vocabulary.indexOf(text) < i)
      throw invalid(`${where}[${i}]`, 'every text once', `${JSON.stringify(text)} again`);
  });
  return vocabulary.slice() as string[];
}

function checkFill(path: string, fill: unknown, { encode }: ColumnRequest): NullFill {
  const where = `${path}.fillNull`;
  const isObject = typeof fill === 'object' && fill !== null;
  if (isObject) requireKeys(where, fill, ['value', 'indicator'], '{ value: 0, indicator: true }');
  const { value, indicator } = isObject ? (fill as Record<string, unknown>) : { value: fill, indicator: undefined };
  const shown = isObject ? `${where}.value` : where;
  const hasIndicator = requireFlag(`${where}.indicator`, indicator);
  if (encode === 'number') {
    const isMean = value === 'mean' || (value === undefined && hasIndicator);
    if (isMean) return { value: 0, isMean, indicator: hasIndicator };
    if (typeof value === 'number' && Number.isFinite(value)) return { value, isMean, indicator: hasIndicator };
    throw invalid(shown, "a finite number, or 'mean'", value);
  }
  if (typeof value === 'string') return { value, isMean: false, indicator: hasIndicator };
  if (value === undefined && hasIndicator && encode === 'oneHot')
    return { value: null, isMean: false, indicator: true };
  throw invalid(shown, 'a text of the vocabulary', value);
}
