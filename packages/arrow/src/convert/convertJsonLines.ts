import { basename } from 'node:path';
import { checkShardBytes, CONVERT_OPTIONS } from './convertCsv.ts';
import type { ConvertOptions } from './convertCsv.ts';
import { checkTextOptions, requireKnown } from './csv/options.ts';
import type { TextTableOptions } from './csv/options.ts';
import { JsonLinesTable } from './jsonLines/jsonLinesTable.ts';
import { Progress } from './progress.ts';
import type { TableIndex } from './table/tableIndex.ts';
import { writeTable } from './table/writeTable.ts';
import { textFile } from './textInput.ts';

export interface ConvertJsonLinesOptions extends TextTableOptions, ConvertOptions {}

/**
 * Converts JSON lines (one object a line of at most 1 MiB, UTF-8, plain or gzip) as `convertCsv` does CSV. Columns are the names
 * of the first 10,000 objects; a name that is missing or null is null; lists of numbers have one length, and become
 * FixedSizeLists. A name that comes later is a bad row. Errors as `convertCsv`, and COLUMN_TYPE for values of several kinds.
 */
export async function convertJsonLines(
  path: string,
  outFolder: string,
  options: ConvertJsonLinesOptions = {},
): Promise<TableIndex> {
  requireKnown(options, ['types', 'onBadRow', ...CONVERT_OPTIONS], 'convertJsonLines');
  const checked = checkTextOptions(options, 'convertJsonLines');
  const shardBytes = checkShardBytes(options, 'convertJsonLines');
  let done = 0;
  const progress = new Progress(options.onProgress);
  const input = textFile(path, (bytes) => progress.read((done += bytes), input.bytes));
  const table = await JsonLinesTable.open(input, checked);
  options.onColumns?.(table.columns, table.sampleRows);
  return writeTable(outFolder, table, {
    ...{ shardBytes, progress, source: { format: 'jsonl', file: basename(path) } },
    skipped: () => table.skipped,
  });
}
