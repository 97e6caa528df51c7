/** Bytes of a file from its beginning, unpacked when it is a gzip file; memory stays at a few stream buffers. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { LockstepError } from '@lockstep/core/source';
import type { DiskFileLayout } from '../format/arrowFile.ts';
import { DiskFile } from '../format/diskFile.ts';
import { invalidFile } from '../format/errors.ts';

const PIECE_BYTES = 2 ** 18;

export class ByteStream {
  readonly name: string;
  private readonly pieces: AsyncIterator<Buffer>;
  /** The file, where it is read from its beginning. */
  private readonly file: DiskFileLayout | undefined;
  /** Received and not yet taken. */
  private rest: Buffer = Buffer.alloc(0);
  private position = 0;

  private constructor(name: string, pieces: AsyncIterator<Buffer>, file?: DiskFileLayout) {
    this.name = name;
    this.pieces = pieces;
    this.file = file;
  }

  /** FILE_NOT_FOUND, and FILE_INVALID for what is no regular file. */
  static open(path: string): ByteStream {
    const { layout, isPacked } = lookAt(path);
    return new ByteStream(path, piecesOf(path, isPacked), layout);
  }

  /** Of bytes that come from elsewhere than from the beginning of a file; `name` is for messages. */
  static of(name: string, pieces: AsyncIterator<Buffer>): ByteStream {
    return new ByteStream(name, pieces);
  }

  /** The next `length` bytes; FILE_INVALID when the file ends before them, FILE_CHANGED when it is another one by now. */
  async take(length: number, what: string): Promise<Uint8Array> {
    const taken = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      if (this.rest.length === 0 && !(await this.advance())) {
        this.requireUnchanged();
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

  /** FILE_INVALID, FILE_CHANGED. */
  async requireEnd(): Promise<void> {
    const isEnd = this.rest.length === 0 && !(await this.advance());
    this.requireUnchanged();
    if (isEnd) return;
    throw invalidFile({
      place: `${this.name}, byte ${this.position}`,
      expected: 'the end of the data, as its header says',
      received: 'more bytes',
    });
  }

  async close(): Promise<void> {
    await this.pieces.return?.();
  }

  private requireUnchanged(): void {
    if (this.file !== undefined) DiskFile.reopen(this.file).close();
  }

  private async advance(): Promise<boolean> {
    try {
      const { done, value } = await this.pieces.next();
      if (done === true) return false;
      this.rest = value;
      return true;
    } catch (error) {
      if (error instanceof LockstepError) throw error;
      this.requireUnchanged();
      throw invalidFile({
        place: `${this.name}, byte ${this.position} of the unpacked data`,
        expected: 'data that can be read and unpacked',
        received: error instanceof Error ? error.message : String(error),
        cause: error,
      });
    }
  }
}

/**
 * A file from its beginning, piece by piece, unpacked when it is a gzip file. A piece is written over when the next is asked for. `onRead` is told how many bytes of the file itself
 * each piece took, roughly where it is packed. FILE_INVALID for what cannot be read or unpacked.
 */
export async function* readPieces(path: string, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  let position = 0;
  try {
    for await (const piece of lookAt(path).isPacked ? piecesOf(path, true, onRead) : readPlainly(path, onRead)) {
      position += piece.length;
      yield piece;
    }
  } catch (error) {
    if (error instanceof LockstepError) throw error;
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw invalidFile({
      place: `${path}, byte ${position} of the unpacked data`,
      expected: 'data that can be read and unpacked',
      received: (error as Error).message,
      cause: error,
    });
  }
}

/** Into one buffer: a stream's new ones would be most of the work of the garbage collector. */
async function* readPlainly(path: string, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  const handle = await open(path);
  try {
    for (let position = 0; ;) {
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      onRead?.(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The file as it is now, and whether it is a gzip file. Errors: FILE_NOT_FOUND, FILE_INVALID. */
function lookAt(path: string): { readonly layout: DiskFileLayout; readonly isPacked: boolean } {
  const file = DiskFile.open(path, path);
  try {
    const start = file.size < 2 ? new Uint8Array(2) : file.bytes(0, 2);
    return { layout: file.layout, isPacked: start[0] === 0x1f && start[1] === 0x8b };
  } finally {
    file.close();
  }
}

async function* piecesOf(path: string, packed: boolean, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const raw = createReadStream(path, { highWaterMark: PIECE_BYTES });
  if (onRead !== undefined) raw.on('data', (piece) => onRead(piece.length));
  if (!packed) {
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
