/** What stands for nulls. */
import type { ColumnRequest, NullFill } from './layout/request.ts';
import { invalid, requireFlag, requireKeys } from './optionErrors.ts';

export function checkFill(path: string, fill: unknown, { encode }: Pick<ColumnRequest, 'encode'>): NullFill {
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
  if (typeof value === 'string' || Number.isSafeInteger(value)) {
    return { value: value as string | number, isMean: false, indicator: hasIndicator };
  }
  if (value === undefined && hasIndicator && encode === 'oneHot')
    return { value: null, isMean: false, indicator: true };
  throw invalid(shown, 'a text or an integer of the vocabulary', value);
}
