/** The index of a converted table, `index.json`: read and checked before it is trusted. */
import { join } from 'node:path';
import { parseJson } from '@lockstep/core/files';
import { DiskFile } from '../../format/diskFile.ts';
import { invalidFile } from '../../format/errors.ts';
import type { SkippedRows } from '../skippedRows.ts';
import { TEXT_TYPES } from './columns.ts';
import type { ColumnType } from './columns.ts';
import type { ColumnStatistics } from './statistics.ts';

export const INDEX_NAME = 'index.json';
const LARGEST_INDEX = 256 * 2 ** 20;
/** Most values are texts of categories and their counts, a line each. */
const LIMITS = { depth: 8, values: 2 ** 25 };

export interface Shard {
  /** Its name in the folder. */
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface IndexColumn extends ColumnStatistics {
  readonly name: string;
  readonly type: ColumnType;
  readonly perRow: number;
  readonly categories: readonly string[] | null;
}

export interface TableIndex {
  readonly format: 'lockstep-table';
  readonly version: 1;
  readonly rows: number;
  /** The file's name; of a dataset (`cacheDataset`) its fingerprint. */
  readonly source: { readonly format: string; readonly file: string };
  readonly skipped: SkippedRows;
  readonly columns: readonly IndexColumn[];
  readonly shards: readonly Shard[];
}

export function shardName(number: number): string {
  return `part-${String(number).padStart(5, '0')}.arrow`;
}

/** FILE_NOT_FOUND, and FILE_INVALID where something in it cannot be. */
export function readTableIndex(folder: string): TableIndex {
  const path = join(folder, INDEX_NAME);
  const file = DiskFile.open(path, path);
  try {
    const { size } = file;
    if (size > LARGEST_INDEX) {
      throw invalidFile({ place: path, expected: `at most ${LARGEST_INDEX} bytes`, received: String(size) });
    }
    const text = Buffer.from(file.bytes(0, size)).toString('utf8');
    let index: unknown;
    try {
      index = parseJson(text, LIMITS);
    } catch (cause) {
      const received = String(cause).slice(0, 120);
      throw invalidFile({ place: path, expected: 'JSON', received, cause });
    }
    const finding = invalidIndex(index);
    if (finding !== null) throw invalidFile({ ...finding, place: `${path}, ${finding.place}` });
    return index as TableIndex;
  } finally {
    file.close();
  }
}

interface Finding {
  readonly place: string;
  readonly expected: string;
  readonly received: string;
}

type Members = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/** The first thing that cannot be, or null. */
export function invalidIndex(value: unknown): Finding | null {
  try {
    checkIndex(value);
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.finding;
    throw error;
  }
}

class Refused extends Error {
  readonly finding: Finding;

  constructor(place: string, expected: string, value: unknown) {
    super(place);
    const text = JSON.stringify(value) ?? 'nothing';
    this.finding = { place, expected, received: text.length > 60 ? `${text.slice(0, 59)}…` : text };
  }
}

const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isText: Check = (value) => typeof value === 'string';
const isFinite: Check = (value) => Number.isFinite(value);
const TYPES: ReadonlySet<unknown> = new Set([...TEXT_TYPES, 'float16']);

function member(object: Members, place: string, name: string, expected: string, check: Check): unknown {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (!check(value)) throw new Refused(place === '' ? name : `${place}.${name}`, expected, value);
  return value;
}

function list(object: Members, place: string, name: string, check: (item: Members, place: string) => void): Members[] {
  const items = member(object, place, name, 'a list', Array.isArray) as unknown[];
  const where = place === '' ? name : `${place}.${name}`;
  items.forEach((item, i) => {
    if (!isObject(item)) throw new Refused(`${where}[${i}]`, 'an object', item);
    check(item as Members, `${where}[${i}]`);
  });
  return items as Members[];
}

function checkIndex(value: unknown): void {
  if (!isObject(value)) throw new Refused('the whole', 'an object', value);
  const index = value as Members;
  member(index, '', 'format', '"lockstep-table"', (format) => format === 'lockstep-table');
  member(index, '', 'version', '1', (version) => version === 1);
  const rows = member(index, '', 'rows', 'a number of rows', isCount) as number;
  const source = member(index, '', 'source', 'an object', isObject) as Members;
  for (const name of ['format', 'file']) member(source, 'source', name, 'a text', isText);
  const skipped = member(index, '', 'skipped', 'an object', isObject) as Members;
  member(skipped, 'skipped', 'rows', 'a number of rows', isCount);
  list(skipped, 'skipped', 'first', (row, place) => {
    member(row, place, 'line', 'a line', isCount);
    member(row, place, 'column', 'a text or null', (column) => column === null || isText(column));
    for (const name of ['expected', 'received']) member(row, place, name, 'a text', isText);
  });
  let number = 0;
  const shards = list(index, '', 'shards', (shard, place) => {
    // Never a path: what an index names lies beside it.
    const file = shardName(number++);
    member(shard, place, 'file', JSON.stringify(file), (name) => name === file);
    for (const name of ['rows', 'bytes']) member(shard, place, name, 'a count', isCount);
    member(
      shard,
      place,
      'sha256',
      '64 hexadecimal digits',
      (hash) => isText(hash) && /^[0-9a-f]{64}$/.test(hash as string),
    );
  });
  const sum = shards.reduce((total, shard) => total + (shard['rows'] as number), 0);
  if (sum !== rows) throw new Refused('shards', `${rows} rows together, as the table has`, sum);
  const names = new Set<unknown>();
  list(index, '', 'columns', (column, place) => {
    names.add(member(column, place, 'name', 'a name of its own', (name) => isText(name) && !names.has(name)));
    checkColumn(column, place, rows);
  });
}

function checkColumn(column: Members, place: string, rows: number): void {
  const type = member(column, place, 'type', 'a type', (value) => TYPES.has(value));
  const perRow = member(column, place, 'perRow', 'at least 1', (width) => isCount(width) && (width as number) > 0);
  const nulls = member(
    column,
    place,
    'nulls',
    `at most ${rows}`,
    (count) => isCount(count) && (count as number) <= rows,
  );
  member(column, place, 'notFinite', 'a count', isCount);
  const numbers = member(column, place, 'numbers', 'an object or null', (given) => given === null || isObject(given));
  if (numbers !== null) {
    for (const name of ['min', 'max', 'mean', 'deviation']) {
      member(numbers as Members, `${place}.numbers`, name, 'a finite number', isFinite);
    }
  }
  const isTexts: Check = (given) => Array.isArray(given) && given.every(isText) && new Set(given).size === given.length;
  const wanted = type === 'category' ? isTexts : (given: unknown): boolean => given === null;
  const what = type === 'category' ? 'different texts' : 'null, as it is no category';
  const categories = member(column, place, 'categories', what, wanted) as string[] | null;
  const isCounts: Check = (given) => Array.isArray(given) && given.every(isCount) && perRow === 1;
  const counts = member(column, place, 'counts', 'counts or null', (given) => given === null || isCounts(given));
  if (counts === null) return;
  if (categories !== null && categories.length !== (counts as number[]).length) {
    throw new Refused(`${place}.counts`, `${categories.length} counts, one a category`, (counts as number[]).length);
  }
  const sum = (counts as number[]).reduce((total, count) => total + count, 0);
  if (sum !== rows - (nulls as number)) {
    throw new Refused(`${place}.counts`, `counts of ${rows - (nulls as number)} rows`, sum);
  }
}
