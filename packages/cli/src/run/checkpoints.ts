import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckpointHeader, type LockstepError, readCheckpointHeader } from '@lockstep/core';

/** The folder of a run directory in which core keeps checkpoints. */
export const CHECKPOINTS_NAME = 'checkpoints';

export interface FoundCheckpoint {
  /** Relative to the run directory. */
  readonly file: string;
  readonly path: string;
  /** What the file says of itself; its checksum is not checked. */
  readonly header: CheckpointHeader;
}

export interface UnreadableCheckpoint {
  readonly file: string;
  readonly error: LockstepError;
}

/** Names of files that are checkpoints, by their ending: temporary ones have another. */
export async function checkpointNames(directory: string): Promise<string[]> {
  const names = await readdir(join(directory, CHECKPOINTS_NAME)).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith('.safetensors')).toSorted();
}

/** The checkpoints of a run directory, by steps. Nothing is written there, as a store would do to try the folder. */
export async function findCheckpoints(
  directory: string,
): Promise<{ readonly checkpoints: readonly FoundCheckpoint[]; readonly unreadable: readonly UnreadableCheckpoint[] }> {
  const checkpoints: FoundCheckpoint[] = [];
  const unreadable: UnreadableCheckpoint[] = [];
  for (const name of await checkpointNames(directory)) {
    const file = join(CHECKPOINTS_NAME, name);
    const path = join(directory, file);
    try {
      checkpoints.push({ file, path, header: await readCheckpointHeader(path) });
    } catch (error) {
      unreadable.push({ file, error: error as LockstepError });
    }
  }
  checkpoints.sort((a, b) => a.header.position.steps - b.header.position.steps);
  return { checkpoints, unreadable };
}
