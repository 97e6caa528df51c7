import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './atExit.ts';

/**
 * A folder in the system's one for temporary files while `use` runs. It is removed with all that is in it when that ends or
 * throws, and when the process is told to end meanwhile.
 */
export async function withTemporaryFolder<Result>(
  name: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), `lockstep-bench-${name}-`));
  // A process that has just been ended may still be writing its last file.
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const cancel = atExit(remove);
  try {
    return await use(folder);
  } finally {
    cancel();
    remove();
  }
}
