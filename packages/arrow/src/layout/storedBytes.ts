import { BYTES, isNumberKind } from './types.ts';
import type { StoredKind } from './types.ts';

/** Of texts, the bytes are those of their offsets or views. */
const OTHER_BYTES: Readonly<Record<string, number>> = {
  ...{ decimal32: 4, decimal64: 8, decimal128: 16, decimal256: 32 },
  ...{ utf8: 4, largeUtf8: 8, utf8View: 16 },
};

/** Bytes that `entries` values take one after another. */
export function bytesOf(kind: StoredKind, entries: number): number {
  if (kind === 'bool') return Math.ceil(entries / 8);
  return entries * (isNumberKind(kind) ? BYTES[kind] : OTHER_BYTES[kind]);
}
