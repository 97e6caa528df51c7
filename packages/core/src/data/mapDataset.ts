import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { writeJson } from '../files/writeJson.ts';
import { checkOptions, seedSchema } from '../model/check.ts';
import type { Dataset, LabelDescription, SourceLocation } from './dataset.ts';
import { datasetSchema } from './datasetSchema.ts';
import { type LabelOption, labelSchema } from './labelOption.ts';
import type { MapSourceOptions } from './mapSource.ts';
import { DerivedDataset } from './derivedDataset.ts';
import { moduleBeside } from './moduleBeside.ts';
import { readableOf } from './openSource.ts';
import { featureShapeSchema } from './tensorDataset.ts';
import { describeUserModule } from './userFunction.ts';

export interface MapOptions {
  /** Shape of a new row; default: as it is in the dataset. */
  readonly featureShape?: readonly number[];
  /** Labels of a new row; default: as they are in the dataset. */
  readonly label?: LabelOption;
  /** Plain JSON, which the function is given. */
  readonly options?: unknown;
  /** Of `context.random`; default 0. Two `map`s of the same data draw the same numbers from the same seed. */
  readonly seed?: number;
}

const schema = v.strictObject({
  dataset: datasetSchema,
  module: v.custom<URL | string>(
    (value) => value instanceof URL || typeof value === 'string',
    "module is the URL of a module that exports the function as `map`. Write: map(dataset, new URL('./augment.mjs', import.meta.url))",
  ),
  featureShape: v.optional(featureShapeSchema),
  label: v.optional(labelSchema),
  options: v.optional(v.unknown(), null),
  seed: v.optional(seedSchema, 0),
});

/**
 * A dataset whose rows a user's function makes of those of another: it is exported as `map` by a module, which the loader's thread
 * imports, and is called for each row of each epoch. So rows can be augmented: `context.random` gives the same numbers for the
 * same row, epoch and seed, on any number of threads and after any resume. The module's content is part of the fingerprint.
 *
 * Throws INVALID_OPTION; in a run DATASET_FAILED where the function throws or leaves a number unwritten.
 */
export function map(dataset: Dataset, module: URL | string, options: MapOptions = {}): Dataset {
  const checked = checkOptions(schema, { ...options, dataset, module }, 'map');
  return new MapDataset(dataset, {
    inner: { ...readableOf(dataset), featureShape: dataset.featureShape, label: dataset.label },
    function: describeUserModule(checked.module, 'map.module'),
    featureShape: checked.featureShape ?? dataset.featureShape,
    label: checked.label ?? dataset.label,
    options: plainCopy(checked.options),
    seed: checked.seed,
  });
}

/** Of plain JSON, which threads can be given and a fingerprint be made of. */
function plainCopy(options: unknown): unknown {
  try {
    return JSON.parse(writeJson(options, { place: 'map.options' }));
  } catch (cause) {
    if (!(cause instanceof LockstepError)) throw cause;
    const { place, expected, received } = cause;
    const advice = 'Give what the function needs as plain JSON; what is larger it can read by itself.';
    throw new LockstepError('INVALID_OPTION', { place, expected, received, advice, cause });
  }
}

class MapDataset extends DerivedDataset implements Dataset {
  readonly rows: number;
  readonly featureShape: readonly number[];
  readonly label: LabelDescription;
  readonly chunkRows: readonly number[];
  readonly windowBytesPerRow: number;
  readonly sequential: boolean;
  readonly source: SourceLocation;

  constructor(dataset: Dataset, options: MapSourceOptions) {
    const { featureShape, label, seed } = options;
    super(() => ['map', dataset.fingerprint, options.function.sha256, featureShape, label, options.options, seed]);
    this.rows = dataset.rows;
    this.featureShape = featureShape;
    this.label = label;
    this.chunkRows = dataset.chunkRows;
    this.windowBytesPerRow = dataset.windowBytesPerRow;
    this.sequential = dataset.sequential ?? false;
    this.source = { module: moduleBeside(import.meta.url, 'mapSource'), options };
  }
}
