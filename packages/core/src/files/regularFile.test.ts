import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { RegularFile } from './regularFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-regular-'));
const path = join(folder, 'file');
const SIZE = 3 * 2 ** 20 + 5;
const content = Uint8Array.from({ length: SIZE }, (_, i) => (i * 31) >> 3);

beforeEach(() => writeFileSync(path, content));
afterAll(() => rmSync(folder, { recursive: true }));

test('a file is read where and as far as asked, in pieces', async () => {
  const pieces: number[] = [];
  const read = await RegularFile.use(path, async (file) => {
    expect([file.path, file.size]).toEqual([path, SIZE]);
    const target = new Uint8Array(SIZE - 10);
    await file.read(target, 10, ({ byteLength }) => pieces.push(byteLength));
    return target;
  });
  expect(Buffer.compare(read, content.subarray(10))).toBe(0);
  expect(Math.max(...pieces)).toBeLessThanOrEqual(2 ** 20);
});

test('links are followed', async () => {
  symlinkSync(path, join(folder, 'link'));
  expect(await RegularFile.use(join(folder, 'link'), (file) => Promise.resolve(file.size))).toBe(SIZE);
});

test.each([
  ['a folder', () => folder, 'FILE_NOT_FOUND', 'name the file in it'],
  ['nothing', () => join(folder, 'none'), 'FILE_NOT_FOUND', 'Check the path'],
  ['a path through a file', () => join(path, 'in'), 'FILE_NOT_FOUND', 'A part of the path'],
  ['a device without end', () => '/dev/zero', 'FILE_INVALID', 'Copy what it gives'],
  ['a terminal or what stands in for it', () => '/dev/tty', 'FILE_', ''],
])('%s is refused', async (_, where, code, advice) => {
  await expect(RegularFile.use(where(), () => Promise.reject(new Error('opened')))).rejects.toMatchObject({
    name: 'LockstepError',
    code: expect.stringContaining(code) as string,
    advice: expect.stringContaining(advice) as string,
  });
});

test('a pipe that nobody writes to is refused at once', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const begin = performance.now();
  await expect(RegularFile.use(pipe, () => Promise.resolve())).rejects.toMatchObject({ code: 'FILE_INVALID' });
  expect(performance.now() - begin).toBeLessThan(1000);
});

test.each([
  ['shrinks', (): void => truncateSync(path, 100), `the end of the file at`],
  ['is emptied', (): void => truncateSync(path, 0), `the end of the file at`],
])('a file that %s while it is read', async (_, change, received) => {
  const run = RegularFile.use(path, (file) => file.read(new Uint8Array(SIZE), 0, change));
  await expect(run).rejects.toMatchObject({
    code: 'FILE_CHANGED',
    place: path,
    received: expect.stringContaining(received) as string,
  });
});

test.each([
  ['grows', (): void => appendFileSync(path, 'x'), `${SIZE + 1} bytes`],
  ['is written to in place', (): void => utimesSync(path, 1, 1), 'written to while it was read'],
])('a file that %s while it is read', async (_, change, received) => {
  await expect(RegularFile.use(path, () => Promise.resolve(change()))).rejects.toMatchObject({
    code: 'FILE_CHANGED',
    received: expect.stringContaining(received) as string,
  });
});
