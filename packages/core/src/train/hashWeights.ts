import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/** Floats hashed at once: a millisecond or two. */
const PIECE = 1024 * 1024;

/**
 * SHA-256 of arrays in order, as little-endian float32: what `model.weightsHash()` gives. Large ones let the event loop run in
 * between. Shared memory is copied piece by piece, because a digest of it could see a write half done.
 */
export async function hashWeights(arrays: readonly Float32Array[]): Promise<string> {
  const hash = createHash('sha256');
  let since = 0;
  for (const array of arrays) {
    for (let begin = 0; begin < array.length; begin += PIECE) {
      const piece = array.slice(begin, begin + PIECE);
      hash.update(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
      since += piece.length;
      if (since < PIECE) continue;
      since = 0;
      await setImmediate();
    }
  }
  return hash.digest('hex');
}
