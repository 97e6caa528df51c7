import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LockstepError } from '../errors.ts';
import { checkSpec } from '../model/build.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../model/safetensors.ts';
import type { ModelSpec } from '../model/spec.ts';

/** Where the specification stands in the file's metadata. */
const SPEC_KEY = 'lockstep.spec';

/**
 * Writes weights and specification as safetensors. The file appears under its name only when it is whole: it is written
 * beside it, flushed to the disk, and renamed. Throws FILE_NOT_WRITTEN.
 */
export async function writeModelFile(path: string, spec: ModelSpec, tensors: readonly Tensor[]): Promise<void> {
  const bytes = encodeSafetensors({ metadata: { [SPEC_KEY]: JSON.stringify(spec) }, tensors });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    // What is left of it is of no interest beside the first error.
    await rm(temporary, { force: true }).catch(() => {});
    throw new LockstepError('FILE_NOT_WRITTEN', {
      place: path,
      expected: 'a path that can be written',
      received: reason(cause),
      advice: WRITE_ADVICE[codeOf(cause)] ?? 'Check the path and the disk, then save again: the model is unchanged.',
      cause,
    });
  }
}

/** Reads what `writeModelFile` wrote. Throws FILE_NOT_FOUND, FILE_INVALID and INVALID_MODEL. */
export async function readModelFile(path: string): Promise<{ spec: ModelSpec; tensors: readonly Tensor[] }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new LockstepError('FILE_NOT_FOUND', {
      place: path,
      expected: 'a readable model file',
      received: reason(cause),
      advice: READ_ADVICE[codeOf(cause)] ?? 'Check the path and the disk.',
      cause,
    });
  }
  const { metadata, tensors } = decodeSafetensors(bytes, path);
  const json = metadata[SPEC_KEY];
  if (json === undefined) {
    throw new LockstepError('INVALID_MODEL', {
      place: path,
      expected: `metadata "${SPEC_KEY}", which model.save writes`,
      received: `metadata ${Object.keys(metadata).join(', ') || 'without entries'}`,
      advice: 'Weights from another program go into a model with setWeights.',
    });
  }
  let spec: unknown;
  try {
    spec = JSON.parse(json);
  } catch {
    spec = json;
  }
  return { spec: checkSpec(spec, path), tensors };
}

type Advice = Readonly<Record<string, string>>;

const READ_ADVICE: Advice = {
  ENOENT: 'Check the path, relative to the working directory.',
  ENOTDIR: 'A part of the path is a file; check the path.',
  EISDIR: 'The path is a folder; name the file in it.',
  EACCES: 'This user may not read the file; change its permissions.',
};

const WRITE_ADVICE: Advice = {
  ENOENT: 'The folder does not exist; create it first.',
  ENOTDIR: 'A part of the path is a file; check the path.',
  EISDIR: 'The path is a folder; name a file in it.',
  EACCES: 'This user may not write there; choose another folder or change its permissions.',
  EROFS: 'The file system is read-only; choose another folder.',
  ENOSPC: 'The disk is full; free some space, then save again.',
};

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException | null)?.code ?? '';
}

/** Without the call and the path of Node's message, which may name the temporary file. */
function reason(cause: unknown): string {
  return String(cause)
    .replace(/^Error: /, '')
    .replace(/, \w+( '.*)?$/s, '');
}

/** Makes the rename itself last. Directories cannot be opened on every system; there the rename is as safe as it gets. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch {
    // As safe as it gets.
  }
}
