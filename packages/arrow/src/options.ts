/** The options of `arrowDataset`, checked before any file is opened. */
import { checkFeature, checkLabel, checkScale, plainColumn } from './columnOptions.ts';
import { checkFilter, comparesOf } from './filterOptions.ts';
import type { ColumnRequest, DatasetRequest } from './layout/request.ts';
import { invalid, requireChoice, requireFlag, requireKeys, requireName } from './optionErrors.ts';
import type { ArrowDatasetOptions } from './optionTypes.ts';
import { checkSplit } from './splitOptions.ts';

const NAMES = [
  'features',
  'label',
  'scale',
  'sampleWeight',
  'filter',
  'split',
  'onBadRecord',
  'statistics',
  'checksums',
  'http',
] as const;

/** INVALID_OPTION at the path of the first option that is wrong. */
export function checkOptions(options: ArrowDatasetOptions): DatasetRequest {
  requireKeys('', options, NAMES, "{ features: ['pixels'], label: 'digit' }");
  const { features, label, sampleWeight, filter = [], split, onBadRecord } = options;
  const checksValues = onBadRecord !== undefined;
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
  features.forEach((feature, i) =>
    add(checkFeature(`.features[${i}]`, feature, scale, checksValues), `.features[${i}]`),
  );
  const labels: readonly unknown[] = Array.isArray(label) ? label : [label];
  if (labels.length === 0) throw invalid('.label', 'at least one column', label);
  labels.forEach((each, i) => {
    const where = Array.isArray(label) ? `.label[${i}]` : '.label';
    add(checkLabel(where, each, checksValues), where);
  });
  if (sampleWeight !== undefined) {
    const name = requireName('.sampleWeight', sampleWeight);
    add({ ...plainColumn(name, 'sampleWeight', '.sampleWeight'), nanIsNull: checksValues }, '.sampleWeight');
  }
  const conditions = checkFilter(filter);
  for (const name of new Set(conditions.map(({ column }) => column))) {
    const compares = comparesOf(conditions, name);
    const column = { ...plainColumn(name, 'filter', '.filter'), nanIsNull: true };
    columns.push(compares === undefined ? column : { ...column, compares });
  }
  const skipBadRecords = requireChoice('.onBadRecord', onBadRecord, ['error', 'skip']) === 'skip';
  const checksums = requireFlag('.checksums', options.checksums);
  const common = { columns, scale, filter: conditions, skipBadRecords, checksValues, checksums };
  const { statistics } = options;
  if (statistics !== undefined) requireChoice('.statistics', statistics, ['keep', 'compute']);
  const checked = statistics === undefined ? common : { ...common, statistics };
  if (split === undefined) return checked;
  const request = checkSplit(split);
  if (request.column !== undefined) {
    columns.push({ ...plainColumn(request.column, 'split', '.split.column'), encode: 'index', nanIsNull: true });
  }
  return { ...checked, split: request };
}
