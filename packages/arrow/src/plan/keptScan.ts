/** Scans that are kept beside the data, so that the same question is not asked of them twice. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, writeAtomically } from '@lockstep/core/files';
import type { FilePart } from '../layout/parts.ts';
import type { DatasetRequest } from '../layout/request.ts';
import { StoredReader } from '../source/storedReader.ts';
import type { Files } from './files.ts';
import { scan } from './scan.ts';
import type { Scanned } from './scan.ts';
import { decodeScan, encodeScan } from './scanFile.ts';

/** Data that are read sooner than a file is worth it. */
const LEAST_BYTES = 16 * 2 ** 20;
/** A bit for each row, and the vocabularies. */
const LARGEST_FILE = 64 * 2 ** 20;

export interface KeptScan {
  readonly scanned: Scanned;
  /** Where it lies; undefined where it is not kept. */
  readonly file?: string;
}

/** What is kept of the same data and request, or a scan, which is kept then. */
export async function scanOnce(files: Files, parts: readonly FilePart[], request: DatasetRequest): Promise<KeptScan> {
  const { layout, columns, codes, open } = files;
  const file = fileFor(parts, request);
  const batchRows = layout.batches.map(({ rows }) => rows);
  const shape = { key: keyOf(parts, request), batchRows, columns };
  if (file !== undefined) {
    const text = await readBounded(file(shape.key));
    const scanned = text === undefined ? undefined : decodeScan(text, shape);
    if (scanned !== undefined) return { scanned, file: file(shape.key) };
  }
  const scanned = await scan(files, request, new StoredReader(layout, codes));
  if (file === undefined) return { scanned };
  for (const index of layout.files.keys()) open.get(index).requireUnchanged();
  const path = file(shape.key);
  return (await keep(path, encodeScan(shape, scanned))) ? { scanned, file: path } : { scanned };
}

/** undefined where nothing is kept: data in memory, small ones, and where it was said so. */
function fileFor(parts: readonly FilePart[], { statistics }: DatasetRequest): ((key: string) => string) | undefined {
  const { file } = parts[0];
  if (statistics === 'compute' || file.kind !== 'disk' || parts.some((part) => part.file.kind !== 'disk'))
    return undefined;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (statistics === undefined && bytes < LEAST_BYTES) return undefined;
  const folder = join(dirname(file.path), '.lockstep');
  return (key) => join(folder, `statistics-${key.slice(0, 16)}.json`);
}

/** All that a scan depends on. The times of the files too: a sample of their values alone would miss a changed one. */
function keyOf(
  parts: readonly FilePart[],
  { columns, filter, split, skipBadRecords, checksValues }: DatasetRequest,
): string {
  const files = parts.map(({ file, bytes, footerHash, sampleHashes }) => {
    return [bytes, file.kind === 'disk' ? file.stamp.mtimeMs : null, footerHash, ...sampleHashes];
  });
  const asked = columns.map((column) => ({ ...column, option: null, scale: null }));
  const all = { files, asked, filter, split, skipBadRecords, checksValues };
  // What is compared with may be infinite, which JSON does not know.
  const text = JSON.stringify(all, (_, value: unknown) => {
    return value === Infinity || value === -Infinity ? `${value}` : value;
  });
  return createHash('sha256').update(text).digest('hex');
}

async function readBounded(path: string): Promise<string | undefined> {
  try {
    const stats = await stat(path);
    // A pipe of that name would never end.
    return stats.isFile() && stats.size <= LARGEST_FILE ? await readFile(path, 'utf8') : undefined;
  } catch {
    // None there, or none that can be read: as if nothing had been kept.
    return undefined;
  }
}

/** Whether it could be written: data may lie where nobody may write. */
async function keep(path: string, text: string): Promise<boolean> {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > LARGEST_FILE) return false;
  try {
    await makeFolder(dirname(path));
    await writeAtomically(path, (file) => file.write(bytes));
    return true;
  } catch {
    return false;
  }
}
