import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Modules that users write, which threads import. Threads load this: it is light.

/** SHA-256 of the file's bytes; of the URL itself where it is no file, as in `data:`. Throws what the file system does. */
export function hashOfUserModule(module: string): string {
  const content = module.startsWith('file:') ? readFileSync(fileURLToPath(module)) : module;
  return createHash('sha256').update(content).digest('hex');
}

/** Whether the module is what `node` was told to run. */
export function isMainModule(module: string): boolean {
  const [, program] = process.argv;
  if (program === undefined || !module.startsWith('file:')) return false;
  try {
    return fileURLToPath(module) === realpathSync(program);
  } catch {
    return false;
  }
}
