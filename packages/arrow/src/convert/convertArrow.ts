import { arrowTable } from './arrow/arrowTable.ts';
import { withArrow } from './arrow/openArrow.ts';
import { checkColumnChoice, COLUMN_CHOICE_OPTIONS } from './columnChoice.ts';
import type { ColumnChoiceOptions } from './columnChoice.ts';
import { checkShardBytes, CONVERT_OPTIONS } from './convertCsv.ts';
import type { ConvertOptions } from './convertCsv.ts';
import { requireKnown } from './csv/options.ts';
import { inputPaths, sourceName } from './inputPaths.ts';
import { Progress } from './progress.ts';
import type { TableIndex } from './table/tableIndex.ts';
import { writeTable } from './table/writeTable.ts';

export interface ConvertArrowOptions extends ColumnChoiceOptions, ConvertOptions {}

/**
 * Converts Arrow files of equal columns (in the random-access format or streams; uncompressed, LZ4 or ZSTD) into a folder of
 * uncompressed ones with statistics and checksums, as `convertParquet` does Parquet files, in the memory of a record batch.
 * Dictionaries of texts become categories. Errors: INVALID_OPTION, FILE_NOT_FOUND, FILE_INVALID, COLUMN_MISSING, COLUMN_TYPE,
 * INVALID_DATA, UNSUPPORTED, FILE_CHANGED, FILE_NOT_WRITTEN.
 */
export async function convertArrow(
  files: string | readonly string[],
  outFolder: string,
  options: ConvertArrowOptions = {},
): Promise<TableIndex> {
  requireKnown(options, [...COLUMN_CHOICE_OPTIONS, ...CONVERT_OPTIONS], 'convertArrow');
  const shardBytes = checkShardBytes(options, 'convertArrow');
  const choice = checkColumnChoice(options, 'convertArrow');
  const paths = inputPaths(files, 'convertArrow.files');
  return withArrow(paths, choice, async (open) => {
    const progress = new Progress(options.onProgress);
    options.onColumns?.(open.columns, open.rows);
    return writeTable(outFolder, arrowTable(open, progress), {
      ...{ shardBytes, progress, source: { format: 'arrow', file: sourceName(paths) } },
      skipped: () => ({ rows: 0, first: [] }),
    });
  });
}
