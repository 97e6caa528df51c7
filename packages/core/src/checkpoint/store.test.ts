import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LockstepError } from '../errors.ts';
import { exampleState } from '../testing/checkpoints.ts';
import { CheckpointStore } from './store.ts';

let root: string;
let directory: string;
let isMounted = false;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-store-'));
  directory = join(root, 'runs', 'one');
});
afterEach(() => {
  vi.restoreAllMocks();
  if (isMounted) execFileSync('umount', [directory]);
  isMounted = false;
  rmSync(root, { recursive: true });
});

const nameOf = (steps: number): string => `checkpoint-${String(steps).padStart(12, '0')}.safetensors`;
const names = (): string[] => readdirSync(directory).toSorted();

async function storeOf(...steps: number[]): Promise<CheckpointStore> {
  const store = await CheckpointStore.open(directory);
  for (const count of steps) await store.write(exampleState(count));
  return store;
}

/** The newest whole checkpoint's steps, and the names of those that were not. */
async function newestOf(store: CheckpointStore): Promise<{ steps: number | undefined; torn: [string, string][] }> {
  const torn: [string, string][] = [];
  const newest = await store.newest((path, { code }) => torn.push([path.slice(directory.length + 1), code]));
  if (newest) expect(newest.path).toBe(join(directory, nameOf(newest.state.position.steps)));
  return { steps: newest?.state.position.steps, torn };
}

describe('open', () => {
  test('makes the folder, and leaves it empty', async () => {
    const store = await CheckpointStore.open(directory);
    expect(store.directory).toBe(directory);
    expect(names()).toEqual([]);
    expect(await store.list()).toEqual([]);
    expect(await newestOf(store)).toEqual({ steps: undefined, torn: [] });
  });

  test('removes what killed writers left, and nothing else', async () => {
    mkdirSync(directory, { recursive: true });
    const left = [`${nameOf(5)}.0123456789ab.tmp`, 'checkpoint-probe', 'checkpoint-probe.0123456789ab.tmp'];
    const others = [
      'notes.tmp',
      'model.safetensors.0123456789ab.tmp',
      `${nameOf(5)}.0123456789ab.tmp.bak`,
      `${nameOf(5)}.tmp`,
      `${nameOf(5)}.0123456789AB.tmp`,
      'checkpoint-5.safetensors.0123456789ab.tmp',
      nameOf(5),
    ];
    for (const name of [...left, ...others]) writeFileSync(join(directory, name), 'x');
    await CheckpointStore.open(directory);
    expect(names()).toEqual(others.toSorted());
  });

  test.each([
    ['a file in its place', (): string => directory, 'A part of the path is a file'],
    ['a file above it', (): string => join(directory, 'in'), 'A part of the path is a file'],
    ['a system folder that takes no files', (): string => '/proc', ''],
    ['a folder that cannot be made', (): string => '/proc/none/runs', ''],
  ])('refuses %s', async (_, where, advice) => {
    mkdirSync(join(root, 'runs'));
    writeFileSync(directory, 'mine');
    await expect(CheckpointStore.open(where())).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: where(),
      advice: expect.stringContaining(advice) as string,
    });
    expect(readFileSync(directory, 'utf8')).toBe('mine');
  });

  test('refuses a folder on a disk that is full or read-only', async () => {
    const handle = await open(process.execPath);
    await handle.close();
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'write').mockRejectedValue(full);
    await expect(CheckpointStore.open(directory)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: directory,
      received: 'ENOSPC: no space left on device',
      advice: 'The disk is full; free some space, then save again.',
    });
    expect(names()).toEqual([]);
  });
});

describe('write and list', () => {
  test('name files by their steps, and list the newest first', async () => {
    const store = await storeOf(100, 20, 3000);
    expect(names()).toEqual([nameOf(20), nameOf(100), nameOf(3000)]);
    expect(await store.list()).toEqual(
      [3000, 100, 20].map((steps) => ({ path: join(directory, nameOf(steps)), steps })),
    );
  });

  test('replace a checkpoint of the same steps', async () => {
    const store = await storeOf(7);
    const best = { monitor: 'loss', value: 1, steps: 3 };
    const { path, bytes } = await store.write({ ...exampleState(7), best });
    expect(bytes).toBe(readFileSync(path).length);
    expect(names()).toEqual([nameOf(7)]);
    expect((await store.newest(() => {}))?.state.best).toEqual(best);
  });

  test('see regular files and links to them, of exactly these names', async () => {
    const store = await storeOf(5);
    mkdirSync(join(directory, nameOf(6)));
    execFileSync('mkfifo', [join(directory, nameOf(7))]);
    symlinkSync(join(directory, nameOf(5)), join(directory, nameOf(4)));
    symlinkSync(directory, join(directory, nameOf(8)));
    symlinkSync(join(directory, 'nowhere'), join(directory, nameOf(9)));
    symlinkSync(join(directory, nameOf(10)), join(directory, nameOf(10)));
    for (const name of [`${nameOf(11)}.bak`, `x${nameOf(11)}`, 'checkpoint-12.safetensors', 'model.safetensors']) {
      writeFileSync(join(directory, name), '');
    }
    expect((await store.list()).map(({ steps }) => steps)).toEqual([5, 4]);
    expect((await store.newest(() => {}))?.state.position.steps).toBe(5);
  });
});

describe('newest', () => {
  test('passes over what is torn, and tells of it', async () => {
    const store = await storeOf(1, 2, 3, 4, 5);
    truncateSync(join(directory, nameOf(5)), 500);
    const damaged = readFileSync(join(directory, nameOf(4)));
    damaged[damaged.length - 9] ^= 4;
    writeFileSync(join(directory, nameOf(4)), damaged);
    writeFileSync(join(directory, nameOf(3)), '');
    const torn = [5, 4, 3].map((steps) => [nameOf(steps), 'FILE_INVALID']);
    expect(await newestOf(store)).toEqual({ steps: 2, torn });
    for (const steps of [1, 2]) truncateSync(join(directory, nameOf(steps)), 8);
    expect(await newestOf(store)).toMatchObject({ steps: undefined, torn: { length: 5 } });
  });

  test('does not take a lack of memory or handles for a torn file', async () => {
    const store = await storeOf(1);
    const handle = await open(process.execPath);
    await handle.close();
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    vi.spyOn(prototype, 'stat').mockRejectedValueOnce(Object.assign(new Error('EMFILE'), { code: 'EMFILE' }));
    const torn: string[] = [];
    await expect(store.newest((path) => torn.push(path))).rejects.toThrow('EMFILE');
    expect(torn).toEqual([]);
  });
});

describe('prune', () => {
  test('keeps the newest, those asked for, and the one just written', async () => {
    const store = await storeOf(10, 20, 30, 40, 50, 5);
    const { deleted, failed } = await store.prune({ keepLast: 2, keep: [20, 99] });
    expect(deleted).toEqual([30, 10].map((steps) => join(directory, nameOf(steps))));
    expect(failed).toEqual([]);
    expect(names()).toEqual([5, 20, 40, 50].map(nameOf));
  });

  test('leaves other files alone, and removes links rather than what they lead to', async () => {
    const store = await storeOf(10, 20);
    const kept = join(root, 'kept');
    writeFileSync(kept, 'kept');
    symlinkSync(kept, join(directory, nameOf(1)));
    writeFileSync(join(directory, 'notes'), '');
    await store.prune({ keepLast: 1 });
    expect(names()).toEqual([nameOf(20), 'notes']);
    expect(readFileSync(kept, 'utf8')).toBe('kept');
  });

  test('returns what it could not delete', async () => {
    const store = await storeOf(10, 20);
    rmSync(directory, { recursive: true });
    expect(await store.prune({ keepLast: 0 })).toMatchObject({ deleted: [], failed: [{ path: directory }] });
    await expect(store.newest(() => {})).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', place: directory });
  });
});

/** A tiny disk, where mounting one is permitted. */
function mountTiny(options: string): boolean {
  mkdirSync(directory, { recursive: true });
  const { status, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]);
  if (error !== undefined || status !== 0) return false;
  isMounted = true;
  return true;
}

describe('a real disk', () => {
  test('that is full: the checkpoint before stays, and nothing half', async ({ skip }) => {
    skip(!mountTiny('size=64k'), 'Mounting a tmpfs is not permitted.');
    const store = await storeOf(10);
    const error = (await store.write(exampleState(20, 5000)).catch((thrown: unknown) => thrown)) as LockstepError;
    expect(error).toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: join(directory, nameOf(20)),
      received: 'ENOSPC: no space left on device',
      cause: { code: 'ENOSPC' },
    });
    expect(names()).toEqual([nameOf(10)]);
    expect(await newestOf(store)).toEqual({ steps: 10, torn: [] });
    await expect(store.write(exampleState(10, 5000))).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' });
    expect(await newestOf(store)).toEqual({ steps: 10, torn: [] });
    expect(() => writeFileSync(join(directory, 'rest'), new Uint8Array(64 * 1024))).toThrow('ENOSPC');
    await expect(CheckpointStore.open(directory)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: directory,
      advice: expect.stringContaining('disk is full') as string,
    });
  });

  test('that is read-only', async ({ skip }) => {
    skip(!mountTiny('ro,size=64k'), 'Mounting a tmpfs is not permitted.');
    await expect(CheckpointStore.open(directory)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: directory,
      advice: expect.stringContaining('read-only') as string,
    });
  });
});
