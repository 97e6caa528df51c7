import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { LockstepError } from '../errors.ts';
import { type Advice, systemCode, systemReason } from './systemErrors.ts';

/** Largest piece that is read at once, in bytes. */
const PIECE_BYTES = 1024 * 1024;

/** A file that is open for reading, and is one: never a pipe or device, on which a read could wait for ever. */
export class RegularFile {
  readonly path: string;
  /** Bytes, when it was opened. */
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #modified: number;

  private constructor(path: string, handle: FileHandle, { size, mtimeMs }: Stats) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
    this.#modified = mtimeMs;
  }

  /**
   * Opens a file, runs `use` and closes it. Throws FILE_NOT_FOUND for what cannot be opened, FILE_INVALID for what is no
   * regular file, and FILE_CHANGED when somebody wrote to the file meanwhile.
   */
  static async use<T>(path: string, use: (file: RegularFile) => Promise<T>): Promise<T> {
    const handle = await openWithoutWaiting(path);
    try {
      const stats = await statOf(path, handle);
      requireRegular(path, stats);
      const file = new RegularFile(path, handle, stats);
      const result = await use(file);
      await file.#requireUnchanged();
      return result;
    } finally {
      await handle.close();
    }
  }

  /**
   * Fills `target` from the file's bytes at `position`, in pieces; `onPiece` sees each as it has arrived. Throws
   * FILE_CHANGED when the file ends before, and FILE_INVALID when the disk cannot read it.
   */
  async read(target: Uint8Array, position: number, onPiece?: (piece: Uint8Array) => void): Promise<void> {
    for (let done = 0; done < target.byteLength;) {
      const length = Math.min(PIECE_BYTES, target.byteLength - done);
      const { bytesRead } = await this.#handle.read(target, done, length, position + done).catch((cause: unknown) => {
        throw new LockstepError('FILE_INVALID', {
          place: `${this.path}, byte ${position + done}`,
          expected: 'bytes that can be read',
          received: systemReason(cause),
          advice: 'Check the disk; take another copy of the file.',
          cause,
        });
      });
      // Without this a file that shrinks would be read for ever.
      if (bytesRead === 0) throw this.#changed(`the end of the file at ${position + done}`);
      onPiece?.(target.subarray(done, done + bytesRead));
      done += bytesRead;
    }
  }

  async #requireUnchanged(): Promise<void> {
    const { size, mtimeMs } = await statOf(this.path, this.#handle);
    if (size !== this.size) throw this.#changed(`${size} bytes`);
    if (mtimeMs !== this.#modified) throw this.#changed(`a file that was written to while it was read`);
  }

  #changed(received: string): LockstepError {
    return new LockstepError('FILE_CHANGED', {
      place: this.path,
      expected: `a file of ${this.size} bytes that nobody writes to`,
      received,
      advice: 'Wait until the file is complete, then read it again.',
    });
  }
}

const ADVICE: Advice = {
  ENOENT: 'Check the path, relative to the working directory.',
  ENOTDIR: 'A part of the path is a file; check the path.',
  EISDIR: 'The path is a folder; name the file in it.',
  EACCES: 'This user may not read the file; change its permissions.',
  ELOOP: 'The path is a link that leads back to itself.',
};

const OTHER_ADVICE = 'Check the path and the disk.';

/** Opening a pipe waits for its writer, unless it is opened so. Systems without pipes lack the flag. */
async function openWithoutWaiting(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw notFound(path, systemReason(cause), ADVICE[systemCode(cause)] ?? OTHER_ADVICE, cause);
  }
}

async function statOf(path: string, handle: FileHandle): Promise<Stats> {
  return handle.stat().catch((cause: unknown) => {
    throw notFound(path, systemReason(cause), OTHER_ADVICE, cause);
  });
}

function requireRegular(path: string, stats: Stats): void {
  if (stats.isDirectory()) throw notFound(path, 'EISDIR: illegal operation on a directory', ADVICE['EISDIR']);
  if (stats.isFile()) return;
  throw new LockstepError('FILE_INVALID', {
    place: path,
    expected: 'a regular file',
    received: 'a pipe, socket or device',
    advice: 'Copy what it gives to a file first.',
  });
}

function notFound(path: string, received: string, advice: string, cause?: unknown): LockstepError {
  return new LockstepError('FILE_NOT_FOUND', {
    place: path,
    expected: 'a file that can be read',
    ...{ received, advice, cause },
  });
}
