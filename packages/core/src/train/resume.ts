import { stat } from 'node:fs/promises';
import { readCheckpoint } from '../checkpoint/file.ts';
import type { CheckpointState } from '../checkpoint/state.ts';
import { CheckpointStore } from '../checkpoint/store.ts';
import { LockstepError } from '../errors.ts';

export interface FoundCheckpoint {
  readonly path: string;
  readonly state: CheckpointState;
}

/**
 * The checkpoint that a run is to go on from; null to begin. Damaged ones are skipped with a warning of the process, for as
 * long as there are older ones. Throws FILE_NOT_FOUND, FILE_INVALID.
 */
export async function findCheckpoint(
  resume: boolean | string,
  store: CheckpointStore | null,
): Promise<FoundCheckpoint | null> {
  if (resume === false) return null;
  if (resume === true) return store === null ? null : newest(store);
  const isFolder = await stat(resume).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) return { path: resume, state: await readCheckpoint(resume) };
  const found = await newest(await CheckpointStore.open(resume));
  if (found !== null) return found;
  throw new LockstepError('FILE_NOT_FOUND', {
    place: `fit.resume: ${resume}`,
    expected: 'a folder with a checkpoint in it',
    received: 'none that is whole',
    advice: 'Name the folder that was `checkpoint.directory`, or resume: true to begin when there is none.',
  });
}

function newest(store: CheckpointStore): Promise<FoundCheckpoint | null> {
  return store.newest((path, error) => {
    process.emitWarning(`A damaged checkpoint is skipped: ${error.message}`, {
      type: 'LockstepWarning',
      code: 'LOCKSTEP_CHECKPOINT_SKIPPED',
      detail: path,
    });
  });
}
