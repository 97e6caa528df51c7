import { basename } from 'node:path';
import { checkColumnChoice, COLUMN_CHOICE_OPTIONS } from './columnChoice.ts';
import type { ColumnChoiceOptions } from './columnChoice.ts';
import { checkShardBytes, CONVERT_OPTIONS } from './convertCsv.ts';
import type { ConvertOptions } from './convertCsv.ts';
import { invalid, requireKnown } from './csv/options.ts';
import { arraysTable } from './npy/arrays.ts';
import { withNpz } from './npz/openNpz.ts';
import { Progress } from './progress.ts';
import type { TableIndex } from './table/tableIndex.ts';
import { writeTable } from './table/writeTable.ts';

export interface ConvertNpzOptions extends Omit<ColumnChoiceOptions, 'types'>, ConvertOptions {
  /** `skip` leaves an array out. */
  readonly types?: Readonly<Record<string, 'skip'>>;
  /** The name of an array with one number for each row, which becomes the column `label`. */
  readonly labels?: string;
}

/**
 * Converts an NPZ file (NumPy's `savez` and `savez_compressed`) into a folder of Arrow files, as `convertNpy` does an array. Each
 * array is a column of its name; all have the same number of rows. Errors: INVALID_OPTION, COLUMN_MISSING, FILE_NOT_FOUND,
 * FILE_INVALID with the entry, UNSUPPORTED, FILE_NOT_WRITTEN.
 */
export async function convertNpz(
  path: string,
  outFolder: string,
  options: ConvertNpzOptions = {},
): Promise<TableIndex> {
  requireKnown(options, ['labels', ...COLUMN_CHOICE_OPTIONS, ...CONVERT_OPTIONS], 'convertNpz');
  const shardBytes = checkShardBytes(options, 'convertNpz');
  const choice = checkColumnChoice(options, 'convertNpz');
  const texts = choice.named.find((name) => choice.textsOf(name) !== null);
  if (texts !== undefined) throw invalid(`convertNpz.types.${texts}`, "'skip'", options.types?.[texts]);
  const { labels, onColumns, onProgress } = options;
  return withNpz(path, choice, labels, async (arrays) => {
    const progress = new Progress(onProgress);
    const table = arraysTable(arrays, progress);
    onColumns?.(table.columns, arrays[0].header.rows);
    return writeTable(outFolder, table, {
      ...{ shardBytes, progress, source: { format: 'npz', file: basename(path) } },
      skipped: () => ({ rows: 0, first: [] }),
    });
  });
}
