import * as v from 'valibot';
import { checkOptions, positiveInteger } from '../model/check.ts';
import { elementCount } from '../model/spec.ts';
import type { Dataset } from './dataset.ts';
import type { RowFormat } from './generatedBatch.ts';
import type { RowGenerator } from './generatedRows.ts';
import type { GeneratorSourceOptions } from './generatorSource.ts';
import { type LabelOption, labelSchema } from './labelOption.ts';
import { fingerprintOfDescription } from './fingerprint.ts';
import { moduleBeside } from './moduleBeside.ts';
import { offerFeed } from './rowFeeds.ts';
import { bytesPerRow } from './rowRing.ts';
import { featureShapeSchema } from './tensorDataset.ts';
import { describeUserModule } from './userFunction.ts';

export type { GeneratedBatch, GeneratedRow } from './generatedBatch.ts';
export type { RowGenerator, RowIterable } from './generatedRows.ts';

export interface GeneratorDatasetOptions {
  /** Rows of an epoch. What the generator yields beyond them is not asked for. */
  readonly rows: number;
  /** Shape of one row, e.g. [784]. */
  readonly featureShape: readonly number[];
  readonly label: LabelOption;
  /**
   * Rows that are read before the first of them is used, and shuffled with each other; of the order, so that a run that goes on must
   * have the same. Default: 8,192, or as many as 64 MiB hold.
   */
  readonly windowRows?: number;
  /** What errors call the dataset, and part of its fingerprint. */
  readonly name?: string;
  /** Part of its fingerprint: another one says that the rows are others. */
  readonly version?: string | number;
}

const WINDOW_ROWS = 8192;
const WINDOW_BYTES = 64 * 2 ** 20;

/** Bytes that a window counts as for the order, so that no other joins it. */
const WHOLE_WINDOW = 2 ** 40;

const schema = v.strictObject({
  rows: positiveInteger('rows'),
  featureShape: featureShapeSchema,
  label: labelSchema,
  windowRows: v.optional(positiveInteger('windowRows')),
  name: v.optional(v.pipe(v.string('name is a text'), v.minLength(1, 'name is a text of at least one letter'))),
  version: v.optional(v.union([v.string(), v.number()], 'version is a text or a number')),
});

const generatorSchema = v.strictObject({
  generator: v.custom<RowGenerator | URL | string>(
    (value) => typeof value === 'function' || value instanceof URL || typeof value === 'string',
    'generator is a function (epoch) => rows, or the URL of a module that exports one as `rows`',
  ),
});

/**
 * A dataset of rows that a function makes, for each epoch anew: `generator(epoch)` returns what can be iterated, synchronously or
 * not, and yields rows `{ features, label, weight? }` or batches `{ features, labels, sampleWeights? }`.
 *
 * A function is called in the thread that made the dataset, between other work of its event loop, and never asked for more than
 * 1,024 rows (256 KiB) ahead of the loader. A module's function runs in the loader's thread. It is told by `return()` when nothing
 * more is wanted.
 *
 * Rows come in their order: shuffled are those of a window. A run that goes on in the middle of an epoch asks for its rows from
 * the beginning, and drops those that were used; so the same epoch must be the same rows. Nobody can vouch for that: the fingerprint
 * is of this description, and of the module's content.
 *
 * Throws INVALID_OPTION; in a run DATASET_FAILED, INVALID_DATA and SHAPE_MISMATCH, and STEP_TIMEOUT where no row comes.
 */
export function generatorDataset(generator: RowGenerator | URL | string, options: GeneratorDatasetOptions): Dataset {
  const { generator: given } = checkOptions(generatorSchema, { generator }, 'generatorDataset');
  const { rows, featureShape, label, name, version, windowRows } = checkOptions(schema, options, 'generatorDataset');
  const format: RowFormat = {
    name: name === undefined ? 'generatorDataset' : `generatorDataset "${name}"`,
    ...{ rows, featureWidth: elementCount(featureShape), labelWidth: label.width, integer: label.integer },
  };
  const window = Math.min(
    rows,
    windowRows ?? Math.max(1, Math.min(WINDOW_ROWS, Math.floor(WINDOW_BYTES / bytesPerRow(format)))),
  );
  const chunkRows = Array.from({ length: Math.ceil(rows / window) }, (_, i) => Math.min(window, rows - i * window));
  const module = typeof given === 'function' ? null : describeUserModule(given, 'generatorDataset.generator');
  const source: GeneratorSourceOptions = {
    ...{ format, chunkRows },
    from:
      typeof given === 'function' || module === null ? { feed: offerFeed(given as RowGenerator, format) } : { module },
  };
  const described = [
    'generator',
    rows,
    featureShape,
    label,
    window,
    name ?? null,
    version ?? null,
    module?.sha256 ?? null,
  ];
  return {
    ...{ rows, featureShape, label, chunkRows, sequential: true },
    windowBytesPerRow: Math.ceil(WHOLE_WINDOW / window),
    fingerprint: fingerprintOfDescription(described),
    source: { module: moduleBeside(import.meta.url, 'generatorSource'), options: source },
  };
}
