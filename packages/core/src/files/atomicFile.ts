/**
 * Atomic writing: a file appears under its name when it is whole, or not at all. `@lockstep/core/files` is this module:
 * a door of its own, so that neither threads that read data nor `@lockstep/core/source` load it.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LockstepError } from '../errors.ts';
import { type Advice, systemCode, systemReason } from './systemErrors.ts';

/** What `writeAtomically` lets its caller write to. */
export interface AtomicFile {
  /** Appends bytes, which must not change until the promise is fulfilled. Small ones are gathered before they are written. */
  write(bytes: Uint8Array): Promise<void>;
  /** Overwrites bytes that were written before, e.g. a checksum that stands before what it is of. */
  overwrite(position: number, bytes: Uint8Array): Promise<void>;
}

/** Largest piece that is given to the system at once, in bytes: a slow disk then holds one thread of the pool briefly. */
const PIECE_BYTES = 1024 * 1024;

/** Pieces up to this many bytes are gathered: each write takes a turn of the event loop, and turns may be rare. */
const SMALL_BYTES = 64 * 1024;

/** What temporary files are called: the file's own name and this. They lie beside it, as a rename needs. */
export const TEMPORARY_SUFFIX: RegExp = /\.[0-9a-f]{12}\.tmp$/;

/**
 * Lets `fill` write a file beside `path`, flushes it to the disk, renames it and flushes the folder. Whatever fails,
 * the file that was there before is untouched and the temporary one is removed; only a process that is killed leaves it
 * behind. Returns the file's bytes. Throws FILE_NOT_WRITTEN, and what `fill` throws by itself.
 *
 * A file that is replaced hands on its permissions. A link is replaced, not what it points to; a folder, pipe or device
 * is left alone (FILE_NOT_WRITTEN): a rename would put the file in its place.
 */
export async function writeAtomically(path: string, fill: (file: AtomicFile) => Promise<void>): Promise<number> {
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw unwritable(path, cause);
    }
  };
  const mode = await modeOf(path);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await attempt(() => open(temporary, 'wx', mode));
  try {
    const file = new GatheringFile(handle);
    try {
      await fill({
        write: (bytes) => attempt(() => file.write(bytes)),
        overwrite: (position, bytes) => attempt(() => file.overwrite(position, bytes)),
      });
      await attempt(() => file.flush());
      await attempt(() => handle.sync());
    } catch (error) {
      // Only the first error says what happened.
      await handle.close().catch(() => {});
      throw error;
    }
    await attempt(() => handle.close());
    await attempt(() => rename(temporary, path));
    await syncFolder(dirname(path));
    return file.bytes;
  } catch (error) {
    // What is left of it is of no interest beside the first error.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** FILE_NOT_WRITTEN for `path`, from an error of the system. */
export function unwritable(path: string, cause: unknown): LockstepError {
  return notWritten(path, systemReason(cause), ADVICE[systemCode(cause)] ?? OTHER_ADVICE, cause);
}

function notWritten(path: string, received: string, advice: string, cause?: unknown): LockstepError {
  return new LockstepError('FILE_NOT_WRITTEN', {
    place: path,
    expected: 'a path that can be written',
    ...{ received, advice, cause },
  });
}

const ADVICE: Advice = {
  ENOENT: 'The folder does not exist; create it first.',
  ENOTDIR: 'A part of the path is a file; check the path.',
  EISDIR: 'The path is a folder; name a file in it.',
  EACCES: 'This user may not write there; choose another folder or change its permissions.',
  EPERM: 'This user may not write there; choose another folder or change its permissions.',
  EROFS: 'The file system is read-only; choose another folder.',
  ENOSPC: 'The disk is full; free some space, then save again.',
  EDQUOT: "This user's share of the disk is used up; free some space, then save again.",
  EFBIG: 'The file is larger than the file system or a limit (`ulimit -f`) allows; choose another folder or raise it.',
  ENAMETOOLONG: 'Choose a shorter name: a temporary file adds 17 characters to it.',
  EMFILE: 'Too many files are open; close some or raise the limit (`ulimit -n`).',
  ENFILE: 'Too many files are open on this machine; close some.',
  EIO: 'The disk reports an error; check it, and save to another one.',
};

const OTHER_ADVICE = 'Check the path and the disk, then save again.';

/** Permissions for the new file: those of the file that it replaces. FILE_NOT_WRITTEN for what is no file. */
async function modeOf(path: string): Promise<number> {
  // What keeps a path from being looked up keeps the temporary file, too, from being made, which says why.
  const stats = await stat(path).catch(() => null);
  if (stats === null) return 0o666;
  if (stats.isFile()) return stats.mode & 0o777;
  if (stats.isDirectory()) throw notWritten(path, 'a folder', 'Name a file in it.');
  throw notWritten(path, 'a pipe, socket or device', 'Name a regular file, or one that does not exist yet.');
}

/** Writes one piece behind the other, small ones together. */
class GatheringFile {
  readonly #handle: FileHandle;
  readonly #gathered: Uint8Array = new Uint8Array(SMALL_BYTES);
  #pending = 0;
  #written = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get bytes(): number {
    return this.#written + this.#pending;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#pending + bytes.byteLength > SMALL_BYTES) await this.flush();
    if (bytes.byteLength > SMALL_BYTES) {
      const position = this.#written;
      this.#written += bytes.byteLength;
      await writeAt(this.#handle, position, bytes);
      return;
    }
    this.#gathered.set(bytes, this.#pending);
    this.#pending += bytes.byteLength;
  }

  async flush(): Promise<void> {
    const pending = this.#gathered.subarray(0, this.#pending);
    const position = this.#written;
    this.#written += this.#pending;
    this.#pending = 0;
    if (pending.byteLength > 0) await writeAt(this.#handle, position, pending);
  }

  async overwrite(position: number, bytes: Uint8Array): Promise<void> {
    await this.flush();
    await writeAt(this.#handle, position, bytes);
  }
}

async function writeAt(handle: FileHandle, position: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const length = Math.min(PIECE_BYTES, bytes.byteLength - done);
    // A nearly full disk takes a part of it, and refuses the next.
    const { bytesWritten } = await handle.write(bytes, done, length, position + done);
    if (bytesWritten === 0) throw Object.assign(new Error('EIO: nothing was written'), { code: 'EIO' });
    done += bytesWritten;
  }
}

/** Makes the rename itself last. Folders cannot be opened on every system; there the rename is as safe as it gets. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // As safe as it gets.
  }
}
