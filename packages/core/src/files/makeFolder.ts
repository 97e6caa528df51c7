import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unwritable } from './atomicFile.ts';
import { systemCode } from './systemErrors.ts';

/**
 * A folder and those above it, where there is none. Not by `recursive` of Node's mkdir, which never returns where a system refuses
 * folders by ENOENT, as /proc does. Throws FILE_NOT_WRITTEN.
 */
export async function makeFolder(path: string): Promise<void> {
  const make = async (folder: string, parents: boolean): Promise<void> => {
    try {
      await mkdir(folder);
    } catch (cause) {
      const stats = await stat(folder).catch(() => null);
      if (stats?.isDirectory()) return;
      if (stats !== null) throw Object.assign(new Error('ENOTDIR: a file'), { code: 'ENOTDIR' });
      if (systemCode(cause) !== 'ENOENT' || !parents || dirname(folder) === folder) throw cause;
      await make(dirname(folder), true);
      await make(folder, false);
    }
  };
  await make(path, true).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}
