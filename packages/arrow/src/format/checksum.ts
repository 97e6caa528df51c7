import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { FileBytes } from './arrowFile.ts';
import { invalidFile } from './errors.ts';

const PIECE_BYTES = 2 ** 20;
/** Read between breaths of the event loop. */
const BREATH_BYTES = 16 * PIECE_BYTES;

/** Reads every byte of the file, a piece at a time. FILE_INVALID where its SHA-256 is another one. */
export async function requireChecksum(file: FileBytes, sha256: string): Promise<void> {
  const { name, size } = file;
  const hash = createHash('sha256');
  const piece = new Uint8Array(Math.min(PIECE_BYTES, size));
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, size - at);
    file.read(piece, 0, length, at);
    hash.update(piece.subarray(0, length));
    if (at % BREATH_BYTES === 0) await setImmediate();
  }
  const received = hash.digest('hex');
  if (received === sha256) return;
  throw invalidFile({
    place: name,
    expected: `content with the SHA-256 ${sha256}`,
    received,
    advice: 'A bit of it has changed since it was written: convert the data again.',
  });
}
