/** Lists whose type gives no length: all rows must have the same, so that a row of numbers is always as wide. */
import { LockstepError } from '@lockstep/core/source';
import { readCompressed } from '../format/compression.ts';
import type { Codec } from '../format/compression.ts';
import type { FileBytes } from '../format/arrowFile.ts';
import { invalidFile, place } from '../format/errors.ts';
import type { ColumnBuffers } from './batch.ts';

const PIECE_ENTRIES = 2 ** 18;

/**
 * The length of the lists of a record batch, and the item that the first begins with. `width`: what it has to be, or 0 where it
 * is not known yet; 0 comes back where there are no rows to tell. Errors: INVALID_DATA names the first row that differs.
 */
export function measureLists(
  where: string,
  file: FileBytes,
  { listOffsets, entries }: ColumnBuffers,
  codec: Codec | undefined,
  rows: number,
  firstRow: number,
  width: number,
  hasLargeOffsets: boolean,
): { width: number; firstEntry: number } {
  const { offset, bytes } = listOffsets!;
  if (rows === 0) return { width, firstEntry: 0 };
  const size = hasLargeOffsets ? 8 : 4;
  const needed = (rows + 1) * size;
  if (codec === undefined && bytes < needed) {
    throw invalidFile({
      place: place(where, `byte ${offset}`),
      expected: `${needed} bytes for the offsets of ${rows} lists`,
      received: `a buffer of ${bytes}`,
    });
  }
  const whole = codec === undefined ? undefined : readCompressed(where, file, listOffsets!, codec, needed);
  let firstEntry = 0;
  let last = 0;
  for (let at = 0; at <= rows; at += PIECE_ENTRIES) {
    const count = Math.min(PIECE_ENTRIES, rows + 1 - at);
    const piece = whole?.slice(size * at, size * (at + count)) ?? file.bytes(offset + size * at, size * count);
    const offsets = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let i = 0; i < count; i++) {
      const begin = hasLargeOffsets ? Number(offsets.getBigInt64(8 * i, true)) : offsets.getInt32(4 * i, true);
      if (at + i === 0) {
        firstEntry = begin;
      } else {
        if (width === 0) width = begin - last;
        if (begin - last !== width || width < 1) throw otherLength(where, firstRow + at + i - 1, width, begin - last);
      }
      last = begin;
    }
  }
  if (firstEntry < 0 || last > entries) {
    const received = `items ${firstEntry} to ${last}`;
    throw invalidFile({ place: where, expected: `items from 0 to ${entries}`, received });
  }
  return { width, firstEntry };
}

export function otherLength(where: string, row: number, width: number, received: number): LockstepError {
  return new LockstepError('INVALID_DATA', {
    place: place(where, `row ${row}`),
    expected: width < 1 ? 'a list of at least one number' : `a list of ${width} numbers, as the rows before`,
    received: String(received),
    advice:
      received === 0
        ? 'An empty list, or a null, has nothing that could be filled: write a FixedSizeList, whose nulls have room.'
        : 'Rows of features are all as wide: pad or cut the lists when writing the file, best as a FixedSizeList.',
  });
}
