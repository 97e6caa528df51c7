import type { Dataset } from '@lockstep/core/source';
import { planLayout } from './layout/layout.ts';
import { windowBytesPerRow } from './layout/runs.ts';
import { checkOptions } from './options.ts';
import type { ArrowDatasetOptions } from './options.ts';
import { expandPaths } from './paths.ts';

/** The module that the loader's thread imports; from dist it is the compiled one. */
const SOURCE_MODULE: string = new URL(
  import.meta.url.endsWith('.ts') ? './source/arrowSource.ts' : './source/arrowSource.js',
  import.meta.url,
).href;

/**
 * A dataset over Arrow IPC files (the random-access format, also called Feather version 2), uncompressed.
 *
 * `files` is a path, a pattern such as `data/train-*.arrow`, or an array of them. Only metadata, null bitmaps
 * and, for the fingerprint, a sample of the values (up to 128 pages a file) are read here; the values are read chunk by
 * chunk while training, so the data may be larger than memory.
 *
 * Features are scalar columns or fixed-size lists of integers (8 to 64 bits) or floats (16 to 64 bits); one row has
 * shape [sum of the list sizes], each value `float32(value × scale)`.
 *
 * Errors: INVALID_OPTION, FILE_NOT_FOUND, FILE_INVALID, COLUMN_MISSING, COLUMN_TYPE, COLUMN_HAS_NULLS, INVALID_DATA
 * (no rows). While training: FILE_CHANGED, LABEL_OUT_OF_RANGE, INVALID_DATA (a weight that is negative or not finite).
 */
export async function arrowDataset(files: string | readonly string[], options: ArrowDatasetOptions): Promise<Dataset> {
  const { columns: requests, scale } = checkOptions(options);
  const { layout, fingerprint } = await planLayout(expandPaths(files), requests, scale);
  const { columns, chunks } = layout;
  const features = columns.filter(({ role }) => role === 'feature');
  const label = columns.find(({ role }) => role === 'label')!;
  return {
    rows: chunks.reduce((sum, chunk) => sum + chunk.rows, 0),
    featureShape: [features.reduce((sum, column) => sum + column.width, 0)],
    label: { width: 1, integer: label.kind.includes('int') },
    chunkRows: chunks.map((chunk) => chunk.rows),
    windowBytesPerRow: windowBytesPerRow(columns),
    fingerprint,
    source: { module: SOURCE_MODULE, options: layout },
  };
}
