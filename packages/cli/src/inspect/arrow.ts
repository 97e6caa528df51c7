import { arrowStatistics, describeArrowFile } from '@lockstep/arrow';
import type { ArrowColumnDescription } from '@lockstep/arrow';
import { formatBytes, formatCount } from '@lockstep/core';
import { printable } from '../printable.ts';
import { formatTable, TERMINAL } from '../table.ts';
import type { Description, InspectOptions } from './description.ts';
import { formatClasses, formatNumbers, NUMBERS } from './table.ts';

/**
 * Schema, rows, record batches and bytes of an Arrow file, from its metadata alone; with `statistics` also those of its
 * numbers, for which all of them are read.
 */
export async function describeArrow(file: string, { statistics: wanted }: InspectOptions): Promise<Description> {
  const record = await describeArrowFile(file);
  const { bytes, rows, recordBatches, compression, columns } = record;
  const facts = [
    `Arrow file, ${formatCount(bytes)} bytes (${formatBytes(bytes)})`,
    `${formatCount(rows)} rows in ${formatCount(recordBatches)} record ${recordBatches === 1 ? 'batch' : 'batches'}`,
    `compression ${compression}${compression === 'none' ? '' : ': decompressed in every epoch; without it training reads faster'}`,
  ];
  const table = formatTable(
    ['Column', 'Type', 'Nulls', 'Usable as'],
    columns.map(({ name, type, nullable, nullCount, numbers, isTexts }) => [
      printable(name),
      type,
      nullable ? formatCount(nullCount) : 'not nullable',
      usableAs(numbers, isTexts),
    ]),
    TERMINAL,
  );
  const text = `${facts.join('\n')}\n\n${table}`;
  if (!wanted) return { record, text };
  const statistics = await arrowStatistics(file);
  const numbers = formatTable(
    ['Column', 'Not finite', ...NUMBERS],
    statistics.map((column) => [printable(column.name), formatCount(column.notFinite), ...formatNumbers(column)]),
    TERMINAL,
  );
  const classes = statistics.flatMap((column) => formatClasses(column, rows));
  return { record: { ...record, statistics }, text: [text, '', numbers, ...classes].join('\n') };
}

function usableAs(numbers: ArrowColumnDescription['numbers'], isTexts: boolean): string {
  if (isTexts) return 'class, or feature by oneHot or embeddingIndex';
  if (numbers === null) return 'nothing';
  const { kind, perRow } = numbers;
  if (perRow === null) return 'features or values, if all lists are of one length';
  if (perRow > 1) return `${formatCount(perRow)} features or values`;
  return kind.includes('int') || kind === 'bool' ? 'feature, class or value' : 'feature or value';
}
