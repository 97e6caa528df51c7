import type { Dataset } from '@lockstep/core/source';
import { LockstepError } from '@lockstep/core/source';
import { checkCsvOptions, CSV_OPTIONS, invalid, requireKnown } from './convert/csv/options.ts';
import type { CsvOptions } from './convert/csv/options.ts';
import { CsvTable } from './convert/csv/csvTable.ts';
import type { TableBlock } from './convert/table/columns.ts';
import { textFile } from './convert/textInput.ts';
import { missingColumn } from './layout/missingColumn.ts';

export interface CsvDatasetOptions extends CsvOptions {
  /** Columns that make up a row's features, in this order. */
  readonly features: readonly string[];
  /** A column of class indices, texts or values. */
  readonly label: string;
  /** A column of weights, not negative. Without it every row weighs 1. */
  readonly sampleWeight?: string;
}

/** A dataset, and what its numbers for texts mean. */
export interface CsvDataset extends Dataset {
  /** The texts of each category column that is used, by the number that stands for them. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
  /** Rows that were left out (`onBadRow: 'skip'`). */
  readonly skippedRows: number;
}

/** Largest file: what is larger is converted, and read from the disk as it is needed. */
const LARGEST_FILE = 512 * 2 ** 20;

/**
 * A dataset from a CSV file of at most 512 MiB (RFC 4180, UTF-8, plain or gzip), read once into shared memory as `tensorDataset`
 * does with arrays: features as float32, texts as numbers from 0 in the order of their first appearance. Give `types` a list of
 * texts where two files must number them alike. Larger files: `convertCsv`.
 *
 * Errors: INVALID_OPTION, FILE_NOT_FOUND, FILE_INVALID, COLUMN_MISSING, COLUMN_HAS_NULLS for an empty field, INVALID_DATA for a
 * row that cannot be read; all with the line and the column.
 */
export async function csvDataset(path: string, options: CsvDatasetOptions): Promise<CsvDataset> {
  const used = checkColumns(options);
  const checked = { ...checkCsvOptions(options, 'csvDataset'), only: new Set(used) };
  const input = textFile(path);
  if (input.bytes > LARGEST_FILE) {
    throw new LockstepError('INVALID_DATA', {
      place: path,
      expected: `at most ${LARGEST_FILE} bytes, as all of it comes into memory`,
      received: String(input.bytes),
      advice: 'Convert it once (`lockstep convert`), and use arrowDataset.',
    });
  }
  const table = await CsvTable.open(input, checked);
  const columns = used.map((name) => findColumn(path, name, table));
  const rows = await readRows(path, table, columns);
  const { features, sampleWeight } = options;
  const width = features.length;
  const values = new Float32Array(rows.count * width);
  for (let column = 0; column < width; column++) {
    const from = rows.values[column];
    for (let row = 0; row < rows.count; row++) values[row * width + column] = from[row];
  }
  const { type } = table.columns[columns[width]];
  const isClass = !type.startsWith('float') && rows.values[width].every((value) => value === (value | 0));
  // All of core, which a program that only converts does without.
  const { tensorDataset } = await import('@lockstep/core');
  const dataset = tensorDataset({
    features: values,
    labels: isClass ? Int32Array.from(rows.values[width]) : rows.values[width],
    featureShape: [width],
    ...(sampleWeight === undefined ? {} : { sampleWeights: rows.values[width + 1] }),
  });
  const texts = columns.flatMap((index) => {
    const { name, categories } = table.columns[index];
    return categories === null ? [] : [[name, categories] as const];
  });
  return Object.assign(dataset, { categories: Object.fromEntries(texts), skippedRows: table.skipped.rows });
}

/** Names of the columns that are used: features, the label, the weight. */
function checkColumns(options: CsvDatasetOptions): string[] {
  requireKnown(options, ['features', 'label', 'sampleWeight', ...CSV_OPTIONS], 'csvDataset');
  const { features, label, sampleWeight } = options;
  if (!Array.isArray(features) || features.length === 0) {
    throw invalid('csvDataset.features', 'an array of at least one column name', features);
  }
  const used = [...(features as string[]), label, ...(sampleWeight === undefined ? [] : [sampleWeight])];
  used.forEach((name, i) => {
    const place = i < features.length ? `features[${i}]` : ['label', 'sampleWeight'][i - features.length];
    if (typeof name !== 'string' || name === '') throw invalid(`csvDataset.${place}`, 'a column name', name);
    if (used.indexOf(name) < i) throw invalid(`csvDataset.${place}`, 'a column that is not used yet', name);
  });
  return used;
}

function findColumn(path: string, name: string, { columns, names }: CsvTable): number {
  const index = columns.findIndex((column) => column.name === name);
  if (index >= 0) return index;
  const listed = `${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`;
  throw missingColumn(`${path}, line 1, column ${JSON.stringify(name)}`, name, names, listed);
}

interface Rows {
  readonly count: number;
  /** A column each, in float64. */
  readonly values: readonly Float64Array[];
}

async function readRows(path: string, table: CsvTable, columns: readonly number[]): Promise<Rows> {
  const pieces: Float64Array[][] = columns.map(() => []);
  let count = 0;
  for await (const block of table.blocks()) {
    columns.forEach((index, i) => {
      requireValues(path, block, index, table.columns[index].name);
      const { values } = block.columns[index];
      pieces[i].push(Float64Array.from({ length: block.rows }, (_, row) => Number(values[row])));
    });
    count += block.rows;
  }
  const values = pieces.map((column) => {
    const whole = new Float64Array(count);
    let at = 0;
    for (const piece of column) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  });
  return { count, values };
}

function requireValues(path: string, { rows, columns, lines }: TableBlock, index: number, name: string): void {
  const row = columns[index].nulls?.subarray(0, rows).indexOf(1) ?? -1;
  if (row === -1) return;
  throw new LockstepError('COLUMN_HAS_NULLS', {
    place: `${path}, line ${lines?.[row]}, column ${JSON.stringify(name)}`,
    expected: 'a value in every row',
    received: 'an empty field',
    advice: 'Fill it, or leave such rows out when the file is written.',
  });
}
