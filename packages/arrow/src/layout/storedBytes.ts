import { BYTES } from './types.ts';
import type { StoredKind } from './types.ts';

/** Bytes that `entries` values take one after another. */
export function bytesOf(kind: StoredKind, entries: number): number {
  return kind === 'bool' ? Math.ceil(entries / 8) : entries * BYTES[kind];
}
