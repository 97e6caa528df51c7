import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, positiveInteger } from '../model/check.ts';
import type { Dataset, LabelDescription, RowCounts, SourceLocation, WindowDescription } from './dataset.ts';
import { datasetSchema } from './datasetSchema.ts';
import { DerivedDataset } from './derivedDataset.ts';
import { moduleBeside } from './moduleBeside.ts';
import { readableOf } from './openSource.ts';
import type { SliceChunk, SliceSourceOptions } from './sliceSource.ts';

const atLeast0 = (what: string): v.GenericSchema<number> =>
  v.pipe(
    v.number(`${what} is a number of rows`),
    v.integer(`${what} is a whole number of rows`),
    v.minValue(0, `${what} is at least 0`),
  );

const takeSchema = v.strictObject({ dataset: datasetSchema, rows: positiveInteger('rows') });
const skipSchema = v.strictObject({ dataset: datasetSchema, rows: atLeast0('rows') });
const sliceSchema = v.strictObject({ dataset: datasetSchema, begin: atLeast0('begin'), end: positiveInteger('end') });

/** The first `rows` rows of a dataset, in its order; all of it where it has fewer. Throws INVALID_OPTION. */
export function take(dataset: Dataset, rows: number): Dataset {
  const checked = checkOptions(takeSchema, { dataset, rows }, 'take');
  return rowsOf(dataset, 0, Math.min(checked.rows, dataset.rows));
}

/** A dataset without its first `rows` rows. Throws INVALID_OPTION, also where nothing would be left. */
export function skip(dataset: Dataset, rows: number): Dataset {
  checkOptions(skipSchema, { dataset, rows }, 'skip');
  if (rows >= dataset.rows) throw beyond('skip', `at most ${dataset.rows - 1} rows to skip`, rows, dataset);
  return rowsOf(dataset, rows, dataset.rows);
}

/**
 * Rows [begin, end) of a dataset, in its order, before any shuffling. Nothing is copied: a slice reads through the dataset that it
 * is of, chunk by chunk, and its chunks are that one's, cut at the borders. Throws INVALID_OPTION.
 */
export function slice(dataset: Dataset, begin: number, end: number): Dataset {
  checkOptions(sliceSchema, { dataset, begin, end }, 'slice');
  if (end > dataset.rows) throw beyond('slice', `an end of at most ${dataset.rows}`, end, dataset);
  if (begin >= end) throw beyond('slice', `a begin before the end, ${end}`, begin, dataset);
  return rowsOf(dataset, begin, end);
}

function rowsOf(dataset: Dataset, begin: number, end: number): Dataset {
  return begin === 0 && end === dataset.rows ? dataset : new SliceDataset(dataset, begin, end);
}

function beyond(place: string, expected: string, received: number, { rows }: Dataset): LockstepError {
  return new LockstepError('INVALID_OPTION', {
    ...{ place, expected, received: String(received) },
    advice: `The dataset has ${rows} ${rows === 1 ? 'row' : 'rows'}; a slice has one at least.`,
  });
}

class SliceDataset extends DerivedDataset implements Dataset {
  readonly rows: number;
  readonly featureShape: readonly number[];
  readonly label: LabelDescription;
  readonly chunkRows: readonly number[];
  readonly windowBytesPerRow: number;
  readonly windows?: WindowDescription;
  readonly sequential: boolean;
  readonly source: SourceLocation;
  /** Those of all of the dataset that it is of. */
  readonly rowCounts?: RowCounts;

  constructor(inner: Dataset, begin: number, end: number) {
    super(() => [inner.fingerprint, begin, end]);
    const chunks = chunksBetween(inner.chunkRows, begin, end);
    const options: SliceSourceOptions = { inner: readableOf(inner), begin, chunks };
    this.rows = end - begin;
    this.featureShape = inner.featureShape;
    this.label = inner.label;
    this.chunkRows = chunks.map(({ rows }) => rows);
    this.windowBytesPerRow = inner.windowBytesPerRow;
    this.sequential = inner.sequential ?? false;
    if (inner.windows !== undefined) this.windows = withCutRows(inner.windows, inner, chunks);
    if (inner.rowCounts !== undefined) this.rowCounts = inner.rowCounts;
    const { parallel = false } = inner.source;
    this.source = { module: moduleBeside(import.meta.url, 'sliceSource'), options, parallel };
  }
}

/** Chunks that are cut are read whole: their windows have the rows that the slice leaves out, too. */
function withCutRows(
  windows: WindowDescription,
  { chunkRows, windowBytesPerRow }: Dataset,
  chunks: readonly SliceChunk[],
): WindowDescription {
  const cut = chunks.reduce((sum, { chunk, rows }) => sum + chunkRows[chunk] - rows, 0);
  return { ...windows, overheadBytes: windows.overheadBytes + cut * windowBytesPerRow };
}

/** The chunks that have rows in [begin, end), each as far as it has. */
function chunksBetween(chunkRows: readonly number[], begin: number, end: number): SliceChunk[] {
  const chunks: SliceChunk[] = [];
  let start = 0;
  for (const [chunk, rows] of chunkRows.entries()) {
    const first = Math.max(begin - start, 0);
    const last = Math.min(end - start, rows);
    if (first < last) chunks.push({ chunk, first, rows: last - first });
    start += rows;
  }
  return chunks;
}
