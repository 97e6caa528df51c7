import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '../errors.ts';
import { TEMPORARY_SUFFIX, unwritable, writeAtomically } from '../files/atomicFile.ts';
import { makeFolder } from '../files/makeFolder.ts';
import { systemCode, systemReason } from '../files/systemErrors.ts';
import { readCheckpoint, writeCheckpoint } from './file.ts';
import type { CheckpointState } from './state.ts';

/** A checkpoint in the folder, of which only the name is known. */
export interface CheckpointFile {
  readonly path: string;
  /** Training steps done, as its name says. */
  readonly steps: number;
}

export interface PruneOptions {
  /** How many of the newest stay. */
  readonly keepLast: number;
  /** Steps of others that stay, e.g. of the best. */
  readonly keep?: Iterable<number>;
}

export interface Pruned {
  readonly deleted: readonly string[];
  /** What could not be deleted: no reason to end a run. */
  readonly failed: readonly { readonly path: string; readonly error: unknown }[];
}

const NAME = /^checkpoint-(\d{12})\.safetensors$/;

/** Written and removed when a store is opened. */
const PROBE_NAME = 'checkpoint-probe';
const PROBE_BYTES = 4096;

/** Errors of reading that an older checkpoint would meet too: nothing is wrong with the file. */
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * The checkpoints of one run in a folder of their own, `checkpoint-000000001200.safetensors` after 1,200 steps. For one
 * run at a time: a second one in the same folder would take the first one's temporary files for left behind.
 */
export class CheckpointStore {
  readonly directory: string;
  #written: string | null = null;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Makes the folder with those above it, tries it by writing a small file, and removes what writers that were killed
   * left behind; other files stay. Throws FILE_NOT_WRITTEN.
   */
  static async open(directory: string): Promise<CheckpointStore> {
    await makeFolder(directory);
    await probe(directory);
    const store = new CheckpointStore(directory);
    await store.#removeLeftovers();
    return store;
  }

  /** The folder of a run that may be going on: it is only read, nothing in it is made, tried or removed. */
  static reading(directory: string): Pick<CheckpointStore, 'directory' | 'list' | 'newest'> {
    return new CheckpointStore(directory);
  }

  /**
   * The checkpoints, the newest first: regular files, or links to such, with exactly these names. Throws FILE_NOT_FOUND
   * when the folder cannot be read.
   */
  async list(): Promise<CheckpointFile[]> {
    const names = await namesIn(this.directory);
    const found = await Promise.all(
      names.map(async (name): Promise<CheckpointFile | null> => {
        const steps = NAME.exec(name)?.[1];
        if (steps === undefined) return null;
        const path = join(this.directory, name);
        // A link may lead nowhere, and a file be deleted meanwhile.
        const stats = await stat(path).catch(() => null);
        return stats?.isFile() ? { path, steps: Number(steps) } : null;
      }),
    );
    return found.filter((file) => file !== null).toSorted((a, b) => b.steps - a.steps);
  }

  /** Where the checkpoint after so many steps lies, whether it exists or not. */
  pathOf(steps: number): string {
    return join(this.directory, `checkpoint-${String(steps).padStart(12, '0')}.safetensors`);
  }

  /**
   * Reads the newest whole checkpoint; null when there is none. `onTorn` is told of each newer one that is damaged or
   * cannot be read. Throws what no older file would mend: MEMORY_EXCEEDED, and too many open files (FILE_NOT_FOUND).
   */
  async newest(
    onTorn: (path: string, error: LockstepError) => void,
  ): Promise<{ readonly path: string; readonly state: CheckpointState } | null> {
    for (const { path } of await this.list()) {
      try {
        return { path, state: await readCheckpoint(path) };
      } catch (error) {
        if (!isOfFile(error)) throw error;
        onTorn(path, error);
      }
    }
    return null;
  }

  /**
   * Writes a checkpoint under the name of its steps, in place of one that is there, whole or not at all. The state must
   * not change meanwhile. Returns its path and bytes. Throws FILE_NOT_WRITTEN, and what `writeCheckpoint` throws.
   */
  async write(state: CheckpointState): Promise<{ readonly path: string; readonly bytes: number }> {
    const path = this.pathOf(state.position.steps);
    const bytes = await writeCheckpoint(path, state);
    this.#written = path;
    return { path, bytes };
  }

  /** Deletes all checkpoints but the newest, those to be kept, and the one that this store wrote last. Never throws. */
  async prune({ keepLast, keep = [] }: PruneOptions): Promise<Pruned> {
    const kept = new Set(keep);
    const deleted: string[] = [];
    const failed: { path: string; error: unknown }[] = [];
    const files = await this.list().catch((error: unknown) => {
      failed.push({ path: this.directory, error });
      return [];
    });
    for (const { path, steps } of files.slice(keepLast)) {
      if (kept.has(steps) || path === this.#written) continue;
      try {
        await rm(path);
        deleted.push(path);
      } catch (error) {
        failed.push({ path, error });
      }
    }
    return { deleted, failed };
  }

  async #removeLeftovers(): Promise<void> {
    for (const name of await namesIn(this.directory)) {
      const target = name.replace(TEMPORARY_SUFFIX, '');
      const isOurs = target === PROBE_NAME || (target !== name && NAME.test(target));
      // They are in nobody's way: a later open may have more luck.
      if (isOurs) await rm(join(this.directory, name)).catch(() => {});
    }
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((cause: unknown) => {
    throw new LockstepError('FILE_NOT_FOUND', {
      place: directory,
      expected: 'a folder that can be read',
      received: systemReason(cause),
      advice: 'Was it deleted or unmounted while the run was going on?',
      cause,
    });
  });
}

async function probe(directory: string): Promise<void> {
  const path = join(directory, PROBE_NAME);
  try {
    await writeAtomically(path, (file) => file.write(new Uint8Array(PROBE_BYTES)));
    await rm(path);
  } catch (cause) {
    if (!(cause instanceof LockstepError)) throw unwritable(directory, cause);
    const { received, advice, cause: system } = cause;
    const expected = 'a folder in which files can be written';
    throw new LockstepError('FILE_NOT_WRITTEN', { place: directory, expected, received, advice, cause: system });
  }
}

function isOfFile(error: unknown): error is LockstepError {
  if (!(error instanceof LockstepError) || EXHAUSTED.has(systemCode(error.cause))) return false;
  return ['FILE_INVALID', 'FILE_CHANGED', 'FILE_NOT_FOUND'].includes(error.code);
}
