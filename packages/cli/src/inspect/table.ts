import { type ColumnStatistics, describeTable, type IndexColumn, type TableIndex } from '@lockstep/arrow';
import { formatBytes, formatCount } from '@lockstep/core';
import { printable } from '../printable.ts';
import { formatTable, TERMINAL } from '../table.ts';
import type { Description, InspectOptions } from './description.ts';

/** Times as many rows from which on it is told. */
const IMBALANCE = 2;

/** Classes of a column that are shown, the most frequent ones first. */
const CLASSES_SHOWN = 20;

/** A folder that `lockstep convert` has written: schema, rows, statistics, nulls and the balance of classes. */
export async function describeConverted(folder: string, { checksums }: InspectOptions): Promise<Description> {
  const index = await describeTable(folder, { checksums });
  const checked = checksums ? 'all bytes agree with their SHA-256' : 'checksums not compared (--checksums)';
  return { record: index, text: `${formatIndex(index)}\n\n${checked}` };
}

export function formatIndex(index: TableIndex): string {
  const { rows, shards, columns, skipped, source } = index;
  const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const files = shards.length === 1 ? '1 Arrow file' : `${formatCount(shards.length)} Arrow files`;
  return [
    `${formatCount(rows)} rows from ${printable(source.file)} (${printable(source.format)}), in ${files} of ${formatBytes(bytes)}`,
    ...(skipped.rows === 0 ? [] : [describeSkipped(skipped)]),
    ...skipped.first.map(({ line, column, expected, received }) => {
      return `  line ${line}${column === null ? '' : `, ${printable(column)}`}: expected ${printable(expected)}, received ${printable(received)}`;
    }),
    '',
    formatTable(
      ['Column', 'Type', 'Nulls', ...NUMBERS],
      columns.map((column) => {
        const { name, type, perRow, nulls } = column;
        return [
          printable(name),
          perRow > 1 ? `${type}[${perRow}]` : type,
          formatCount(nulls),
          ...formatNumbers(column),
        ];
      }),
      TERMINAL,
    ),
    ...columns.flatMap((column) => formatClasses(column, rows)),
  ].join('\n');
}

function describeSkipped({ rows, first }: TableIndex['skipped']): string {
  const which = rows > first.length ? ', the first of them' : '';
  return `${formatCount(rows)} bad ${rows === 1 ? 'row' : 'rows'} left out${which}:`;
}

/** What `formatNumbers` gives. */
export const NUMBERS: readonly string[] = ['Min', 'Max', 'Mean', 'Deviation'];

export function formatNumbers({ numbers }: ColumnStatistics): string[] {
  if (numbers === null) return NUMBERS.map(() => '');
  const { min, max, mean, deviation } = numbers;
  return [min, max, mean, deviation].map((value) => formatNumber(value));
}

/** Five digits, of integers all. */
function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(5)));
}

/** How far the classes are from being as frequent as each other, and how many have no row. */
function formatBalance(classes: readonly { readonly count: number }[], counts: readonly number[]): string[] {
  const empty = counts.length - classes.length;
  const ratio = classes.length < 2 ? 1 : classes[0].count / classes[classes.length - 1].count;
  return [
    ...(ratio < IMBALANCE
      ? []
      : [`unbalanced: the most frequent has ${formatNumber(ratio)} times the rows of the least`]),
    ...(empty > 0 ? [`${formatCount(empty)} of ${formatCount(counts.length)} without a row`] : []),
  ];
}

/** What is left when a column is described by its statistics alone, its classes without names. */
type Classes = ColumnStatistics & Pick<IndexColumn, 'name'> & Partial<Pick<IndexColumn, 'categories'>>;

export function formatClasses({ name, categories = null, counts, nulls }: Classes, rows: number): string[] {
  // One class alone, or a class a row, is no balance to look at.
  if (counts === null || counts.length < 2) return [];
  const classes = counts
    .map((count, code) => ({ count, code }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count || a.code - b.code);
  const shown = classes
    .slice(0, CLASSES_SHOWN)
    .map(({ count, code }) => [
      categories === null ? String(code) : `${printable(categories[code])} (${code})`,
      formatCount(count),
      `${((100 * count) / (rows - nulls)).toFixed(1)} %`,
    ]);
  const more = classes.length - shown.length;
  const rest = more > 0 ? [`and ${formatCount(more)} more`] : [];
  const title = `Class of ${printable(name)}`;
  return ['', formatTable([title, 'Rows', 'Share'], shown, TERMINAL), ...rest, ...formatBalance(classes, counts)];
}
