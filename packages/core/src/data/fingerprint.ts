import { createHash } from 'node:crypto';

/** Most bytes that one `update` takes: Node refuses 2 GiB and more. */
const PIECE_BYTES = 2 ** 30;

/** SHA-256 of a row's shape and of arrays in memory. `pieceBytes` does not change it. */
export function fingerprintOf(
  shape: readonly number[],
  arrays: readonly (Float32Array | Int32Array)[],
  pieceBytes: number = PIECE_BYTES,
): string {
  const hash = createHash('sha256').update(JSON.stringify(shape));
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (let at = 0; at < byteLength; at += pieceBytes) {
      hash.update(new Uint8Array(buffer, byteOffset + at, Math.min(pieceBytes, byteLength - at)));
    }
  }
  return hash.digest('hex');
}

/** SHA-256 of plain JSON. */
export function fingerprintOfDescription(description: unknown): string {
  return createHash('sha256').update(JSON.stringify(description)).digest('hex');
}
