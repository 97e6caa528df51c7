/** Data is the same however it is cut into record batches and files, and whatever files are called; what is no file is told. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrowDataset, describeArrowFile, writeArrow } from '@lockstep/arrow';
import { dense, sequential, sgd } from '@lockstep/core';
import { afterAll, describe, expect, test } from 'vitest';
import { readDataset } from './support/readDataset.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS = { features: ['x', 'y'], label: 'id' };
const COLUMNS = [
  { name: 'x', kind: 'float32' },
  { name: 'y', kind: 'int16' },
  { name: 'id', kind: 'int32' },
] as const;
/** More than the files that are kept open at once, where each has a row. */
const ROWS = 160;

/** Files of record batches of these sizes, which hold rows 0, 1, … one after the other. */
async function writeCut(name: string, files: readonly (readonly number[])[]): Promise<string[]> {
  const paths: string[] = [];
  let row = 0;
  for (const [number, sizes] of files.entries()) {
    const path = join(folder, `${name}-${String(number).padStart(4, '0')}.arrow`);
    const batches = sizes.map((count) => {
      const ids = Int32Array.from({ length: count }, () => row++);
      return [Float32Array.from(ids, (id) => ((id * 37) % 101) / 50 - 1), Int16Array.from(ids, (id) => id % 7), ids];
    });
    await writeArrow(path, COLUMNS, batches);
    paths.push(path);
  }
  return paths;
}

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
const CUTS: readonly (readonly [string, readonly (readonly number[])[]])[] = [
  ['one record batch', [[ROWS]]],
  ['a record batch for each row', [ones(ROWS)]],
  ['empty record batches between others', [[0, 50, 0, 0, 80, 30, 0]]],
  ['empty files, with record batches and without, between others', [[], [0], [120], [0, 0], [39, 1], []]],
  ['more files than are kept open', ones(ROWS).map((count) => [count])],
];

test('the same weights from all cuts, in small batches and in batches larger than the data', async () => {
  const hashes = new Map<string, string>();
  for (const [index, [name, files]] of CUTS.entries()) {
    const dataset = await arrowDataset(await writeCut(`cut${index}`, files), OPTIONS);
    expect(dataset.rows, name).toBe(ROWS);
    for (const batchSize of [7, 1000]) {
      const model = sequential([dense(1)], { inputShape: [2], seed: 3 });
      const fit = {
        loss: 'meanSquaredError',
        optimizer: sgd({ learningRate: 1e-6 }),
        epochs: 2,
        shuffle: false,
      } as const;
      const { weightsHash } = await model.fit(dataset, { ...fit, batchSize, workers: 1 });
      const key = String(batchSize);
      if (!hashes.has(key)) hashes.set(key, weightsHash);
      expect(weightsHash, `${name}, batches of ${batchSize}`).toBe(hashes.get(key));
    }
  }
  expect(new Set(hashes.values()).size).toBe(2);
});

test('more workers than rows', async () => {
  const dataset = await arrowDataset(await writeCut('few', [[2]]), OPTIONS);
  const hashes: string[] = [];
  for (const workers of [1, 2]) {
    const model = sequential([dense(1)], { inputShape: [2], seed: 3 });
    const fit = { loss: 'meanSquaredError', batchSize: 4, epochs: 3 } as const;
    hashes.push((await model.fit(dataset, { ...fit, optimizer: sgd(), workers })).weightsHash);
  }
  expect(hashes[1]).toBe(hashes[0]);
});

test.skipIf(process.platform !== 'linux')('many files leave no descriptor behind', async () => {
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  const paths = readdirSync(folder)
    .filter((name) => name.startsWith('cut4-'))
    .map((name) => join(folder, name));
  expect(paths.length).toBe(ROWS);
  const dataset = await arrowDataset(paths, OPTIONS);
  expect(open()).toBe(before);
  const { valueLabels } = await readDataset(dataset, { seed: 3, windowBytes: 64 });
  expect(Array.from(valueLabels).toSorted((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, row) => row));
  expect(open()).toBe(before);
});

describe('paths', () => {
  const good = fileURLToPath(new URL('pyarrow/types.arrow', import.meta.url));
  const at = (name: string): string => join(folder, name);
  const options = { features: ['int8'], label: 'id' };

  test.each(['with space.arrow', 'Ünï – 数.arrow', '[1] {a,b} what?*.arrow', 'quo\'te".arrow', 'line\nend.arrow'])(
    '%j',
    async (name) => {
      copyFileSync(good, at(name));
      expect((await arrowDataset(at(name), options)).rows).toBe(21);
    },
  );

  test('a symbolic link', async () => {
    symlinkSync(good, at('link.arrow'));
    expect((await arrowDataset(at('link.arrow'), options)).rows).toBe(21);
  });

  test.each<[string, (path: string) => void, string, RegExp]>([
    ['a link to nothing', (path) => symlinkSync(at('nowhere'), path), 'FILE_NOT_FOUND', /no such file/],
    ['a link to itself', (path) => symlinkSync(path, path), 'FILE_NOT_FOUND', /ELOOP/],
    // Opening a pipe that nobody writes to would wait for ever.
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), 'FILE_INVALID', /neither a file nor a directory/],
    ['nothing', () => undefined, 'FILE_NOT_FOUND', /no such file/],
  ])('%s', async (name, make, code, received) => {
    make(at(name));
    for (const read of [() => arrowDataset(at(name), options), () => describeArrowFile(at(name))]) {
      await expect(read()).rejects.toMatchObject({ code, place: at(name), received: expect.stringMatching(received) });
    }
  });

  test('a folder without Arrow files', async () => {
    mkdirSync(at('folder'));
    await expect(describeArrowFile(at('folder'))).rejects.toMatchObject({
      code: 'FILE_INVALID',
      received: 'a directory',
    });
    await expect(arrowDataset(at('folder'), options)).rejects.toMatchObject({
      place: expect.stringContaining('folder'),
    });
  });
});
