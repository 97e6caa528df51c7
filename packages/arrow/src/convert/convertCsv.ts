import { basename } from 'node:path';
import { checkCsvOptions, CSV_OPTIONS, invalid, requireKnown } from './csv/options.ts';
import type { CsvOptions } from './csv/options.ts';
import { CsvTable } from './csv/csvTable.ts';
import { Progress } from './progress.ts';
import type { OnProgress } from './progress.ts';
import type { TableColumn } from './table/columns.ts';
import type { TableIndex } from './table/tableIndex.ts';
import { textFile } from './textInput.ts';
import { writeTable } from './table/writeTable.ts';

/** What all conversions into a table take. */
export interface ConvertOptions {
  /** MiB of values in a shard, about. Default 256. */
  readonly shardMebibytes?: number;
  /** Told the columns and their types before any row is converted, and from how many rows the types were inferred. */
  readonly onColumns?: (columns: readonly TableColumn[], sampleRows: number) => void;
  /** Told the bytes of the file that have been read, how many it has, and the rows that have been written. */
  readonly onProgress?: OnProgress;
}

export interface ConvertCsvOptions extends CsvOptions, ConvertOptions {}

/** Names of `ConvertOptions`. */
export const CONVERT_OPTIONS: readonly string[] = ['shardMebibytes', 'onColumns', 'onProgress'];

const LARGEST_SHARD = 1024 * 1024;

export function checkShardBytes({ shardMebibytes = 256 }: ConvertOptions, place: string): number {
  if (Number.isInteger(shardMebibytes) && shardMebibytes >= 1 && shardMebibytes <= LARGEST_SHARD)
    return shardMebibytes * 2 ** 20;
  throw invalid(`${place}.shardMebibytes`, `a whole number from 1 to ${LARGEST_SHARD}`, shardMebibytes);
}

/**
 * Converts a CSV file (RFC 4180, UTF-8, plain or gzip) into a folder of Arrow files with statistics and checksums, in bounded
 * memory. The folder appears when all is converted.
 *
 * An empty field is null; in a category `""` is the empty text. Types that are not given are inferred from the first 10,000 rows
 * or 4 MiB. Errors: INVALID_OPTION, FILE_NOT_FOUND, FILE_INVALID for what cannot be told apart into rows, INVALID_DATA for a row
 * that cannot be read, with its line and column, COLUMN_MISSING, FILE_CHANGED, FILE_NOT_WRITTEN.
 */
export async function convertCsv(
  path: string,
  outFolder: string,
  options: ConvertCsvOptions = {},
): Promise<TableIndex> {
  requireKnown(options, [...CSV_OPTIONS, ...CONVERT_OPTIONS], 'convertCsv');
  const { onColumns, onProgress } = options;
  const checked = checkCsvOptions(options, 'convertCsv');
  const shardBytes = checkShardBytes(options, 'convertCsv');
  let done = 0;
  const progress = new Progress(onProgress);
  const input = textFile(path, (bytes) => progress.read((done += bytes), input.bytes));
  const table = await CsvTable.open(input, checked);
  onColumns?.(table.columns, table.sampleRows);
  return writeTable(outFolder, table, {
    ...{ shardBytes, progress, source: { format: 'csv', file: basename(path) } },
    skipped: () => table.skipped,
  });
}
