import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Lets `fill` write a file beside `path` and renames it when it is complete, so that nobody ever sees half a file.
 * After an error the file that was there before is unchanged.
 */
export async function writeAtomically(
  path: string,
  fill: (write: (bytes: Uint8Array) => void) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const descriptor = openSync(temporary, 'w');
  try {
    try {
      await fill((bytes) => {
        for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
      });
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
