/** From a path, a folder or a pattern to files in a fixed order. */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LockstepError } from '@lockstep/core/source';
import { INDEX_NAME, readTableIndex } from './convert/table/tableIndex.ts';
import { invalidFile } from './format/errors.ts';
import type { DiskOrigin } from './format/openFile.ts';
import { byCodeUnit, expandPattern } from './paths.ts';

/** Endings of the names of files that are taken of a folder. */
const ENDINGS = /\.(arrow|arrows|feather|ipc)$/;

/** Errors: FILE_NOT_FOUND, FILE_INVALID for the index of a folder. */
export function expandPath(path: string): DiskOrigin[] {
  if (isFolder(path)) return filesOfFolder(path);
  return expandPattern(path).map(toOrigin);
}

/** What cannot be looked at is no folder: opening it as a file then says why. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function toOrigin(name: string): DiskOrigin {
  return { kind: 'disk', name, path: resolve(name) };
}

/** Those that the index of `lockstep convert` names, or all that are called like Arrow files. */
function filesOfFolder(folder: string): DiskOrigin[] {
  const names = namesIn(folder).toSorted(byCodeUnit);
  if (names.includes(INDEX_NAME)) return filesOfIndex(folder);
  const files = names.filter((name) => ENDINGS.test(name));
  if (files.length > 0) return files.map((name) => toOrigin(join(folder, name)));
  throw new LockstepError('FILE_NOT_FOUND', {
    place: folder,
    expected: 'a folder with .arrow, .arrows, .feather or .ipc files in it',
    received: names.length === 0 ? 'an empty one' : `${names.length} other names, such as ${names[0]}`,
    advice: "Folders in it are not looked into: give a pattern, such as 'data/**/*.arrow'.",
  });
}

function filesOfIndex(folder: string): DiskOrigin[] {
  const { shards, columns } = readTableIndex(folder);
  if (shards.length === 0) {
    throw invalidFile({ place: join(folder, INDEX_NAME), expected: 'a file at least', received: 'none' });
  }
  const texts = columns.flatMap(({ name, categories }) => (categories === null ? [] : [[name, categories] as const]));
  const categories = new Map(texts);
  return shards.map(({ file, bytes, rows, sha256 }) => ({
    ...toOrigin(join(folder, file)),
    indexed: { bytes, rows, sha256, categories },
  }));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new LockstepError('FILE_NOT_FOUND', {
      place: folder,
      expected: 'a folder that can be read',
      received: (error as NodeJS.ErrnoException).code ?? String(error),
      advice: 'Check its permissions.',
      cause: error,
    });
  }
}
