/** The bytes of a file on a server that were fetched so far, and what is fetched together. */
import type { FileBytes, FileRange } from '../arrowFile.ts';
import { changedFile, place } from '../errors.ts';

/** Ranges that lie as close as this are fetched as one: it takes less time than another request. */
const GAP_BYTES = 64 * 2 ** 10;
/** What one request asks for at most, so that it has an end in sight, and a chunk (4 MiB at most) comes by several at once. */
const REQUEST_BYTES = 2 ** 20;

/** Thrown where bytes are asked for that have not been fetched. */
export class BytesMissing extends Error {
  readonly bytes: FetchedBytes;
  readonly ranges: readonly FileRange[];

  constructor(bytes: FetchedBytes, ranges: readonly FileRange[]) {
    super('bytes that have to be fetched first');
    this.name = 'BytesMissing';
    this.bytes = bytes;
    this.ranges = ranges;
  }
}

export interface FetchedRun {
  readonly offset: number;
  readonly content: Uint8Array;
}

export class FetchedBytes implements FileBytes {
  readonly name: string;
  readonly size: number;
  private readonly runs: FetchedRun[];

  constructor(name: string, size: number, runs: readonly FetchedRun[]) {
    this.name = name;
    this.size = size;
    this.runs = [...runs];
  }

  add(runs: readonly FetchedRun[]): void {
    this.runs.push(...runs);
  }

  read(target: Uint8Array, at: number, length: number, position: number): void {
    target.set(this.find(position, length), at);
  }

  bytes(position: number, length: number): Uint8Array {
    return this.find(position, length).slice();
  }

  prefetch(ranges: readonly FileRange[]): void {
    for (const { offset, bytes } of ranges) this.requireInside(offset, bytes);
    const missing = ranges.filter(({ offset, bytes }) => this.runOf(offset, bytes) === undefined);
    if (missing.length > 0) throw new BytesMissing(this, missing);
  }

  private find(position: number, length: number): Uint8Array {
    this.requireInside(position, length);
    if (length === 0) return new Uint8Array(0);
    const run = this.runOf(position, length);
    if (run === undefined) throw new BytesMissing(this, [{ offset: position, bytes: length }]);
    return run.content.subarray(position - run.offset, position - run.offset + length);
  }

  /** The run that has all of a range. */
  private runOf(position: number, length: number): FetchedRun | undefined {
    if (length === 0) return NOTHING;
    return this.runs.find(({ offset, content }) => {
      return offset <= position && position + length <= offset + content.length;
    });
  }

  private requireInside(position: number, length: number): void {
    if (position + length <= this.size) return;
    throw changedFile({
      place: place(this.name, `byte ${position}`),
      expected: `${length} bytes of a file of ${this.size}`,
      received: 'the end of the file',
    });
  }
}

const NOTHING: FetchedRun = { offset: 0, content: new Uint8Array(0) };

/** Ranges by their offsets, those that lie close together as one. */
export function joinRanges(ranges: readonly FileRange[]): FileRange[] {
  const joined: FileRange[] = [];
  for (const { offset, bytes } of ranges.toSorted((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1);
    if (bytes === 0) continue;
    if (last === undefined || offset - (last.offset + last.bytes) > GAP_BYTES) {
      joined.push({ offset, bytes });
    } else {
      const end = Math.max(last.offset + last.bytes, offset + bytes);
      joined[joined.length - 1] = { offset: last.offset, bytes: end - last.offset };
    }
  }
  return joined;
}

/** So many bytes as the parts of single requests. */
export function requestsOf(bytes: number): { readonly begin: number; readonly end: number }[] {
  return Array.from({ length: Math.ceil(bytes / REQUEST_BYTES) }, (_, i) => {
    return { begin: i * REQUEST_BYTES, end: Math.min(bytes, (i + 1) * REQUEST_BYTES) };
  });
}
