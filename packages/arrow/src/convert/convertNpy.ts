import { basename } from 'node:path';
import { invalidFile } from '../format/errors.ts';
import { ByteStream } from './byteStream.ts';
import { checkShardBytes, CONVERT_OPTIONS } from './convertCsv.ts';
import type { ConvertOptions } from './convertCsv.ts';
import { requireKnown } from './csv/options.ts';
import { arraysTable } from './npy/arrays.ts';
import type { NpyArray } from './npy/arrays.ts';
import { readNpyHeader } from './npy/header.ts';
import { Progress } from './progress.ts';
import type { TableIndex } from './table/tableIndex.ts';
import { writeTable } from './table/writeTable.ts';

export interface ConvertNpyOptions extends ConvertOptions {
  /** An NPY file with one number for each row, which becomes the column `label`. */
  readonly labels?: string;
}

/**
 * Converts an NPY file (NumPy's `save`; numbers in C order, plain or gzip) into a folder of Arrow files, as
 * `convertCsv` does. Each row of its first dimension is a row of the column `values`, a FixedSizeList where the array has more
 * dimensions. Errors: INVALID_OPTION, FILE_NOT_FOUND, FILE_INVALID, FILE_NOT_WRITTEN.
 */
export async function convertNpy(
  path: string,
  outFolder: string,
  options: ConvertNpyOptions = {},
): Promise<TableIndex> {
  requireKnown(options, ['labels', ...CONVERT_OPTIONS], 'convertNpy');
  const shardBytes = checkShardBytes(options, 'convertNpy');
  const names = options.labels === undefined ? ['values'] : ['values', 'label'];
  const streams = [path, ...(options.labels === undefined ? [] : [options.labels])].map((file) =>
    ByteStream.open(file),
  );
  try {
    const headers = await Promise.all(streams.map((stream) => readNpyHeader(stream)));
    headers.forEach((header, i) => {
      if (i === 0 || (header.rows === headers[0].rows && header.perRow === 1)) return;
      throw invalidFile({
        place: streams[i].name,
        expected: `${headers[0].rows} labels, one for each row of ${path}`,
        received: `${header.rows} × ${header.perRow}`,
        advice: 'Check that both files belong together.',
      });
    });
    const arrays = headers.map((header, i): NpyArray => ({ name: names[i], stream: streams[i], header }));
    const progress = new Progress(options.onProgress);
    const table = arraysTable(arrays, progress);
    options.onColumns?.(table.columns, headers[0].rows);
    return await writeTable(outFolder, table, {
      ...{ shardBytes, progress, source: { format: 'npy', file: basename(path) } },
      skipped: () => ({ rows: 0, first: [] }),
    });
  } finally {
    await Promise.all(streams.map((stream) => stream.close()));
  }
}
