import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LockstepError, readCheckpointHeader } from '@lockstep/core';
import type { TrainFlags } from '../flags.ts';
import { checkpointNames } from '../run/checkpoints.ts';
import { defaultRunPath, refuseOccupied } from '../run/directory.ts';
import { MANIFEST_NAME, readRunFile, type RunFile } from '../run/manifest.ts';

/** Where a run goes, and from where it goes on. */
export interface Destination {
  /** Absolute. */
  readonly directory: string;
  /** That of the run which goes on there; null when one begins there. */
  readonly run: RunFile | null;
  /** A checkpoint file, with which a run begins; `newest`: the newest whole one in the directory; null: the beginning. */
  readonly from: { readonly file: string } | 'newest' | null;
}

/**
 * What `--out` and `--resume` mean together. Throws INVALID_OPTION, FILE_NOT_FOUND and FILE_INVALID, before anything is
 * loaded or written.
 */
export async function chooseDestination(config: string, { out, resume }: TrainFlags): Promise<Destination> {
  if (resume === undefined) return begin(resolve(out ?? defaultRunPath(config, new Date())));
  if (resume === true) {
    if (out !== undefined) return goOnOrBegin(resolve(out));
    throw new LockstepError('INVALID_OPTION', {
      place: '--resume',
      expected: 'a run directory, a checkpoint, or --out DIR beside it',
      received: 'none of them',
      advice:
        'Write --resume DIR to go on with a run, or --out DIR --resume to go on when there is one and else begin.',
    });
  }
  const path = resolve(resume);
  const stats = await stat(path).catch((cause: unknown) => {
    throw new LockstepError('FILE_NOT_FOUND', {
      place: `--resume ${resume}`,
      expected: 'a run directory or a checkpoint',
      received: 'no file or directory of that name',
      advice: `It was looked up from ${process.cwd()}.`,
      cause,
    });
  });
  if (!stats.isDirectory()) {
    // Asked for its header now: a mistake should not wait for the data to be loaded.
    await readCheckpointHeader(path);
    return { ...begin(resolve(out ?? defaultRunPath(config, new Date()))), from: { file: path } };
  }
  if (out !== undefined && resolve(out) !== path) {
    throw new LockstepError('INVALID_OPTION', {
      place: '--resume',
      expected: 'the run directory that --out names, or a checkpoint',
      received: `${resume}, and --out ${out}`,
      advice:
        'A run goes on in its own directory. For a new one, name one of its checkpoints: --resume FILE --out DIR.',
    });
  }
  return goOn(path, resume);
}

function begin(directory: string): Destination {
  refuseOccupied(directory);
  return { directory, run: null, from: null };
}

async function goOnOrBegin(directory: string): Promise<Destination> {
  const run = await readRunFile(directory);
  if (run === null) return begin(directory);
  // Killed before its first checkpoint, it begins again.
  const isStarted = (await checkpointNames(directory)).length > 0;
  return isStarted ? { directory, run, from: 'newest' } : { directory, run, from: null };
}

async function goOn(directory: string, given: string): Promise<Destination> {
  const run = await readRunFile(directory);
  if (run === null) {
    const isInside = (await readRunFile(dirname(directory)).catch(() => null)) !== null;
    throw new LockstepError('FILE_NOT_FOUND', {
      place: `--resume ${given}`,
      expected: `the directory of a run, with ${MANIFEST_NAME}`,
      received: 'a directory without it',
      advice: isInside ? `Name the run's directory: ${dirname(given)}.` : 'A checkpoint can be named by itself.',
    });
  }
  if ((await checkpointNames(directory)).length > 0) return { directory, run, from: 'newest' };
  throw new LockstepError('FILE_NOT_FOUND', {
    place: `--resume ${given}`,
    expected: 'a run with a checkpoint',
    received: 'one without',
    advice: `To begin it again in its directory: --out ${given} --resume.`,
  });
}
