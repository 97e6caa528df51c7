import { describeParquetFile } from '@lockstep/arrow';
import { formatBytes, formatCount } from '@lockstep/core';
import { printable } from '../printable.ts';
import { formatTable, TERMINAL } from '../table.ts';
import type { Description } from './description.ts';

/** Schema, rows and row groups of a Parquet file, from its footer alone, and what a conversion makes of each column. */
export async function describeParquet(file: string): Promise<Description> {
  const record = await describeParquetFile(file);
  const { bytes, rows, rowGroups, codecs, createdBy, columns } = record;
  const facts = [
    `Parquet file, ${formatCount(bytes)} bytes (${formatBytes(bytes)})${createdBy === null ? '' : `, by ${printable(createdBy)}`}`,
    `${formatCount(rows)} rows in ${formatCount(rowGroups)} row ${rowGroups === 1 ? 'group' : 'groups'}, ${codecs.join(', ') || 'no pages'}`,
  ];
  const table = formatTable(
    ['Column', 'Becomes', 'Is'],
    columns.map(({ name, type, isList, meaning }) => [
      printable(name),
      type === null ? 'nothing (--type column=skip)' : `${isList ? 'a list of ' : ''}${type}`,
      meaning === null ? '' : printable(meaning),
    ]),
    TERMINAL,
  );
  const advice = 'Training reads what is converted: lockstep convert <file> <folder>';
  return { record, text: `${facts.join('\n')}\n\n${table}\n\n${advice}` };
}
