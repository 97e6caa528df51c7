/** Where entries lie in their buffers, some of which are bits. */
import type { FileBytes } from '../format/arrowFile.ts';
import { readCompressed } from '../format/compression.ts';
import type { Codec } from '../format/compression.ts';
import type { Extent } from '../layout/batch.ts';
import { bytesOf } from '../layout/storedBytes.ts';
import type { StoredKind } from '../layout/types.ts';

/** Bits of a bitmap: entry i of a piece is bit `shift + i`. */
export interface Bits {
  readonly bytes: Uint8Array;
  readonly shift: number;
}

/** The byte of its buffer that entry `first` lies in. */
export function startOf(kind: StoredKind, first: number): number {
  return kind === 'bool' ? Math.floor(first / 8) : bytesOf(kind, first);
}

/** Which bit of that byte it is; 0 where values are no bits. */
export function shiftOf(kind: StoredKind, first: number): number {
  return kind === 'bool' ? first % 8 : 0;
}

/** Bytes from there on that hold so many entries; of texts their offsets, one more than there are of them, or their views. */
export function lengthOf(kind: StoredKind, first: number, entries: number): number {
  const ends = kind === 'utf8' || kind === 'largeUtf8' ? 1 : 0;
  return entries === 0 ? 0 : bytesOf(kind, shiftOf(kind, first) + entries + ends);
}

/** A bitmap's bits of these entries; undefined where there is no bitmap. Errors: FILE_INVALID, FILE_CHANGED. */
export function bitsOf(
  where: string,
  file: FileBytes,
  extent: Extent | undefined,
  codec: Codec | undefined,
  first: number,
  entries: number,
): Bits | undefined {
  if (extent === undefined) return undefined;
  const shift = first % 8;
  const start = startOf('bool', first);
  const bytes = lengthOf('bool', first, entries);
  if (codec === undefined) return { bytes: file.bytes(extent.offset + start, bytes), shift };
  const whole = readCompressed(where, file, extent, codec, start + bytes);
  return { bytes: whole.subarray(start, start + bytes), shift };
}
