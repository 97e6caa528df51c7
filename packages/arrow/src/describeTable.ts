/** What a converted table's folder holds, its files compared with its index. */
import { join } from 'node:path';
import { readTableIndex } from './convert/table/tableIndex.ts';
import type { Shard, TableIndex } from './convert/table/tableIndex.ts';
import { storedKind } from './convert/table/columns.ts';
import { describeArrowFile } from './describe.ts';
import type { ArrowFileDescription } from './describe.ts';
import { requireChecksum } from './format/checksum.ts';
import { DiskFile } from './format/diskFile.ts';
import { invalidFile } from './format/errors.ts';

export interface DescribeTableOptions {
  /** Whether every byte is read and compared with the checksums. Default false: sizes, rows and schemas are. */
  readonly checksums?: boolean;
}

/**
 * The index of a folder that a conversion has written. Errors: FILE_NOT_FOUND, FILE_INVALID where the index cannot be, or a
 * shard is not the one that it tells of.
 */
export async function describeTable(folder: string, options: DescribeTableOptions = {}): Promise<TableIndex> {
  const index = readTableIndex(folder);
  for (const shard of index.shards) {
    const path = join(folder, shard.file);
    requireSame(path, await describeArrowFile(path), shard, index);
    if (options.checksums === true) await withFile(path, (file) => requireChecksum(file, shard.sha256));
  }
  return index;
}

function requireSame(path: string, file: ArrowFileDescription, shard: Shard, { columns }: TableIndex): void {
  const require = (what: string, expected: string | number, received: string | number): void => {
    if (expected === received) return;
    throw invalidFile({
      place: path,
      expected: `${expected}${what}, as the folder's index says`,
      received: String(received),
      advice: 'It was replaced or damaged: convert the data again.',
    });
  };
  require(' bytes', shard.bytes, file.bytes);
  require(' rows', shard.rows, file.rows);
  const schema = columns.map(({ name, type, perRow }) => `${name} ${storedKind(type)} ${perRow}`);
  const found = file.columns.map(({ name, numbers }) => `${name} ${numbers?.kind} ${numbers?.perRow}`);
  require(' columns', schema.length, found.length);
  schema.forEach((column, i) => require(' as a column', column, found[i]));
}

async function withFile(path: string, use: (file: DiskFile) => Promise<void>): Promise<void> {
  const file = DiskFile.open(path);
  try {
    await use(file);
  } finally {
    file.close();
  }
}
