import type { WindowMemory } from '@lockstep/core/source';
import { ALIGNMENT } from '../layout/types.ts';

/** The first byte from `offset` on where numbers of any kind may begin. */
export function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

/** A window that ends behind its memory would overwrite another: what the dataset says of its windows is wrong then. */
export function requireRoom({ byteOffset, byteLength }: WindowMemory, end: number): void {
  if (end <= byteOffset + byteLength) return;
  throw new RangeError(`A window of ${end - byteOffset} bytes was given ${byteLength}.`);
}
