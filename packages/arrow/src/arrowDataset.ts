import type { Dataset } from '@lockstep/core/source';
import { preparedWindows } from './layout/preparedTypes.ts';
import { plainWindows } from './layout/runs.ts';
import { planLayout } from './plan/planLayout.ts';
import type { ColumnUse } from './plan/recipes.ts';
import { checkHttp } from './httpOptions.ts';
import { originsOf } from './origins.ts';
import type { ArrowInput } from './origins.ts';
import { checkOptions } from './options.ts';
import type { ArrowDatasetOptions } from './optionTypes.ts';

/** A dataset of Arrow files, and what became of their columns and rows. */
export interface ArrowDataset extends Dataset {
  readonly description: ArrowDatasetDescription;
}

export interface ArrowDatasetDescription {
  /** Features in their order, then labels, then the weight; with vocabularies and statistics. */
  readonly columns: readonly ColumnUse[];
  readonly rows: {
    readonly inFiles: number;
    /** Left out by `filter`. */
    readonly filtered: number;
    /** Left out by `onBadRecord: 'skip'`. */
    readonly skipped: number;
    /** In this dataset, which is one part of the rest where there is a `split`. */
    readonly inDataset: number;
  };
  /** The file beside the data that keeps what was read of their values; see `statistics`. */
  readonly statisticsFile?: string;
}

/** The modules that the loader's thread imports; from dist they are the compiled ones. */
const moduleUrl = (name: string): string =>
  new URL(`./source/${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href;
const PLAIN_SOURCE: string = moduleUrl('arrowSource');
const PREPARED_SOURCE: string = moduleUrl('preparedSource');

/**
 * A dataset over Arrow IPC files: the random-access format, also called Feather version 2, or streams that lie in files;
 * uncompressed, LZ4 or ZSTD. Or over tables in memory.
 *
 * `data` is a path, a folder, a pattern such as `data/train-*.arrow`, or an array of them. Of a folder, all files are taken that are
 * called `.arrow`, `.arrows`, `.feather` or `.ipc`, sorted by name; of one that `lockstep convert` has written, those that its index
 * names, whose categories then are texts. Or `data` is in memory: a `Table` of apache-arrow (any
 * copy of the library), an array of its record batches, or the bytes of a file or stream. Threads read all such bytes from one
 * SharedArrayBuffer: a table, or bytes outside of shared memory, are copied there once; bytes in shared memory are used as they
 * are, and must be left alone while the dataset is in use. Or it is the address of a file, http or https, which is read by ranges, see
 * `options.http`. Of files, only metadata, null bitmaps
 * and, for the fingerprint, a sample of the values (up to 128 pages a file) are read here; the values are read chunk by
 * chunk while training, so the data may be larger than memory. Columns that decide something are read once more: those of
 * `filter`, those with `normalize` or the mean for nulls, those with a `cast`, categories.
 *
 * Features are scalar columns, or lists of one length, of integers, floats (16 to 64 bits), decimals, bools (0 and 1), dates and times
 * (in the file's unit, counted from 1970), or texts as categories; one row has shape [sum of the widths]. A value is
 * `float32(value × scale)`, or `float32((value - subtract) × factor)` where it is normalised.
 *
 * Fastest is what is read in place: numbers without nulls, uncompressed, all rows or a part by 'fraction', scaled or normalised.
 *
 * Errors: INVALID_OPTION, FILE_NOT_FOUND, FILE_INVALID, COLUMN_MISSING, COLUMN_TYPE, COLUMN_HAS_NULLS, INVALID_DATA (no rows, lists of
 * several lengths, unknown texts, infinite values to be normalised), UNSUPPORTED (ZSTD before Node 22.15). While training:
 * FILE_CHANGED, HTTP_FAILED, LABEL_OUT_OF_RANGE, INVALID_DATA (a weight that is negative or not finite).
 */
export async function arrowDataset(
  data: ArrowInput | readonly ArrowInput[],
  options: ArrowDatasetOptions,
): Promise<ArrowDataset> {
  const request = checkOptions(options);
  const planned = await planLayout(await originsOf(data, checkHttp(options.http)), request);
  const { uses, counts, labelIsInteger, windowBytesPerRow, fingerprint, scanFile } = planned;
  const layout = planned.plain ?? planned.prepared;
  const chunkRows = layout.chunks.map((chunk) => chunk.rows);
  const rows = chunkRows.reduce((sum, count) => sum + count, 0);
  const widthOf = (role: ColumnUse['role']): number =>
    uses.reduce((sum, use) => sum + (use.role === role ? use.width : 0), 0);
  return {
    ...{ rows, chunkRows, windowBytesPerRow, fingerprint, rowCounts: { ...counts } },
    windows: planned.plain === undefined ? preparedWindows(planned.prepared) : plainWindows(planned.plain),
    featureShape: [widthOf('feature')],
    label: { width: widthOf('label'), integer: labelIsInteger },
    source: { module: planned.plain === undefined ? PREPARED_SOURCE : PLAIN_SOURCE, options: layout },
    description: {
      ...{ columns: uses, rows: { ...counts, inDataset: rows } },
      ...(scanFile === undefined ? {} : { statisticsFile: scanFile }),
    },
  };
}
