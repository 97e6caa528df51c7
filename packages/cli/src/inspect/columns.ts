import type { ArrowDataset, ArrowDatasetDescription, ColumnUse } from '@lockstep/arrow';
import { type Dataset, formatCount } from '@lockstep/core';
import { formatTable } from '../table.ts';

/** Texts of a vocabulary that are shown. */
const SHOWN = 8;

/** What a dataset says of its columns; undefined where it has none. */
export function columnsOf(data: Dataset): ArrowDatasetDescription | undefined {
  return 'description' in data ? (data as ArrowDataset).description : undefined;
}

/** Which columns become what, with their vocabularies and statistics, and which rows were left out. */
export function describeColumns({ columns, rows }: ArrowDatasetDescription): string[] {
  const { inFiles, filtered, skipped, inDataset } = rows;
  const left = [
    ...(filtered > 0 ? [`${formatCount(filtered)} left out by the filter`] : []),
    ...(skipped > 0 ? [`${formatCount(skipped)} skipped as bad records`] : []),
  ];
  return [
    '',
    [`${formatCount(inDataset)} of ${formatCount(inFiles)} rows of the files`, ...left].join(', '),
    formatTable(
      ['Column', 'Role', 'Numbers', 'As'],
      columns.map((use) => [use.column, use.role, formatCount(use.width), howOf(use)]),
    ),
  ];
}

function howOf({ encode, normalize, statistics, vocabulary }: ColumnUse): string {
  if (vocabulary !== undefined) {
    const texts = vocabulary.slice(0, SHOWN).map((text, code) => `${code} ${JSON.stringify(text)}`);
    const more = vocabulary.length > SHOWN ? [`and ${formatCount(vocabulary.length - SHOWN)} more`] : [];
    return `${encode === 'oneHot' ? 'one-hot' : 'number'} of ${[...texts, ...more].join(', ')}`;
  }
  if (statistics === undefined) return 'number';
  const { mean, standardDeviation, min, max } = statistics;
  const name = normalize ?? 'number, nulls as the mean';
  if (mean.length > 1) return `${name}, each of ${formatCount(mean.length)} by its own statistics`;
  const [average, deviation, least, most] = [mean, standardDeviation, min, max].map(([value]) => value.toPrecision(5));
  return `${name}: mean ${average}, deviation ${deviation}, from ${least} to ${most}`;
}
