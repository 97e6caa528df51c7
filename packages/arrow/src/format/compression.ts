/** Buffers of compressed record batches: eight bytes say how long the buffer was, then its compressed bytes follow. */
import * as zlib from 'node:zlib';
import { LockstepError } from '@lockstep/core/source';
import type { FileBytes } from './arrowFile.ts';
import { invalidFile, place } from './errors.ts';
import { decodeLz4Frame, Lz4Error } from './lz4.ts';

export type Codec = 'LZ4' | 'ZSTD';

/** A length of -1 says that the bytes which follow are not compressed. */
const NOT_COMPRESSED = -1;
const LARGEST_BUFFER = 2 ** 30;
type ZstdDecompress = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/** UNSUPPORTED where this Node cannot decompress `codec`. */
export function requireCodec(where: string, codec: Codec): void {
  if (codec === 'LZ4' || zstdDecompress() !== undefined) return;
  throw new LockstepError('UNSUPPORTED', {
    place: where,
    expected: 'a Node that has ZSTD in node:zlib: 22.15, 24 or newer',
    received: `ZSTD compression, and Node ${process.versions.node}`,
    advice: 'Take a newer Node, or write the file with LZ4 or without compression (pyarrow: compression=None).',
  });
}

/** The uncompressed bytes of the buffer at `offset`, at least `needed` of them. Errors: FILE_INVALID, FILE_CHANGED. */
export function readCompressed(
  where: string,
  file: FileBytes,
  extent: { readonly offset: number; readonly bytes: number },
  codec: Codec,
  needed: number,
): Uint8Array {
  const { offset, bytes } = extent;
  const at = place(where, `byte ${offset}`);
  if (bytes === 0 && needed === 0) return new Uint8Array(0);
  if (bytes < 8) {
    throw invalidFile({ place: at, expected: 'a compressed buffer of at least 8 bytes', received: String(bytes) });
  }
  if (bytes > LARGEST_BUFFER) throw tooLarge(at, bytes);
  const stored = file.bytes(offset, bytes);
  const length = Number(new DataView(stored.buffer).getBigInt64(0, true));
  const body = stored.subarray(8);
  const actual = length === NOT_COMPRESSED ? body.length : length;
  if (actual > LARGEST_BUFFER) throw tooLarge(at, actual);
  // What apache-arrow's own writer (JavaScript, 21) gives as the length, in place of that of the data.
  const isMistaken = length === body.length;
  if (actual < needed) {
    if (isMistaken) throw mistaken(at, needed, length);
    throw invalidFile({ place: at, expected: `a buffer of at least ${needed} bytes`, received: String(actual) });
  }
  if (length === NOT_COMPRESSED) return body;
  let result: Uint8Array;
  try {
    result = codec === 'LZ4' ? decodeLz4Frame(body, length) : zstdDecompress()!(body, { maxOutputLength: length || 1 });
  } catch (error) {
    if (isMistaken) throw mistaken(at, needed, length);
    const detail = error instanceof Lz4Error ? `, at byte ${offset + 8 + error.offset}` : '';
    throw invalidFile({
      place: at,
      expected: `${codec} data of ${length} bytes`,
      received: `${(error as Error).message}${detail}`,
      cause: error,
    });
  }
  if (result.length !== length) {
    if (isMistaken) throw mistaken(at, needed, length);
    throw invalidFile({ place: at, expected: `${codec} data of ${length} bytes`, received: `${result.length} bytes` });
  }
  return result;
}

function mistaken(at: string, needed: number, length: number): LockstepError {
  return invalidFile({
    place: at,
    expected: `the length of the uncompressed data, at least ${needed} bytes`,
    received: `${length}, which is that of the compressed data`,
    advice: 'apache-arrow for JavaScript (21) writes it so: write without its compressionType, or by another library.',
  });
}

function tooLarge(at: string, bytes: number): LockstepError {
  return invalidFile({
    place: at,
    expected: `a compressed buffer of at most ${LARGEST_BUFFER} bytes`,
    received: String(bytes),
    advice: 'Write smaller record batches: each is decompressed as a whole.',
  });
}

/** Not a named import: where Node has none, that would fail before anything could be said. */
function zstdDecompress(): ZstdDecompress | undefined {
  return (zlib as unknown as { readonly zstdDecompressSync?: ZstdDecompress }).zstdDecompressSync;
}
