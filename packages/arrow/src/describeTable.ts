/** What a converted table's folder holds, its files compared with its index. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readTableIndex } from './convert/table/tableIndex.ts';
import type { Shard, TableIndex } from './convert/table/tableIndex.ts';
import { storedKind } from './convert/table/columns.ts';
import { describeArrowFile } from './describe.ts';
import type { ArrowFileDescription } from './describe.ts';
import { DiskFile } from './format/diskFile.ts';
import { invalidFile } from './format/errors.ts';

const PIECE_BYTES = 2 ** 20;

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
    if (options.checksums === true) requireChecksum(path, shard);
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

function requireChecksum(path: string, { bytes, sha256 }: Shard): void {
  const hash = createHash('sha256');
  const file = DiskFile.open(path, path);
  try {
    const buffer = new Uint8Array(Math.min(PIECE_BYTES, bytes));
    for (let at = 0; at < bytes; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, bytes - at);
      file.read(buffer, 0, length, at);
      hash.update(buffer.subarray(0, length));
    }
  } finally {
    file.close();
  }
  const received = hash.digest('hex');
  if (received === sha256) return;
  throw invalidFile({
    place: path,
    expected: `content with the SHA-256 ${sha256}`,
    received,
    advice: 'A bit of it has changed since it was written: convert the data again.',
  });
}
