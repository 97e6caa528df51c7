import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { FileHandle } from 'node:fs/promises';
import type { ChildEventName } from './childRunOptions.ts';

/** Called before, or after, what an event tells of; the operation goes on when the promise is fulfilled. */
type Notify = (event: ChildEventName) => Promise<void> | void;

/** Makes every step of writing and deleting checkpoints known: replaces functions of node:fs/promises by ones that tell. */
export async function watchFiles(notify: Notify): Promise<void> {
  const files = createRequire(import.meta.url)('node:fs/promises') as typeof import('node:fs/promises');
  const isTemporary = (path: unknown): boolean => typeof path === 'string' && /checkpoint-\d+.*\.tmp$/.test(path);
  const { open, rename, rm } = files;
  const watched = new WeakSet<FileHandle>();

  const probe = await open(import.meta.filename);
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const { write, sync } = handles;
  Object.assign(handles, {
    async write(this: FileHandle, ...args: Parameters<FileHandle['write']>) {
      if (watched.has(this)) await notify('file writing');
      return write.apply(this, args);
    },
    async sync(this: FileHandle) {
      await sync.call(this);
      if (watched.has(this)) await notify('file synced');
    },
  });
  Object.assign(files, {
    async open(...args: Parameters<typeof open>) {
      const handle = await open(...args);
      if (isTemporary(args[0])) {
        watched.add(handle);
        await notify('file opened');
      }
      return handle;
    },
    async rename(...args: Parameters<typeof rename>) {
      if (isTemporary(args[0])) await notify('file renaming');
      await rename(...args);
      if (isTemporary(args[0])) await notify('file renamed');
    },
    async rm(...args: Parameters<typeof rm>) {
      if (typeof args[0] === 'string' && /checkpoint-\d+\.safetensors$/.test(args[0])) await notify('file removing');
      return rm(...args);
    },
  });
  syncBuiltinESMExports();
}
