import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readCheckpoint } from '../checkpoint/file.ts';
import type { CheckpointPosition, CheckpointState } from '../checkpoint/state.ts';
import { CheckpointStore } from '../checkpoint/store.ts';
import { LockstepError } from '../errors.ts';
import { warn } from '../warnings.ts';
import type { CheckedFitOptions } from './fitOptions.ts';

export interface FoundCheckpoint {
  readonly path: string;
  readonly state: CheckpointState;
}

/** Where a run begins, and where its checkpoints go. */
export interface Beginning {
  /** null: none are written. */
  readonly store: CheckpointStore | null;
  /** null: at the very beginning. */
  readonly found: FoundCheckpoint | null;
  readonly from: CheckpointPosition;
}

/**
 * Opens the folder for checkpoints and finds the one that the run is to go on from. Throws FILE_NOT_WRITTEN, FILE_NOT_FOUND,
 * FILE_INVALID, and INVALID_OPTION for a folder that holds another run.
 */
export async function findBeginning({ checkpoint, resume }: CheckedFitOptions): Promise<Beginning> {
  const store = checkpoint === undefined ? null : await CheckpointStore.open(checkpoint.directory);
  if (store !== null && !goesOnIn(store, resume)) await requireEmpty(store);
  const found = await findCheckpoint(resume, store);
  return { store, found, from: found?.state.position ?? { epoch: 0, step: 0, steps: 0 } };
}

async function findCheckpoint(
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
  const found = await newest(CheckpointStore.reading(resume));
  if (found !== null) return found;
  throw new LockstepError('FILE_NOT_FOUND', {
    place: `fit.resume: ${resume}`,
    expected: 'a folder with checkpoints in it',
    received: 'none',
    advice: 'Name the folder that was `checkpoint.directory`; with resume: true a run begins when there is none.',
  });
}

/**
 * The newest whole checkpoint. Damaged ones are passed over with a warning of the process, but not all of them: to begin
 * anew would then lose what might still be saved by hand.
 */
async function newest(store: Pick<CheckpointStore, 'directory' | 'newest'>): Promise<FoundCheckpoint | null> {
  const torn: LockstepError[] = [];
  const found = await store.newest((path, error) => {
    torn.push(error);
    warn('LOCKSTEP_CHECKPOINT_SKIPPED', `A damaged checkpoint is skipped: ${error.message}`, path);
  });
  if (found !== null || torn.length === 0) return found;
  throw new LockstepError('FILE_INVALID', {
    place: store.directory,
    expected: 'a whole checkpoint',
    received: `${torn.length} that are damaged; the newest: ${torn[0].received}`,
    advice: 'To begin anew, name another folder or remove this one.',
    cause: torn[0],
  });
}

/** Whether the run that is in the folder is the one to go on with. */
function goesOnIn({ directory }: CheckpointStore, resume: boolean | string): boolean {
  if (typeof resume === 'boolean') return resume;
  return resolve(resume) === resolve(directory) || liesIn(resume, directory);
}

/** Whether a file is in a folder itself, however both are written. */
export function liesIn(file: string, folder: string): boolean {
  return dirname(resolve(file)) === resolve(folder);
}

/** Checkpoints of two runs in one folder would be taken for one run's. */
async function requireEmpty(store: CheckpointStore): Promise<void> {
  const files = await store.list();
  if (files.length === 0) return;
  throw new LockstepError('INVALID_OPTION', {
    place: 'fit.checkpoint.directory',
    expected: 'a folder without checkpoints, or resume: true to go on with the run in it',
    received: `${store.directory} with ${files.length} of them`,
    advice: 'Name another folder, or remove this one: runs are never overwritten.',
  });
}
