import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions } from '../model/check.ts';
import { formatShape } from '../model/spec.ts';
import type { ConcatSourceOptions } from './concatSource.ts';
import type { Dataset, LabelDescription, RowCounts, SourceLocation } from './dataset.ts';
import { datasetSchema } from './datasetSchema.ts';
import { DerivedDataset } from './derivedDataset.ts';
import { moduleBeside } from './moduleBeside.ts';
import { readableOf } from './openSource.ts';

const schema = v.strictObject({
  datasets: v.pipe(v.array(datasetSchema, 'datasets are a list'), v.minLength(1, 'datasets are at least one')),
});

/**
 * The rows of several datasets, one dataset after the other. Shuffled, all their chunks are; a dataset that can only be read in its
 * order (`generatorDataset`) keeps the chunks of all in theirs. Throws INVALID_OPTION where their rows differ in shape or labels.
 */
export function concat(...datasets: readonly Dataset[]): Dataset {
  checkOptions(schema, { datasets }, 'concat');
  const [first] = datasets;
  for (const [i, dataset] of datasets.entries()) {
    requireSame(i, 'feature shape', formatShape(first.featureShape), formatShape(dataset.featureShape));
    requireSame(i, 'labels', describeLabel(first.label), describeLabel(dataset.label));
  }
  return datasets.length === 1 ? first : new ConcatDataset(datasets);
}

function requireSame(dataset: number, what: string, expected: string, received: string): void {
  if (expected === received) return;
  throw new LockstepError('INVALID_OPTION', {
    place: `concat: dataset ${dataset}`,
    expected: `the ${what} of dataset 0, ${expected}`,
    received,
    advice: 'Rows of one dataset are alike; `map` can change the shape and the labels of one of them.',
  });
}

function describeLabel({ width, integer }: LabelDescription): string {
  return `${width} ${integer ? 'integer' : 'floating-point'} ${width === 1 ? 'value' : 'values'} a row`;
}

class ConcatDataset extends DerivedDataset implements Dataset {
  readonly rows: number;
  readonly featureShape: readonly number[];
  readonly label: LabelDescription;
  readonly chunkRows: readonly number[];
  readonly windowBytesPerRow: number;
  readonly sequential: boolean;
  readonly rowCounts?: RowCounts;
  readonly source: SourceLocation;

  constructor(parts: readonly Dataset[]) {
    super(() => ['concat', ...parts.map(({ fingerprint }) => fingerprint)]);
    const [{ featureShape, label }] = parts;
    const options: ConcatSourceOptions = {
      parts: parts.map((part) => ({ ...readableOf(part), rows: part.rows })),
    };
    this.rows = parts.reduce((sum, { rows }) => sum + rows, 0);
    this.featureShape = featureShape;
    this.label = label;
    this.chunkRows = parts.flatMap(({ chunkRows }) => chunkRows);
    this.windowBytesPerRow = Math.max(...parts.map(({ windowBytesPerRow }) => windowBytesPerRow));
    const counts = rowCountsOf(parts);
    if (counts !== undefined) this.rowCounts = counts;
    this.sequential = parts.some(({ sequential = false }) => sequential);
    const parallel = parts.every(({ source }) => source.parallel === true);
    this.source = { module: moduleBeside(import.meta.url, 'concatSource'), options, parallel };
  }
}

/** Together; a part that says nothing has left out none. */
function rowCountsOf(parts: readonly Dataset[]): RowCounts | undefined {
  if (parts.every(({ rowCounts }) => rowCounts === undefined)) return undefined;
  const all = parts.map(({ rows, rowCounts }) => rowCounts ?? { inFiles: rows, filtered: 0, skipped: 0 });
  const sum = (name: keyof RowCounts): number => all.reduce((total, counts) => total + counts[name], 0);
  return { inFiles: sum('inFiles'), filtered: sum('filtered'), skipped: sum('skipped') };
}
