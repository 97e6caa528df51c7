/** Texts of a piece of a record batch: where the bytes of each are. */
import type { FileBytes, FileRange } from '../format/arrowFile.ts';
import { readCompressed } from '../format/compression.ts';
import type { Codec } from '../format/compression.ts';
import { invalidFile, place } from '../format/errors.ts';
import type { Extent } from '../layout/batch.ts';
import type { TextKind } from '../layout/types.ts';

const VIEW_BYTES = 16;
const LONGEST_INLINE = 12;
/** Bytes between texts that are read with them, rather than each text by itself. */
const MOST_GAPS = 4 * 2 ** 20;

export interface Texts {
  readonly buffers: readonly Buffer[];
  /** Of each text: which buffer, and where in it. */
  readonly buffer: Int32Array;
  readonly start: Int32Array;
  readonly length: Int32Array;
}

/** What is read of the file to get them; `stored` are offsets, one more than there are texts, or views. */
interface Source {
  readonly where: string;
  readonly file: FileBytes;
  readonly stored: Uint8Array;
  readonly extents: readonly Extent[];
  /** Buffers of a compressed batch, decompressed as a whole. */
  readonly whole: readonly Buffer[] | undefined;
}

/** `isNull`: what a view is where there is a null, nobody knows. Errors: FILE_INVALID, FILE_CHANGED. */
export function readTexts(
  where: string,
  file: FileBytes,
  kind: TextKind,
  stored: Uint8Array,
  extents: readonly Extent[],
  codec: Codec | undefined,
  count: number,
  isNull: (entry: number) => boolean,
): Texts {
  if (codec !== undefined) file.prefetch(extents);
  const whole =
    codec === undefined ? undefined : extents.map((extent) => toBuffer(readCompressed(where, file, extent, codec, 0)));
  const source = { where, file, stored, extents, whole };
  return kind === 'utf8View' ? readViews(source, count, isNull) : readOffsets(source, count, kind === 'largeUtf8');
}

/** A text, or undefined where the bytes are not UTF-8. */
export function decodeText(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start, end);
  // What is not UTF-8 comes back with other bytes.
  if (text.includes('\u{FFFD}') && !Buffer.from(text, 'utf8').equals(bytes.subarray(start, end))) return undefined;
  return text;
}

function empty(count: number): Texts {
  return {
    ...{ buffers: [], buffer: new Int32Array(count) },
    ...{ start: new Int32Array(count), length: new Int32Array(count) },
  };
}

function readOffsets(source: Source, count: number, isLarge: boolean): Texts {
  const texts = empty(count);
  if (count === 0) return texts;
  const { stored } = source;
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const offsetAt = (entry: number): number =>
    isLarge ? Number(view.getBigInt64(8 * entry, true)) : view.getInt32(4 * entry, true);
  const first = offsetAt(0);
  requireInside(source, 0, 0, first, offsetAt(count));
  let begin = first;
  for (let entry = 0; entry < count; entry++) {
    const end = offsetAt(entry + 1);
    requireInside(source, entry, 0, begin, end);
    texts.start[entry] = begin - first;
    texts.length[entry] = end - begin;
    begin = end;
  }
  return { ...texts, buffers: [load(source, 0, first, begin)] };
}

function readViews(source: Source, count: number, isNull: (entry: number) => boolean): Texts {
  const { stored, extents } = source;
  const texts = empty(count);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const spans = extents.map(() => ({ first: Infinity, end: 0, bytes: 0 }));
  const far: number[] = [];
  for (let entry = 0; entry < count; entry++) {
    if (isNull(entry)) continue;
    const length = view.getInt32(VIEW_BYTES * entry, true);
    texts.length[entry] = length;
    if (length >= 0 && length <= LONGEST_INLINE) {
      texts.start[entry] = VIEW_BYTES * entry + 4;
      continue;
    }
    const index = view.getInt32(VIEW_BYTES * entry + 8, true);
    const start = view.getInt32(VIEW_BYTES * entry + 12, true);
    requireInside(source, entry, index, start, start + length);
    texts.buffer[entry] = index + 1;
    texts.start[entry] = start;
    far.push(entry);
    const span = spans[index];
    span.first = Math.min(span.first, start);
    span.end = Math.max(span.end, start + length);
    span.bytes += length;
  }
  // Texts of a piece usually lie near each other, so that one read of a buffer has them all.
  const isNear = spans.map(({ first, end, bytes }) => end - first - bytes <= MOST_GAPS);
  source.file.prefetch(
    source.whole !== undefined
      ? []
      : [
          ...spans.flatMap(({ first, end }, i) => (isNear[i] ? rangeOf(extents[i], first, end) : [])),
          ...far.flatMap((entry) => {
            const [index, start] = [texts.buffer[entry] - 1, texts.start[entry]];
            return isNear[index] ? [] : rangeOf(extents[index], start, start + texts.length[entry]);
          }),
        ],
  );
  const buffers = [
    toBuffer(stored),
    ...spans.map(({ first, end }, i) => (isNear[i] && end > 0 ? load(source, i, first, end) : Buffer.alloc(0))),
  ];
  for (const entry of far) {
    const index = texts.buffer[entry] - 1;
    const { first } = spans[index];
    const start = texts.start[entry];
    if (isNear[index]) {
      texts.start[entry] = start - first;
      continue;
    }
    texts.buffer[entry] = buffers.length;
    texts.start[entry] = 0;
    buffers.push(load(source, index, start, start + texts.length[entry]));
  }
  return { ...texts, buffers };
}

function rangeOf({ offset }: Extent, first: number, end: number): FileRange[] {
  return end > 0 ? [{ offset: offset + first, bytes: end - first }] : [];
}

function load({ file, extents, whole }: Source, index: number, first: number, end: number): Buffer {
  if (whole !== undefined) return whole[index].subarray(first, end);
  return toBuffer(file.bytes(extents[index].offset + first, end - first));
}

function requireInside(
  { where, extents, whole }: Source,
  entry: number,
  index: number,
  begin: number,
  end: number,
): void {
  const bytes = whole === undefined ? extents[index]?.bytes : whole[index]?.length;
  if (bytes !== undefined && begin >= 0 && end >= begin && end <= bytes) return;
  throw invalidFile({
    place: place(where, `text ${entry}`),
    expected: `bytes of buffer ${index} (of ${extents.length}), which has ${bytes ?? 'none'}`,
    received: `those from ${begin} to ${end}`,
  });
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
