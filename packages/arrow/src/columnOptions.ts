/** The options of single columns. */
import { checkFill } from './fillOptions.ts';
import type { Cast } from './layout/reading.ts';
import type { ColumnRequest } from './layout/request.ts';
import { invalid, requireChoice, requireFlag, requireKeys, requireName } from './optionErrors.ts';
import { checkVocabulary } from './vocabularyOptions.ts';

const FEATURE_NAMES = [
  ...(['column', 'cast', 'scale', 'normalize', 'oneHot', 'embeddingIndex', 'vocabulary', 'fillNull'] as const),
];
const LABEL_NAMES = ['column', 'cast', 'scale', 'normalize', 'vocabulary', 'oneHot'] as const;
const NORMALIZE = ['zScore', 'minMax'] as const;
const CASTS: readonly Cast[] = [
  ...(['float32', 'float64', 'bool'] as const),
  ...(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const),
  ...(['s', 'ms', 'us', 'ns', 'day'] as const),
];

/** `checksValues`: whether a NaN is looked for in any case. */
export function checkFeature(path: string, feature: unknown, scale: number, checksValues: boolean): ColumnRequest {
  if (typeof feature === 'string') {
    return { ...plainColumn(requireName(path, feature), 'feature', path), scale, nanIsNull: checksValues };
  }
  requireKeys(path, feature, FEATURE_NAMES, "{ column: 'age', normalize: 'zScore' }, or a column name");
  const options = feature as Record<string, unknown>;
  const treatment = requireOne(path, options, ['scale', 'normalize', 'oneHot', 'embeddingIndex']);
  const encode = encodeOf(path, options);
  if (encode === 'number' && options.vocabulary !== undefined) {
    throw invalid(`${path}.vocabulary`, 'oneHot or embeddingIndex beside it', 'neither');
  }
  const request = {
    ...plainColumn(requireName(`${path}.column`, options.column), 'feature', path),
    ...commonOptions(path, options, treatment === undefined ? scale : 1),
    ...{ encode, vocabulary: checkVocabulary(path, options.vocabulary) },
  };
  const nanIsNull = checksValues || ['fillNull', 'normalize', 'cast'].some((name) => options[name] !== undefined);
  if (options.fillNull === undefined) return { ...request, nanIsNull };
  return { ...request, nanIsNull, fillNull: checkFill(path, options.fillNull, request) };
}

export function checkLabel(path: string, label: unknown, checksValues: boolean): ColumnRequest {
  if (typeof label === 'string' || typeof label !== 'object' || label === null) {
    return { ...plainColumn(requireName(path, label), 'label', path), nanIsNull: checksValues };
  }
  if (Object.hasOwn(label, 'fillNull')) {
    const advice = "A label is never made up: leave rows without one out by onBadRecord: 'skip'.";
    throw invalid(`${path}.fillNull`, 'no such option for a label', 'one', advice);
  }
  requireKeys(path, label, LABEL_NAMES, "{ column: 'species' }, or a column name");
  const options = label as Record<string, unknown>;
  requireOne(path, options, ['scale', 'normalize', 'oneHot']);
  const isGiven = options.vocabulary !== undefined;
  if (isGiven) requireOne(path, options, ['scale', 'normalize', 'vocabulary']);
  const oneHot = encodeOf(path, options);
  return {
    ...plainColumn(requireName(`${path}.column`, options.column), 'label', path),
    ...commonOptions(path, options, 1),
    // Integers are classes as they are, until a vocabulary is asked for.
    encode: oneHot === 'number' && isGiven ? 'index' : oneHot,
    vocabulary: checkVocabulary(path, options.vocabulary),
    nanIsNull: checksValues || options.normalize !== undefined || options.cast !== undefined,
  };
}

export function checkScale(path: string, scale: unknown): number {
  if (typeof scale === 'number' && Number.isFinite(scale) && scale !== 0) return scale;
  throw invalid(path, 'a finite number other than 0', scale);
}

/** A column as it is, whatever its role. */
export function plainColumn(name: string, role: ColumnRequest['role'], option: string): ColumnRequest {
  return { name, role, option, scale: 1, encode: 'number', vocabulary: 'sorted', nanIsNull: false };
}

function commonOptions(
  path: string,
  { cast, scale, normalize }: Record<string, unknown>,
  otherwise: number,
): Pick<ColumnRequest, 'scale' | 'cast' | 'normalize'> {
  return {
    scale: scale === undefined ? otherwise : checkScale(`${path}.scale`, scale),
    ...(cast === undefined ? {} : { cast: requireChoice(`${path}.cast`, cast, CASTS) }),
    ...(normalize === undefined ? {} : { normalize: requireChoice(`${path}.normalize`, normalize, NORMALIZE) }),
  };
}

function encodeOf(path: string, options: Record<string, unknown>): ColumnRequest['encode'] {
  const isIndex = requireFlag(`${path}.embeddingIndex`, options.embeddingIndex);
  if (requireFlag(`${path}.oneHot`, options.oneHot)) return 'oneHot';
  return isIndex ? 'index' : 'number';
}

/** The one of these options that is given, or undefined. */
function requireOne(path: string, options: Record<string, unknown>, names: readonly string[]): string | undefined {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length <= 1) return given[0];
  throw invalid(path, `one of ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`, given.join(' and '));
}
