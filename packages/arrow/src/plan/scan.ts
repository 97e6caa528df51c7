/** A pass over the columns that decide which rows there are, then one over those that decide how they are scaled. */
import { LockstepError } from '@lockstep/core/source';
import type { StoredReader } from '../source/storedReader.ts';
import { VALUE } from '../layout/preparedTypes.ts';
import { isUsed } from '../layout/request.ts';
import type { Category, DatasetRequest } from '../layout/request.ts';
import { selectRows } from './select.ts';
import type { Files, RowCounts } from './files.ts';
import { partOf } from '../layout/split.ts';
import { StatisticsPass } from '../layout/statistics.ts';
import type { Statistics } from '../layout/statistics.ts';
import { forEachTile } from './tiles.ts';

export interface Scanned {
  /** For each batch a bit for each row, set where it belongs to the dataset; undefined where all rows do. */
  readonly kept: readonly (Uint8Array | undefined)[];
  readonly counts: Readonly<RowCounts>;
  /** By index of the column; of the rows for training, whatever part is asked for. */
  readonly statistics: ReadonlyMap<number, Statistics>;
  /** By index of the column; of the rows of all parts. */
  readonly vocabularies: ReadonlyMap<number, readonly Category[]>;
}

export async function scan(files: Files, request: DatasetRequest, reader: StoredReader): Promise<Scanned> {
  const { batches } = files.layout;
  const counts: RowCounts = { inFiles: 0, filtered: 0, skipped: 0 };
  const selected: (Uint8Array | undefined)[] = [];
  for (let batch = 0; batch < batches.length; batch++) {
    selected.push(toBits(await selectRows(files, request, reader, batch, counts)));
  }
  const total = counts.inFiles - counts.filtered - counts.skipped;
  const part = request.split === undefined ? undefined : partOf(request.split, total);

  const passes = statisticsPasses(files);
  const found = new Map<number, Set<number>>();
  files.columns.forEach(({ reading, request: column }, index) => {
    const isFound = typeof column.vocabulary === 'string';
    if (reading.isCategory && isUsed(column) && isFound) found.set(index, new Set());
  });
  const splitColumn = files.columns.findIndex((column) => column.request.role === 'split');
  const kept: (Uint8Array | undefined)[] = [];
  let firstRow = 0;
  let rank = 0;
  for (let batch = 0; batch < batches.length; batch++) {
    const { rows } = batches[batch];
    const flags = fromBits(selected[batch], rows);
    await collectCategories(files, reader, batch, flags, found);
    const keys = splitColumn < 0 ? undefined : await readKeys(files, reader, batch, splitColumn);
    const training = part === undefined ? flags : flags.slice();
    if (part !== undefined) {
      for (let row = 0; row < rows; row++) {
        if (flags[row] === 0) continue;
        const own = part(firstRow + row, rank++, keys === undefined ? 0 : keys[row]);
        training[row] = own === 'train' ? 1 : 0;
        flags[row] = own === request.split!.part ? 1 : 0;
      }
    }
    for (const [column, pass] of passes) await measure(files, reader, batch, column, training, pass);
    kept.push(toBits(flags));
    firstRow += rows;
  }
  const statistics = new Map(Array.from(passes, ([column, pass]) => [column, pass.result()]));
  // Without a row there is another error to tell.
  if (total > 0) {
    for (const [column, each] of statistics) {
      requireValues(files, column, each.count);
      requireFinite(files, column, each);
    }
  }
  return { kept, counts, statistics, vocabularies: vocabulariesOf(files, found) };
}

function statisticsPasses({ columns }: Files): Map<number, StatisticsPass> {
  const passes = new Map<number, StatisticsPass>();
  columns.forEach(({ request: { normalize, fillNull }, width }, index) => {
    if (normalize !== undefined || fillNull?.isMean === true) passes.set(index, new StatisticsPass(width));
  });
  return passes;
}

async function measure(
  files: Files,
  reader: StoredReader,
  batch: number,
  column: number,
  flags: Uint8Array,
  pass: StatisticsPass,
): Promise<void> {
  const { width } = files.columns[column];
  await forEachTile(files, reader, batch, column, (first, count) => {
    const valid = reader.hasNulls ? reader.valid : undefined;
    for (let i = 0; i < count; i++) if (flags[first + i] === 1) pass.addRow(reader.numbers, i * width, valid);
  });
}

/** Codes of the scan, in the order in which rows have them for the first time. */
async function collectCategories(
  files: Files,
  reader: StoredReader,
  batch: number,
  flags: Uint8Array,
  found: ReadonlyMap<number, Set<number>>,
): Promise<void> {
  for (const [column, codes] of found) {
    await forEachTile(files, reader, batch, column, (first, count) => {
      for (let i = 0; i < count; i++) {
        if (flags[first + i] === 1 && !(reader.hasNulls && reader.valid[i] !== VALUE)) codes.add(reader.numbers[i]);
      }
      files.codes.requireBounded(column, files.layout.files[files.layout.batches[batch].file].name);
    });
  }
}

/** The hashes that rows are split by. */
async function readKeys(files: Files, reader: StoredReader, batch: number, column: number): Promise<Float64Array> {
  const keys = new Float64Array(files.layout.batches[batch].rows);
  await forEachTile(files, reader, batch, column, (first, count) => {
    keys.set(reader.numbers.subarray(0, count), first);
  });
  return keys;
}

/** As they were given, or as they were found: texts by code unit, so the same on every machine; integers by value. */
function vocabulariesOf(
  { columns, codes }: Files,
  found: ReadonlyMap<number, ReadonlySet<number>>,
): Map<number, readonly Category[]> {
  const vocabularies = new Map<number, readonly Category[]>();
  columns.forEach(({ reading, request }, column) => {
    const { vocabulary, fillNull } = request;
    if (!reading.isCategory || !isUsed(request)) return;
    if (typeof vocabulary !== 'string') {
      vocabularies.set(column, vocabulary);
      return;
    }
    const met = codes.categoriesOf(column);
    const categories = new Set(Array.from(found.get(column)!, (code) => met[code]));
    if (fillNull !== undefined && fillNull.value !== null) categories.add(fillNull.value);
    const all = Array.from(categories);
    vocabularies.set(column, vocabulary === 'sorted' ? all.toSorted(byCodeUnit) : all);
  });
  return vocabularies;
}

function byCodeUnit(a: Category, b: Category): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function requireValues({ layout, columns }: Files, column: number, count: readonly number[]): void {
  const empty = count.indexOf(0);
  if (empty < 0) return;
  const { name, width, request } = columns[column];
  throw new LockstepError('INVALID_DATA', {
    place: `${layout.files.map((file) => file.name).join(', ')}, column ${JSON.stringify(name)}`,
    expected: 'a value that is not null in the rows for training, to take statistics of',
    received: width === 1 ? 'none' : `none in item ${empty}`,
    advice: `Leave arrowDataset${request.option} out, or fill its nulls with a number.`,
  });
}

/** INVALID_DATA where sums of the numbers leave the range of a double, or they lie too near each other to be divided by that. */
function requireFinite({ layout, columns }: Files, column: number, statistics: Statistics): void {
  const { name, request } = columns[column];
  const { mean, standardDeviation, min, max } = statistics;
  const isMinMax = request.normalize === 'minMax';
  const beyond = mean.findIndex((_, item) => {
    const middle = isMinMax ? min[item] : mean[item];
    if (request.normalize === undefined) return !Number.isFinite(middle);
    const spread = isMinMax ? max[item] - min[item] : standardDeviation[item];
    return ![middle, spread, spread === 0 ? 0 : 1 / spread].every(Number.isFinite);
  });
  if (beyond < 0) return;
  throw new LockstepError('INVALID_DATA', {
    place: `${layout.files.map((file) => file.name).join(', ')}, column ${JSON.stringify(name)}`,
    expected: 'numbers whose statistics are finite numbers too',
    received: `some from ${min[beyond]} to ${max[beyond]}`,
    advice: `Scale them when writing the file, or leave arrowDataset${request.option} out.`,
  });
}

function toBits(flags: Uint8Array): Uint8Array | undefined {
  if (!flags.includes(0)) return undefined;
  const bits = new Uint8Array(Math.ceil(flags.length / 8));
  for (let i = 0; i < flags.length; i++) if (flags[i] === 1) bits[i >>> 3] |= 1 << (i & 7);
  return bits;
}

function fromBits(bits: Uint8Array | undefined, rows: number): Uint8Array {
  const flags = new Uint8Array(rows).fill(1);
  if (bits === undefined) return flags;
  for (let i = 0; i < rows; i++) flags[i] = (bits[i >>> 3] >>> (i & 7)) & 1;
  return flags;
}
