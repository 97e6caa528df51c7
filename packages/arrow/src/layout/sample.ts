/** A look at the values of files, for their fingerprint: enough to tell data apart, and never more than a few MiB. */
import { createHash } from 'node:crypto';
import type { FileBytes, FileRange } from '../format/arrowFile.ts';

/** A page of the disk: less is not read faster. */
const PIECE_BYTES = 4096;

/** Pieces of one file, at most and at least, and of all files together where the least allows it. */
const FILE_PIECES = 64;
const LEAST_PIECES = 2;
const ALL_PIECES = 1024;

/** How many pieces are read of each of so many files. */
export function piecesPerFile(files: number): number {
  return Math.max(LEAST_PIECES, Math.min(FILE_PIECES, Math.floor(ALL_PIECES / files)));
}

/**
 * SHA-256 of `pieces` pieces of 4 KiB or less of a file, spread evenly over its ranges from the first byte to the last;
 * of all bytes where those are not more. Where the pieces lie depends on the ranges alone. Errors: FILE_CHANGED.
 */
export function hashOfSample(file: FileBytes, ranges: readonly FileRange[], pieces: number): string {
  const read = piecesOf(ranges, pieces);
  file.prefetch(read);
  const hash = createHash('sha256');
  for (const { offset, bytes } of read) hash.update(file.bytes(offset, bytes));
  return hash.digest('hex');
}

function piecesOf(ranges: readonly FileRange[], pieces: number): readonly FileRange[] {
  const total = ranges.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= pieces * PIECE_BYTES) return ranges;
  const found: FileRange[] = [];
  let range = 0;
  // First byte of the range, where all ranges lie end to end.
  let begin = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const at = Math.floor((piece * (total - PIECE_BYTES)) / (pieces - 1));
    while (at >= begin + ranges[range].bytes) begin += ranges[range++].bytes;
    const { offset, bytes } = ranges[range];
    found.push({ offset: offset + at - begin, bytes: Math.min(PIECE_BYTES, begin + bytes - at) });
  }
  return found;
}
