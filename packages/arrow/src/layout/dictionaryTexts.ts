/** Texts of a dictionary batch, each decoded and checked. */
import { invalidFile, place } from '../format/errors.ts';

/** One buffer of a dictionary batch: at least so many bytes of it, all where that is left out. */
export type ReadBuffer = (index: number, needed?: number) => Uint8Array;

/** Texts are kept in memory, all of them. */
const LARGEST_TEXTS = 2 ** 28;
const VIEW_BYTES = 16;
const LONGEST_INLINE = 12;

export function textsOf(where: string, read: ReadBuffer, count: number, kind: 'utf8' | 'largeUtf8'): string[] {
  const offsets = offsetsOf(where, read, count, kind === 'largeUtf8' ? 8 : 4);
  const total = offsets.at(-1) ?? 0;
  requireSize(where, total);
  const bytes = read(2, total);
  return Array.from({ length: count }, (_, i) => decode(where, i, bytes.subarray(offsets[i], offsets[i + 1])));
}

export function textsOfViews(where: string, read: ReadBuffer, count: number, viewBuffers: number): string[] {
  const bytes = read(1, count * VIEW_BYTES);
  const views = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const buffers = Array.from({ length: viewBuffers }, (_, i) => read(2 + i));
  let total = 0;
  return Array.from({ length: count }, (_, i) => {
    const at = i * VIEW_BYTES;
    const length = views.getInt32(at, true);
    requireSize(where, (total += Math.max(0, length)));
    if (length >= 0 && length <= LONGEST_INLINE) return decode(where, i, bytes.subarray(at + 4, at + 4 + length));
    const buffer: Uint8Array | undefined = buffers[views.getInt32(at + 8, true)];
    const start = views.getInt32(at + 12, true);
    if (length < 0 || start < 0 || buffer === undefined || start + length > buffer.length) {
      const received = `${length} bytes from ${start} in buffer ${views.getInt32(at + 8, true)}`;
      const expected = `a text inside one of ${viewBuffers} buffers`;
      throw invalidFile({ place: place(where, `text ${i}`), expected, received });
    }
    return decode(where, i, buffer.subarray(start, start + length));
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(where: string, index: number, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw invalidFile({ place: place(where, `text ${index}`), expected: 'UTF-8', received: 'other bytes', cause });
  }
}

function requireSize(where: string, total: number): void {
  if (total <= LARGEST_TEXTS) return;
  throw invalidFile({ place: where, expected: `at most ${LARGEST_TEXTS} bytes of texts`, received: String(total) });
}

/** Where the texts begin, and the last one ends; checked, so that all lie one after another. */
function offsetsOf(where: string, read: ReadBuffer, texts: number, bytes: 4 | 8): number[] {
  if (texts === 0) return [];
  const stored = read(1, (texts + 1) * bytes);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const offsets: number[] = [];
  for (let i = 0; i <= texts; i++) {
    const offset = bytes === 4 ? view.getInt32(4 * i, true) : Number(view.getBigInt64(8 * i, true));
    const least = i === 0 ? 0 : offsets[i - 1];
    if (offset < least) {
      const expected = `an offset of at least ${least}`;
      throw invalidFile({ place: place(where, `text ${i}`), expected, received: String(offset) });
    }
    offsets.push(offset);
  }
  return offsets;
}
