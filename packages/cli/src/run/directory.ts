import { existsSync, readdirSync, statSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, join, parse, relative } from 'node:path';
import { LockstepError } from '@lockstep/core';
import { TEMPORARY_SUFFIX, unwritable } from '@lockstep/core/files';
import { CHECKPOINTS_NAME } from './checkpoints.ts';
import { MANIFEST_NAME, type RunFile, writeRunFile } from './manifest.ts';
import { METRICS_NAME } from './metricsLog.ts';

/**
 * What a run leaves behind: manifest.json, the config file, metrics.jsonl (a line an event, on the disk before the run goes
 * on), checkpoints/ and model.safetensors.
 */
export interface RunPaths {
  readonly directory: string;
  readonly checkpoints: string;
  readonly model: string;
}

const MODEL_NAME = 'model.safetensors';

/** Files that are replaced as a whole, and of which a process that is killed may leave a temporary one. */
const REPLACED: ReadonlySet<string> = new Set([MANIFEST_NAME, METRICS_NAME, MODEL_NAME]);

export function runPaths(directory: string): RunPaths {
  return {
    directory,
    checkpoints: join(directory, CHECKPOINTS_NAME),
    model: join(directory, MODEL_NAME),
  };
}

/**
 * Makes the directory of a run that begins. The manifest comes first: whatever else is there belongs to a run, and a
 * process that is killed on the way can be started again. Throws FILE_NOT_WRITTEN.
 */
export async function beginRun(directory: string, content: RunFile): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await writeRunFile(directory, content);
    await removeLeftovers(directory);
    await rm(join(directory, METRICS_NAME), { force: true });
    await copyFile(content.config.path, join(directory, basename(content.config.path)));
  } catch (cause) {
    throw cause instanceof LockstepError ? cause : unwritable(directory, cause);
  }
}

/** Removes what writers that were killed left behind; checkpoints have their own. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) if (isLeftover(name)) await rm(join(directory, name), { force: true });
}

/** Removes a directory in which nothing was written: core makes the folder of checkpoints before it looks at the data. */
export async function removeIfEmpty({ checkpoints, directory }: RunPaths): Promise<void> {
  for (const path of [checkpoints, directory]) await rmdir(path).catch(() => {});
}

/** Throws when a run cannot begin there. */
export function refuseOccupied(path: string): void {
  if (!existsSync(path)) return;
  const entries = !statSync(path).isDirectory() ? null : readdirSync(path).filter((name) => !isNothing(path, name));
  if (entries?.length === 0) return;
  const isRun = entries?.includes(MANIFEST_NAME) === true;
  throw new LockstepError('INVALID_OPTION', {
    place: `--out ${path}`,
    expected: 'a directory that is empty or does not exist yet',
    received: describe(entries),
    advice: isRun
      ? 'Runs are never overwritten. To go on with this one, add --resume; to begin another, name another directory.'
      : 'Runs are never overwritten: name another directory, or remove this one.',
  });
}

function describe(entries: readonly string[] | null): string {
  if (entries === null) return 'a file';
  if (entries.includes(MANIFEST_NAME)) return 'the directory of a run';
  return `a directory with ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`;
}

/** What a run that was killed before it began leaves behind. */
function isNothing(directory: string, name: string): boolean {
  if (isLeftover(name)) return true;
  if (name !== CHECKPOINTS_NAME) return false;
  const path = join(directory, name);
  return statSync(path).isDirectory() && !readdirSync(path).some((file) => file.endsWith('.safetensors'));
}

function isLeftover(name: string): boolean {
  const target = name.replace(TEMPORARY_SUFFIX, '');
  return target !== name && REPLACED.has(target);
}

/** `runs/digits-20261123T014500Z` for `…/digits.config.ts`. */
export function defaultRunPath(configFile: string, now: Date): string {
  const name = parse(configFile).name.replace(/\.config$/, '');
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return join('runs', `${name}-${time}`);
}

/** As short as it can be written from here. */
export function displayPath(path: string): string {
  const short = relative(process.cwd(), path);
  if (short === '') return '.';
  return short.startsWith('..') ? path : short;
}
