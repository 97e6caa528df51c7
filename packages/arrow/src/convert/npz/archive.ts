/** The directory of a ZIP archive by yauzl, checked; and the content of its entries, each from its beginning, several at once. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { LockstepError } from '@lockstep/core/source';
import type { Entry, ZipFile } from 'yauzl';
import { DiskFile } from '../../format/diskFile.ts';
import { invalidFile, place } from '../../format/errors.ts';
import { ByteStream } from '../byteStream.ts';

/** Entries of an archive. */
const MOST_ENTRIES = 1024;
const PIECE_BYTES = 2 ** 16;
/** A byte of DEFLATE stands for 1,032 bytes at most. */
const MOST_UNPACKED = 1032;

/** Bytes of the records at the end of an archive. */
const END_BYTES = 22;
const END64_BYTES = 76;

export interface ArchiveEntry {
  readonly name: string;
  /** Bytes [start, end) of the file. */
  readonly start: number;
  readonly end: number;
  readonly isDeflated: boolean;
  readonly bytes: number;
  readonly crc: number;
}

export interface Archive {
  readonly name: string;
  readonly entries: readonly ArchiveEntry[];
  /** The content of an entry; its end is checked against the directory's size and CRC-32. */
  readonly read: (entry: ArchiveEntry) => ByteStream;
}

/** Opens the archive for `use`, and closes it. Errors: FILE_NOT_FOUND, FILE_INVALID, UNSUPPORTED for encryption. */
export async function withArchive<T>(path: string, use: (archive: Archive) => Promise<T>): Promise<T> {
  // For the errors of what is no file.
  DiskFile.open(path).close();
  const entries = await readDirectory(path);
  const handle = await open(path);
  try {
    const read = (entry: ArchiveEntry): ByteStream => {
      return ByteStream.of(entryPlace(path, entry.name), contentOf(handle, path, entry));
    };
    return await use({ name: path, entries, read });
  } finally {
    await handle.close();
  }
}

export function entryPlace(path: string, name: string): string {
  return place(path, `entry ${JSON.stringify(name)}`);
}

async function readDirectory(path: string): Promise<ArchiveEntry[]> {
  const { default: yauzl } = await import('yauzl');
  const refuse = (error: unknown): never => {
    if (error instanceof LockstepError) throw error;
    const received = error instanceof Error ? error.message : String(error);
    throw invalidFile({ place: path, expected: 'a ZIP archive, as numpy.savez writes it', received, cause: error });
  };
  const zip = await yauzl.openPromise(path, { autoClose: false }).catch(refuse);
  try {
    return await readEntries(path, zip).catch(refuse);
  } finally {
    zip.close();
  }
}

async function readEntries(path: string, zip: ZipFile): Promise<ArchiveEntry[]> {
  if (zip.entryCount > MOST_ENTRIES) {
    throw invalidFile({ place: path, expected: `at most ${MOST_ENTRIES} arrays`, received: String(zip.entryCount) });
  }
  const entries: ArchiveEntry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(await entryOf(path, zip, entry));
  // The types say boolean. What is behind the entries is the record of the end, with or without that of ZIP64.
  const behind = zip.fileSize - Number(zip.readEntryCursor) - Buffer.byteLength(zip.comment);
  if (behind !== END_BYTES && behind !== END_BYTES + END64_BYTES) {
    const expected = `the end of the directory behind its ${zip.entryCount} entries`;
    throw invalidFile({ place: path, expected, received: `${behind} bytes` });
  }
  const sorted = entries.toSorted((a, b) => a.start - b.start);
  for (let i = 1; i < sorted.length; i++) {
    const before = sorted[i - 1];
    // Entries that share their bytes are how a small archive unpacks to any size.
    if (sorted[i].start >= before.end) continue;
    const expected = `bytes behind those of ${JSON.stringify(before.name)}, which end at ${before.end}`;
    throw invalidFile({ place: entryPlace(path, sorted[i].name), expected, received: String(sorted[i].start) });
  }
  const twice = entries.find(({ name }, i) => entries.findIndex((other) => other.name === name) !== i);
  if (twice === undefined) return entries;
  throw invalidFile({ place: path, expected: 'every name once', received: `${JSON.stringify(twice.name)} twice` });
}

async function entryOf(path: string, zip: ZipFile, entry: Entry): Promise<ArchiveEntry> {
  const { fileName: name, compressedSize, uncompressedSize: bytes, compressionMethod: method, crc32: crc } = entry;
  const where = entryPlace(path, name);
  const unsupported = (expected: string, received: string): LockstepError => {
    const advice = 'Write it by numpy.savez or savez_compressed.';
    return new LockstepError('UNSUPPORTED', { place: where, expected, received, advice });
  };
  if (entry.isEncrypted()) throw unsupported('an entry that is not encrypted', 'an encrypted one');
  if (method !== 0 && method !== 8) throw unsupported('a stored or deflated entry', `method ${method}`);
  if (bytes > MOST_UNPACKED * compressedSize + 64) {
    throw invalidFile({ place: where, expected: `what ${compressedSize} bytes can hold`, received: `${bytes} bytes` });
  }
  const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  return { name, start, end: start + compressedSize, isDeflated: method === 8, bytes, crc };
}

async function* contentOf(
  handle: FileHandle,
  path: string,
  { name, start, end, isDeflated, bytes, crc }: ArchiveEntry,
): AsyncGenerator<Buffer> {
  let done = 0;
  let sum = 0;
  const stored = readRange(handle, start, end);
  for await (const piece of isDeflated ? inflated(stored) : stored) {
    done += piece.length;
    sum = crc32(piece, sum);
    if (done > bytes) break;
    yield piece;
  }
  if (done === bytes && sum === crc) return;
  const received = done === bytes ? 'others' : `${done > bytes ? 'more than ' : ''}${Math.min(done, bytes)}`;
  throw invalidFile({
    place: entryPlace(path, name),
    expected: `${bytes} bytes with the CRC-32 of the directory`,
    received,
  });
}

async function* readRange(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    // Anew each time: what reads them may be one piece behind.
    const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* inflated(stored: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const raw = Readable.from(stored, { objectMode: false, highWaterMark: PIECE_BYTES });
  const unpacked = createInflateRaw();
  // pipe() does not pass on errors of its source.
  raw.on('error', (error) => unpacked.destroy(error));
  try {
    yield* raw.pipe(unpacked);
  } finally {
    raw.destroy();
  }
}
