/** The search for nulls in validity bitmaps: bit i, least significant first, is 1 when entry i has a value. */
import { LockstepError } from '@lockstep/core/source';
import type { FileBytes } from '../format/arrowFile.ts';
import { invalidFile, place } from '../format/errors.ts';
import type { Validity } from './batch.ts';

export const NULL_ADVICE =
  "Fill nulls of features, as { column: 'age', fillNull: 'mean' }, or leave their rows out: onBadRecord: 'skip'.";

const PIECE_BYTES = 2 ** 20;

/** Whether there is a bitmap; FILE_INVALID for a count or a bitmap that cannot be. */
export function checkValidity(where: string, validity: Validity, isCompressed: boolean): boolean {
  const { entries, bitmap, nulls } = validity;
  if (nulls < 0 || nulls > entries) {
    throw invalidFile({ place: where, expected: `from 0 to ${entries} nulls`, received: String(nulls) });
  }
  // Writers leave the bitmap out when everything is valid.
  if (bitmap.bytes === 0) {
    if (nulls === 0) return false;
    throw invalidFile({ place: where, expected: `a validity bitmap for ${nulls} nulls`, received: 'none' });
  }
  if (!isCompressed && bitmap.bytes * 8 < entries) {
    throw invalidFile({
      place: place(where, `byte ${bitmap.offset}`),
      expected: `a validity bitmap of ${Math.ceil(entries / 8)} bytes`,
      received: `${bitmap.bytes}`,
    });
  }
  return true;
}

/**
 * COLUMN_HAS_NULLS with the row of the first null. The bitmap is read even when the file counts no nulls: what is
 * stored under a null is arbitrary and would be trained on in silence. `firstRow`: row of the file that the batch
 * begins with. `used`: the entries that rows have, where there may be others before and behind them.
 */
export function requireNoNulls(
  where: string,
  file: FileBytes,
  validity: Validity,
  firstRow: number,
  used: { readonly first: number; readonly entries: number } = { first: 0, entries: validity.entries },
): void {
  if (!checkValidity(where, validity, false)) return;
  const { entries, entriesPerRow, bitmap, nulls } = validity;
  const found = firstNull(file, bitmap.offset, used.first, used.first + used.entries);
  if (found === undefined) {
    if (nulls === 0 || used.entries < entries) return;
    throw invalidFile({ place: where, expected: `${nulls} zero bits in the validity bitmap`, received: 'none' });
  }
  const first = found - used.first;
  const row = Math.floor(first / entriesPerRow);
  const item = entriesPerRow === 1 ? undefined : `item ${first % entriesPerRow}`;
  throw new LockstepError('COLUMN_HAS_NULLS', {
    place: place(where, `row ${firstRow + row}`, item),
    expected: 'a value in every row',
    received: nulls > 0 ? `a null, the first of ${nulls} in this record batch` : 'a null',
    advice: NULL_ADVICE,
  });
}

/** Index of the first zero bit among bits [begin, end), or undefined. */
function firstNull(file: FileBytes, offset: number, begin: number, end: number): number | undefined {
  const start = Math.floor(begin / 8);
  const bytes = Math.ceil(end / 8);
  const piece = new Uint8Array(Math.min(bytes - start, PIECE_BYTES));
  for (let at = start; at < bytes; at += piece.length) {
    const count = Math.min(piece.length, bytes - at);
    file.read(piece, 0, count, offset + at);
    // Bits before the first entry, and behind the last one, may be anything.
    if (at === start) piece[0] |= (1 << (begin % 8)) - 1;
    for (let i = 0; i < count; i++) {
      if (piece[i] === 0xff) continue;
      const lowestZero = ~piece[i] & (piece[i] + 1);
      const bit = 31 - Math.clz32(lowestZero);
      const entry = (at + i) * 8 + bit;
      return entry < end ? entry : undefined;
    }
  }
  return undefined;
}
