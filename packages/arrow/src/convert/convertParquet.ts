import { checkColumnChoice, COLUMN_CHOICE_OPTIONS } from './columnChoice.ts';
import type { ColumnChoiceOptions } from './columnChoice.ts';
import { checkShardBytes, CONVERT_OPTIONS } from './convertCsv.ts';
import type { ConvertOptions } from './convertCsv.ts';
import { invalid, requireKnown } from './csv/options.ts';
import { inputPaths, sourceName } from './inputPaths.ts';
import { chooseReader, PARQUET_READERS } from './parquet/chooseReader.ts';
import type { ParquetReader } from './parquet/chooseReader.ts';
import { withParquet } from './parquet/openParquet.ts';
import { Progress } from './progress.ts';
import type { TableIndex } from './table/tableIndex.ts';
import { writeTable } from './table/writeTable.ts';

export interface ConvertParquetOptions extends ColumnChoiceOptions, ConvertOptions {
  /**
   * `duckdb` reads by @duckdb/node-api, which must be installed beside Lockstep, `hyparquet` in plain JavaScript; `auto`, the
   * default, by DuckDB where it is there. What is written is the same, to the byte.
   */
  readonly reader?: ParquetReader;
}

/**
 * Converts Parquet files of equal columns (a path, a pattern, or a list of them; read in that order) into a folder of Arrow files
 * with statistics and checksums, as `convertCsv` does, in the memory of a page a column.
 *
 * Numbers, truth values and dates keep their types; times and timestamps are int64 in the file's unit; decimals become float64,
 * texts categories, lists of one length FixedSizeLists. Nulls are kept. Errors: INVALID_OPTION, FILE_NOT_FOUND, FILE_INVALID with
 * file, row group and column, COLUMN_MISSING, COLUMN_TYPE for structs and other nested columns, INVALID_DATA with the row,
 * UNSUPPORTED, FILE_CHANGED, FILE_NOT_WRITTEN.
 */
export async function convertParquet(
  files: string | readonly string[],
  outFolder: string,
  options: ConvertParquetOptions = {},
): Promise<TableIndex> {
  requireKnown(options, ['reader', ...COLUMN_CHOICE_OPTIONS, ...CONVERT_OPTIONS], 'convertParquet');
  const { reader = 'auto', onColumns, onProgress } = options;
  if (!PARQUET_READERS.includes(reader)) {
    throw invalid('convertParquet.reader', PARQUET_READERS.map((name) => `'${name}'`).join(', '), reader);
  }
  const shardBytes = checkShardBytes(options, 'convertParquet');
  const choice = checkColumnChoice(options, 'convertParquet');
  const paths = inputPaths(files, 'convertParquet.files');
  return withParquet(paths, choice, async (open) => {
    const progress = new Progress(onProgress);
    const table = await chooseReader(reader, open, progress);
    onColumns?.(open.columns, open.rows);
    return writeTable(outFolder, table, {
      ...{ shardBytes, progress, source: { format: 'parquet', file: sourceName(paths) } },
      skipped: () => ({ rows: 0, first: [] }),
    });
  });
}
