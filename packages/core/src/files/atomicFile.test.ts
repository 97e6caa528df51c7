import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { writeAtomically } from './atomicFile.ts';

const MIB = 2 ** 20;

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-atomic-'));
  path = join(folder, 'file');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const put = (text: string): Promise<number> => writeAtomically(path, (file) => file.write(Buffer.from(text)));

/** The class of node's file handles, which it does not export: its methods stand in for the disk. */
async function handles(): Promise<FileHandle> {
  const handle = await open(process.execPath);
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

const systemError = (code: string): Error => Object.assign(new Error(`${code}: a reason, write`), { code });

describe('a file', () => {
  test('appears as it was written and overwritten, and takes the place of an older one', async () => {
    writeFileSync(path, 'old');
    const bytes = await writeAtomically(path, async (file) => {
      await file.write(Buffer.from('....: one,'));
      await file.write(new Uint8Array(0));
      await file.write(Buffer.from(' two'));
      await file.overwrite(0, Buffer.from('1234'));
      // Not before it is whole.
      expect(readFileSync(path, 'utf8')).toBe('old');
    });
    expect(bytes).toBe(14);
    expect(readFileSync(path, 'utf8')).toBe('1234: one, two');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('is written in pieces of a MiB at most, also when the disk takes less of them', async () => {
    const content = Uint8Array.from({ length: 3 * MIB + 7 }, (_, i) => (i * 7) & 255);
    const prototype = await handles();
    const write = prototype.write as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
    const asked: number[] = [];
    vi.spyOn(prototype, 'write').mockImplementation(function (this: FileHandle, ...args: unknown[]) {
      const [bytes, offset, length, position] = args as [Uint8Array, number, number, number];
      asked.push(length);
      return write.call(this, bytes, offset, Math.ceil(length / 3), position);
    } as never);
    await writeAtomically(path, (file) => file.write(content));
    expect(Math.max(...asked)).toBe(MIB);
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  test('lets the event loop run in between', async () => {
    let turns = 0;
    let done = false;
    const turn = (): void => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await writeAtomically(path, (file) => file.write(new Uint8Array(16 * MIB)));
    done = true;
    expect(turns).toBeGreaterThan(16);
  });

  test('hands on its permissions to the file that replaces it', async () => {
    writeFileSync(path, 'secret');
    chmodSync(path, 0o600);
    await put('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('replaces a link, and not what it points to', async () => {
    const target = join(folder, 'target');
    writeFileSync(target, 'kept');
    symlinkSync(target, path);
    await put('new');
    expect([readFileSync(path, 'utf8'), readFileSync(target, 'utf8')]).toEqual(['new', 'kept']);
  });
});

describe('what fails leaves the old file, and nothing else', () => {
  beforeEach(() => writeFileSync(path, 'old'));
  const expectOld = (): void => {
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  };

  test.each([
    ['ENOSPC', 'free some space'],
    ['EDQUOT', 'share of the disk'],
    ['EFBIG', 'ulimit -f'],
    ['EIO', 'The disk reports an error'],
    ['EROFS', 'read-only'],
    ['ESTRANGE', 'Check the path and the disk'],
  ])('%s while it is written', async (code, advice) => {
    const prototype = await handles();
    const write = prototype.write as (...args: unknown[]) => Promise<unknown>;
    let calls = 0;
    vi.spyOn(prototype, 'write').mockImplementation(function (this: FileHandle, ...args: unknown[]) {
      return ++calls === 3 ? Promise.reject(systemError(code)) : write.apply(this, args);
    } as never);
    const run = writeAtomically(path, (file) => file.write(new Uint8Array(4 * MIB)));
    await expect(run).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      place: path,
      received: `${code}: a reason`,
      advice: expect.stringContaining(advice) as string,
      cause: { code },
    });
    expectOld();
  });

  test('a disk that takes nothing and says nothing', async () => {
    vi.spyOn(await handles(), 'write').mockResolvedValue({ bytesWritten: 0 } as never);
    await expect(put('new')).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN', cause: { code: 'EIO' } });
    expectOld();
  });

  test('an error of the flush', async () => {
    vi.spyOn(await handles(), 'sync').mockRejectedValueOnce(systemError('ENOSPC'));
    await expect(put('new')).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN', cause: { code: 'ENOSPC' } });
    expectOld();
  });

  test('an error of the content, which stays as it is', async () => {
    const error = new Error('source');
    const run = writeAtomically(path, async (file) => {
      await file.write(Buffer.from('half'));
      throw error;
    });
    await expect(run).rejects.toBe(error);
    expectOld();
  });

  test('a folder that cannot be flushed is no failure', async () => {
    const prototype = await handles();
    const sync = prototype.sync;
    let calls = 0;
    vi.spyOn(prototype, 'sync').mockImplementation(function (this: FileHandle) {
      return ++calls === 2 ? Promise.reject(systemError('EINVAL')) : sync.call(this);
    });
    await put('new');
    expect([calls, readFileSync(path, 'utf8')]).toEqual([2, 'new']);
  });
});

describe('paths that cannot be written', () => {
  const refused = (advice: string): unknown =>
    expect.objectContaining({
      code: 'FILE_NOT_WRITTEN',
      place: path,
      advice: expect.stringContaining(advice) as string,
    });

  test('a folder that is not there, a file in place of one, a name too long', async () => {
    writeFileSync(join(folder, 'plain'), '');
    for (const [name, advice] of [
      ['missing/file', 'create it first'],
      ['plain/file', 'A part of the path is a file'],
      ['x'.repeat(250), 'shorter name'],
    ]) {
      path = join(folder, name);
      await expect(put('')).rejects.toEqual(refused(advice));
    }
    expect(readdirSync(folder)).toEqual(['plain']);
  });

  test('a folder, a pipe and a device stay what they are', async () => {
    mkdirSync(path);
    await expect(put('')).rejects.toEqual(refused('Name a file in it'));
    path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(put('')).rejects.toEqual(refused('Name a regular file'));
    expect(statSync(path).isFIFO()).toBe(true);
    // A link to it, lest a mistake here replace the real one.
    path = join(folder, 'null');
    symlinkSync('/dev/null', path);
    await expect(put('')).rejects.toEqual(refused('Name a regular file'));
    expect(readdirSync(folder).toSorted()).toEqual(['file', 'null', 'pipe']);
  });
});
