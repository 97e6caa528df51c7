/** The options of `arrowDataset`, checked before any file is opened. */
import { checkFeature, checkLabel, checkScale } from './columnOptions.ts';
import type { ColumnRequest, Condition, DatasetRequest } from './layout/request.ts';
import { invalid, requireChoice, requireKeys } from './optionErrors.ts';
import type { ArrowDatasetOptions } from './optionTypes.ts';
import { checkSplit } from './splitOptions.ts';

const NAMES = ['features', 'label', 'scale', 'sampleWeight', 'filter', 'split', 'onBadRecord'] as const;
const COMPARISONS = ['<', '<=', '>', '>=', '==', '!='] as const;

/** INVALID_OPTION at the path of the first option that is wrong. */
export function checkOptions(options: ArrowDatasetOptions): DatasetRequest {
  requireKeys('', options, NAMES, "{ features: ['pixels'], label: 'digit' }");
  const { features, label, sampleWeight, filter = [], split, onBadRecord } = options;
  const scale = checkScale('.scale', options.scale ?? 1);
  if (!Array.isArray(features) || features.length === 0) {
    throw invalid('.features', 'an array of at least one column', features);
  }
  const columns: ColumnRequest[] = [];
  const add = (column: ColumnRequest, where: string): void => {
    const other = columns.find(({ name }) => name === column.name);
    if (other !== undefined) {
      const isLabel = other.role !== column.role;
      const advice = isLabel ? 'A model that sees its label learns nothing else.' : undefined;
      const received = `${JSON.stringify(column.name)}, already a ${other.role}`;
      throw invalid(where, 'a column that is not used yet', received, advice);
    }
    columns.push(column);
  };
  features.forEach((feature, i) => add(checkFeature(`.features[${i}]`, feature, scale), `.features[${i}]`));
  const labels: readonly unknown[] = Array.isArray(label) ? label : [label];
  if (labels.length === 0) throw invalid('.label', 'at least one column', label);
  labels.forEach((each, i) => {
    const where = Array.isArray(label) ? `.label[${i}]` : '.label';
    add(checkLabel(where, each), where);
  });
  if (sampleWeight !== undefined) {
    const name = requireName('.sampleWeight', sampleWeight);
    add({ ...plain(name), role: 'sampleWeight', option: '.sampleWeight' }, '.sampleWeight');
  }
  const conditions = checkFilter(filter);
  for (const name of new Set(conditions.map(({ column }) => column))) {
    columns.push({ ...plain(name), role: 'filter', option: '.filter' });
  }
  const skipBadRecords = requireChoice('.onBadRecord', onBadRecord, ['error', 'skip']) === 'skip';
  const checked = { columns, scale, filter: conditions, skipBadRecords };
  return split === undefined ? checked : { ...checked, split: checkSplit(split) };
}

function plain(name: string): Pick<ColumnRequest, 'name' | 'scale' | 'encode' | 'vocabulary'> {
  return { name, scale: 1, encode: 'number', vocabulary: 'sorted' };
}

function requireName(path: string, name: unknown): string {
  if (typeof name === 'string' && name !== '') return name;
  throw invalid(path, 'a column name', name);
}

function checkFilter(filter: unknown): Condition[] {
  if (!Array.isArray(filter)) throw invalid('.filter', "conditions such as [['age', '>=', 18]]", filter);
  return filter.map((condition: unknown, i) => {
    const where = `.filter[${i}]`;
    if (!Array.isArray(condition) || condition.length !== 3) {
      throw invalid(where, "a condition such as ['age', '>=', 18]", condition);
    }
    const [column, comparison, value] = condition as readonly unknown[];
    if (typeof value !== 'number' || Number.isNaN(value)) throw invalid(`${where}[2]`, 'a number', value);
    return {
      column: requireName(`${where}[0]`, column),
      comparison: requireChoice(`${where}[1]`, comparison ?? null, COMPARISONS),
      value,
    };
  });
}
