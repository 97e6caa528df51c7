/** Bytes of a file from its beginning, unpacked when it is a gzip file; memory stays at a few stream buffers. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { DiskFile } from '../format/diskFile.ts';
import { invalidFile } from '../format/errors.ts';

export class ByteStream {
  readonly name: string;
  private readonly pieces: AsyncIterator<Buffer>;
  /** Received and not yet taken. */
  private rest: Buffer = Buffer.alloc(0);
  private position = 0;

  private constructor(name: string, pieces: AsyncIterator<Buffer>) {
    this.name = name;
    this.pieces = pieces;
  }

  static open(path: string): ByteStream {
    const file = DiskFile.open(path, path);
    let isGzip: boolean;
    try {
      const start = file.stamp.size < 2 ? new Uint8Array(2) : file.bytes(0, 2);
      isGzip = start[0] === 0x1f && start[1] === 0x8b;
    } finally {
      file.close();
    }
    return new ByteStream(path, piecesOf(path, isGzip));
  }

  /** The next `length` bytes; FILE_INVALID when the file ends before them. */
  async take(length: number, what: string): Promise<Uint8Array> {
    const taken = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      if (this.rest.length === 0 && !(await this.advance())) {
        throw invalidFile({
          place: `${this.name}, byte ${this.position}`,
          expected: `${length} bytes of ${what}`,
          received: `the end of the data after ${done}`,
        });
      }
      const piece = this.rest.subarray(0, length - done);
      taken.set(piece, done);
      done += piece.length;
      this.position += piece.length;
      this.rest = this.rest.subarray(piece.length);
    }
    return taken;
  }

  async requireEnd(): Promise<void> {
    if (this.rest.length === 0 && !(await this.advance())) return;
    throw invalidFile({
      place: `${this.name}, byte ${this.position}`,
      expected: 'the end of the data, as its header says',
      received: 'more bytes',
    });
  }

  async close(): Promise<void> {
    await this.pieces.return?.();
  }

  private async advance(): Promise<boolean> {
    try {
      const { done, value } = await this.pieces.next();
      if (done === true) return false;
      this.rest = value;
      return true;
    } catch (error) {
      throw invalidFile({
        place: `${this.name}, byte ${this.position} of the unpacked data`,
        expected: 'data that can be read and unpacked',
        received: error instanceof Error ? error.message : String(error),
        cause: error,
      });
    }
  }
}

async function* piecesOf(path: string, isGzip: boolean): AsyncGenerator<Buffer> {
  const raw = createReadStream(path, { highWaterMark: 2 ** 18 });
  if (!isGzip) {
    yield* raw;
    return;
  }
  const unpacked = createGunzip();
  // pipe() does not pass on errors of its source.
  raw.on('error', (error) => unpacked.destroy(error));
  try {
    yield* raw.pipe(unpacked);
  } finally {
    raw.destroy();
  }
}
