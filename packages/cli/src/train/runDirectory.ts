import { existsSync, readdirSync, statSync } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import { basename, join, parse, relative } from 'node:path';
import { LockstepError } from '@lockstep/core';

/**
 * What a run leaves behind: config.json (as resolved), the config file itself, metrics.jsonl (a line an epoch, on the
 * disk before the next epoch begins) and model.safetensors.
 */
export class RunDirectory {
  readonly path: string;
  readonly #metrics: FileHandle;

  private constructor(path: string, metrics: FileHandle) {
    this.path = path;
    this.#metrics = metrics;
  }

  static async create(path: string, configFile: string, config: object): Promise<RunDirectory> {
    refuseOccupied(path);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    await copyFile(configFile, join(path, basename(configFile)));
    return new RunDirectory(path, await open(join(path, 'metrics.jsonl'), 'a'));
  }

  get modelPath(): string {
    return join(this.path, 'model.safetensors');
  }

  async appendMetrics(record: object): Promise<void> {
    await this.#metrics.appendFile(`${JSON.stringify(record)}\n`);
    await this.#metrics.datasync();
  }

  close(): Promise<void> {
    return this.#metrics.close();
  }
}

/** Throws when a run cannot go there. Asked before anything is loaded, and again when the directory is made. */
export function refuseOccupied(path: string): void {
  if (!existsSync(path)) return;
  const entries = statSync(path).isDirectory() ? readdirSync(path).length : null;
  if (entries === 0) return;
  throw new LockstepError('INVALID_OPTION', {
    place: `--out ${path}`,
    expected: 'a directory that is empty or does not exist yet',
    received: entries === null ? 'a file' : `a directory with ${entries} ${entries === 1 ? 'entry' : 'entries'}`,
    advice: 'Runs are never overwritten: name another directory, or remove this one.',
  });
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
  return short.startsWith('..') ? path : short;
}
