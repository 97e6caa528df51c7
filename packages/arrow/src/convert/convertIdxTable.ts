import { basename } from 'node:path';
import { checkShardBytes, CONVERT_OPTIONS } from './convertCsv.ts';
import type { ConvertOptions } from './convertCsv.ts';
import { requireKnown } from './csv/options.ts';
import { withIdx } from './idx.ts';
import type { IdxPair } from './idx.ts';
import { Progress } from './progress.ts';
import type { TableBlock, TableColumn } from './table/columns.ts';
import type { TableIndex } from './table/tableIndex.ts';
import { writeTable } from './table/writeTable.ts';

/**
 * Converts a file of images and a file of labels (IDX, plain or gzip) into a folder of Arrow files with statistics and checksums,
 * as `convertCsv` does: the columns `pixels` and `label`, both uint8. Errors: INVALID_OPTION, FILE_NOT_FOUND, FILE_INVALID,
 * FILE_NOT_WRITTEN.
 */
export async function convertIdxTable(
  imagesPath: string,
  labelsPath: string,
  outFolder: string,
  options: ConvertOptions = {},
): Promise<TableIndex> {
  requireKnown(options, CONVERT_OPTIONS, 'convertIdxTable');
  const shardBytes = checkShardBytes(options, 'convertIdxTable');
  return withIdx(imagesPath, labelsPath, async (pair) => {
    const columns: readonly TableColumn[] = [
      { name: 'pixels', type: 'uint8', perRow: pair.pixels, categories: null },
      { name: 'label', type: 'uint8', perRow: 1, categories: null },
    ];
    options.onColumns?.(columns, pair.rows);
    const progress = new Progress(options.onProgress);
    const blocks = (): AsyncGenerator<TableBlock> => blocksOf(pair, progress);
    return writeTable(
      outFolder,
      { columns, blocks },
      {
        ...{ shardBytes, progress, source: { format: 'idx', file: basename(imagesPath) } },
        skipped: () => ({ rows: 0, first: [] }),
      },
    );
  });
}

async function* blocksOf({ batches, rows, pixels }: IdxPair, progress: Progress): AsyncGenerator<TableBlock> {
  let done = 0;
  for await (const values of batches()) {
    const count = values[1].length;
    yield { rows: count, columns: values.map((column) => ({ values: column, nulls: null })), lines: null };
    done += count;
    progress.read(done * (pixels + 1), rows * (pixels + 1));
  }
}
