import { basename } from 'node:path';
import { invalidFile } from '../format/errors.ts';
import { BYTES } from '../layout/types.ts';
import { ByteStream } from './byteStream.ts';
import { checkShardBytes, CONVERT_OPTIONS } from './convertCsv.ts';
import type { ConvertOptions } from './convertCsv.ts';
import { requireKnown } from './csv/options.ts';
import { readNpyHeader } from './npy/header.ts';
import type { NpyHeader } from './npy/header.ts';
import { newValues, storedKind } from './table/columns.ts';
import type { TableBlock, TableColumn, TableSource } from './table/columns.ts';
import type { TableIndex } from './table/tableIndex.ts';
import { writeTable } from './table/writeTable.ts';
import type { ColumnValues } from './writeArrow.ts';

export interface ConvertNpyOptions extends ConvertOptions {
  /** An NPY file with one number for each row, which becomes the column `label`. */
  readonly labels?: string;
}

const BLOCK_BYTES = 2 ** 20;

/**
 * Converts an NPY file (NumPy's `save`; numbers in little-endian C order, plain or gzip) into a folder of Arrow files, as
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
    const columns = headers.map(({ type, perRow }, i): TableColumn => ({
      name: names[i],
      type,
      perRow,
      categories: null,
    }));
    options.onColumns?.(columns, headers[0].rows);
    const source: TableSource = { columns, blocks: () => blocksOf(streams, headers, options.onProgress) };
    return await writeTable(outFolder, source, {
      shardBytes,
      source: { format: 'npy', file: basename(path) },
      skipped: () => ({ rows: 0, first: [] }),
    });
  } finally {
    await Promise.all(streams.map((stream) => stream.close()));
  }
}

async function* blocksOf(
  streams: readonly ByteStream[],
  headers: readonly NpyHeader[],
  onProgress: ConvertOptions['onProgress'],
): AsyncGenerator<TableBlock> {
  const { rows } = headers[0];
  const bytesPerRow = headers.reduce((sum, header) => sum + rowBytes(header), 0);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / bytesPerRow));
  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row);
    const columns = [];
    for (const [i, stream] of streams.entries()) {
      const bytes = await stream.take(count * rowBytes(headers[i]), 'values');
      columns.push({ values: asValues(headers[i], bytes), nulls: null });
    }
    yield { rows: count, columns, lines: null };
    onProgress?.((row + count) * bytesPerRow, rows * bytesPerRow);
  }
  for (const stream of streams) await stream.requireEnd();
}

function rowBytes({ type, perRow }: NpyHeader): number {
  return BYTES[storedKind(type)] * perRow;
}

function asValues({ type }: NpyHeader, bytes: Uint8Array): ColumnValues {
  const values = newValues(type, bytes.length / BYTES[storedKind(type)]);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}
