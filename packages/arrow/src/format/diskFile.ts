/** Positioned reads of a file, into memory that the caller owns. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { LockstepError } from '@lockstep/core/source';
import type { ArrowFile, DiskFileLayout, FileBytes, FileStamp } from './arrowFile.ts';
import { changedFile, invalidFile, place } from './errors.ts';

/** The system may transfer less than 2 GiB at once; larger reads are cut into pieces of this size. */
const LARGEST_READ = 2 ** 30;

/** A pipe without a writer would otherwise hold the thread for ever, before it can be told that it is no file. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

export class DiskFile implements ArrowFile, FileBytes {
  readonly layout: DiskFileLayout;
  /** The path as the user gave it. */
  readonly name: string;
  readonly size: number;
  private readonly descriptor: number;

  private constructor(layout: DiskFileLayout, descriptor: number) {
    this.layout = layout;
    this.name = layout.name;
    this.size = layout.stamp.size;
    this.descriptor = descriptor;
  }

  /** Opens a file for reading; FILE_NOT_FOUND when there is none, FILE_INVALID when it is not a regular file. */
  static open(path: string, name: string = path): DiskFile {
    let descriptor: number;
    try {
      descriptor = openSync(path, OPEN_FLAGS);
    } catch (error) {
      throw notFound(name, error);
    }
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      closeSync(descriptor);
      throw invalidFile({
        place: name,
        expected: 'a file',
        received: stats.isDirectory() ? 'a directory' : 'something that is neither a file nor a directory',
        advice: `For every file of a directory, give a pattern such as "${name.replace(/\/$/, '')}/*.arrow".`,
      });
    }
    return new DiskFile({ kind: 'disk', path, name, stamp: stampOf(stats) }, descriptor);
  }

  /** Opens the file again that a layout describes; FILE_CHANGED where it is another one, or gone. */
  static reopen({ path, name, stamp }: DiskFileLayout): DiskFile {
    let file: DiskFile;
    try {
      file = DiskFile.open(path, name);
    } catch (error) {
      const received = error instanceof LockstepError ? error.received : String(error);
      throw changedFile({ place: name, expected: 'the file that the dataset was made of', received, cause: error });
    }
    try {
      file.requireStamp(stamp);
    } catch (error) {
      file.close();
      throw error;
    }
    return file;
  }

  reading<T>(run: (file: FileBytes) => T): T {
    return run(this);
  }

  read(target: Uint8Array, at: number, length: number, position: number): void {
    let done = 0;
    while (done < length) {
      const piece = Math.min(length - done, LARGEST_READ);
      const count = readSync(this.descriptor, target, at + done, piece, position + done);
      // Without this check a file that shrinks would be read for ever.
      if (count === 0) {
        throw changedFile({
          place: place(this.name, `byte ${position + done}`),
          expected: `${length - done} more bytes of a file of ${this.size}`,
          received: 'the end of the file',
        });
      }
      done += count;
    }
  }

  bytes(position: number, length: number): Uint8Array {
    const target = new Uint8Array(length);
    this.read(target, 0, length, position);
    return target;
  }

  /** The system reads ahead by itself. */
  prefetch(): void {}

  requireUnchanged(): void {
    this.requireStamp(this.layout.stamp);
  }

  /** FILE_CHANGED unless the open file still has this stamp. */
  requireStamp(stamp: FileStamp): void {
    const now = stampOf(fstatSync(this.descriptor));
    if (now.size === stamp.size && now.mtimeMs === stamp.mtimeMs) return;
    throw changedFile({
      place: place(this.name, `byte ${Math.min(now.size, stamp.size)}`),
      expected: describeStamp(stamp),
      received: describeStamp(now),
    });
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function stampOf(stats: Stats): FileStamp {
  return { size: stats.size, mtimeMs: stats.mtimeMs };
}

function describeStamp(stamp: FileStamp): string {
  return `${stamp.size} bytes, modified ${new Date(stamp.mtimeMs).toISOString()}`;
}

function notFound(name: string, error: unknown): LockstepError {
  const code = (error as NodeJS.ErrnoException).code;
  return new LockstepError('FILE_NOT_FOUND', {
    place: name,
    expected: 'a file that can be opened',
    received: code === 'ENOENT' ? 'no such file' : String(code ?? error),
    advice: `Check the path and its permissions; it was looked up from ${process.cwd()}.`,
    cause: error,
  });
}
