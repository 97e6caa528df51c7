/** A folder that appears under its name when it is whole, or not at all. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder, unwritable } from '@lockstep/core/files';
import { LockstepError } from '@lockstep/core/source';

/**
 * Lets `fill` write files into a folder beside `path`, and renames it; folders above it are made. Whatever fails, the folder is removed; only a process
 * that is killed leaves it behind, under a name that ends with `.tmp`. A folder that is there already must be empty:
 * FILE_NOT_WRITTEN, before anything is done.
 */
export async function writeFolder<T>(path: string, fill: (folder: string) => Promise<T>): Promise<T> {
  await requireFree(path);
  const temporary = join(dirname(path), `${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const attempt = <R>(work: Promise<R>): Promise<R> =>
    work.catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
  await makeFolder(dirname(path));
  await attempt(mkdir(temporary));
  try {
    const result = await fill(temporary);
    await attempt(rename(temporary, path));
    await syncFolder(dirname(path));
    return result;
  } catch (error) {
    // What is left of it is of no interest beside the first error.
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

async function requireFree(path: string): Promise<void> {
  const received = await readdir(path).then(
    (entries) =>
      entries.length === 0 ? null : `one with ${entries.length} ${entries.length === 1 ? 'file' : 'files'} in it`,
    (cause: unknown) => {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') return null;
      if (code === 'ENOTDIR') return 'a file';
      throw unwritable(path, cause);
    },
  );
  if (received === null) return;
  throw new LockstepError('FILE_NOT_WRITTEN', {
    place: path,
    expected: 'a folder that does not exist yet',
    received,
    advice: 'Choose another name, or remove what is there.',
  });
}

/** Makes the rename last. Folders cannot be opened on every system. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
