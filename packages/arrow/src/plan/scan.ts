/** A pass over the columns that decide which rows there are, then one over those that decide how they are scaled. */
import { LockstepError } from '@lockstep/core/source';
import type { StoredReader } from '../source/storedReader.ts';
import type { DatasetRequest } from '../layout/request.ts';
import { selectRows } from './select.ts';
import type { Files, RowCounts } from './select.ts';
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
  readonly vocabularies: ReadonlyMap<number, readonly string[]>;
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
  const texts = new Map<number, Set<string>>();
  files.columns.forEach(({ dictionary }, index) => {
    if (dictionary !== undefined) texts.set(index, new Set());
  });
  const kept: (Uint8Array | undefined)[] = [];
  let firstRow = 0;
  let rank = 0;
  for (let batch = 0; batch < batches.length; batch++) {
    const { rows } = batches[batch];
    const flags = fromBits(selected[batch], rows);
    await collectTexts(files, reader, batch, flags, texts);
    const training = part === undefined ? flags : flags.slice();
    if (part !== undefined) {
      for (let row = 0; row < rows; row++) {
        if (flags[row] === 0) continue;
        const own = part(firstRow + row, rank++);
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
  if (total > 0) for (const [column, { count }] of statistics) requireValues(files, column, count);
  return { kept, counts, statistics, vocabularies: vocabulariesOf(files, texts) };
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

/** Texts in the order in which rows name them for the first time. */
async function collectTexts(
  files: Files,
  reader: StoredReader,
  batch: number,
  flags: Uint8Array,
  texts: ReadonlyMap<number, Set<string>>,
): Promise<void> {
  for (const [column, found] of texts) {
    const own = files.dictionaries[files.layout.batches[batch].columns[column].dictionary!];
    const seen = new Uint8Array(own.length);
    await forEachTile(files, reader, batch, column, (first, count) => {
      for (let i = 0; i < count; i++) {
        if (flags[first + i] === 0 || (reader.hasNulls && reader.valid[i] === 0)) continue;
        const index = reader.numbers[i];
        if (seen[index] === 1) continue;
        seen[index] = 1;
        found.add(own[index]);
      }
    });
  }
}

function vocabulariesOf({ columns }: Files, texts: ReadonlyMap<number, Set<string>>): Map<number, readonly string[]> {
  return new Map(
    Array.from(texts, ([column, found]): [number, readonly string[]] => {
      const { vocabulary, fillNull } = columns[column].request;
      if (typeof vocabulary !== 'string') return [column, vocabulary];
      if (typeof fillNull?.value === 'string') found.add(fillNull.value);
      // By code unit, so the same on every machine.
      return [column, vocabulary === 'sorted' ? Array.from(found).toSorted(byCodeUnit) : Array.from(found)];
    }),
  );
}

function byCodeUnit(a: string, b: string): number {
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
