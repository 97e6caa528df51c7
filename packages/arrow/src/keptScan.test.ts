/** What was read of the values is kept beside the data: the second opening reads no column. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { ArrowDataset } from './arrowDataset.ts';
import type { ArrowDatasetOptions } from './optionTypes.ts';
import { StoredReader } from './source/storedReader.ts';
import { lockstepError, readAll, scratchDirectory } from './testing/files.ts';
import { randomTable, writeTable } from './testing/randomTable.ts';

const directory = scratchDirectory();
afterEach(() => vi.restoreAllMocks());

let folders = 0;
function write(seed = 3): { folder: string; path: string } {
  const folder = join(directory, String(folders++));
  mkdirSync(folder);
  const path = join(folder, 'people.arrow');
  writeFileSync(path, writeTable(randomTable(seed, [50, 30], true), 'file', 'none'));
  return { folder, path };
}

const OPTIONS: ArrowDatasetOptions = {
  features: [
    { column: 'float64', normalize: 'zScore', fillNull: { value: 'mean', indicator: true } },
    { column: 'fixed', normalize: 'minMax', fillNull: 0 },
    { column: 'text', oneHot: true, fillNull: { indicator: true } },
  ],
  label: 'species',
  filter: [['int8', 'notNull']],
  split: { part: 'train', train: 0.7, test: 0.3, by: 'hash' },
  onBadRecord: 'skip',
  statistics: 'keep',
};

/** How often pieces of columns were read to open a dataset. */
async function open(path: string, options = OPTIONS): Promise<{ data: ArrowDataset; reads: number }> {
  const reads = vi.spyOn(StoredReader.prototype, 'open');
  const data = await arrowDataset(path, options);
  const { length } = reads.mock.calls;
  reads.mockRestore();
  return { data, reads: length };
}

describe('statistics that are kept', () => {
  test('are those that were computed, to the bit, and nothing is read for them', async () => {
    const { folder, path } = write();
    const first = await open(path);
    expect(first.reads).toBeGreaterThan(5);
    const { statisticsFile, ...rest } = first.data.description;
    expect(statisticsFile).toMatch(/\.lockstep\/statistics-[0-9a-f]{16}\.json$/);
    expect(readdirSync(join(folder, '.lockstep')).map((name) => join(folder, '.lockstep', name))).toEqual([
      statisticsFile,
    ]);
    const second = await open(path);
    expect(second.reads).toBe(0);
    expect(second.data).toEqual(first.data);
    const computed = await open(path, { ...OPTIONS, statistics: 'compute' });
    expect(computed.reads).toBe(first.reads);
    expect(computed.data.description).toEqual(rest);
    expect(computed.data.fingerprint).toBe(first.data.fingerprint);
    expect(await readAll(second.data, 'classIndex')).toEqual(await readAll(computed.data, 'classIndex'));
  });

  test('are of one file, its values and the options alone', async () => {
    const { path } = write();
    await open(path);
    const others: Partial<ArrowDatasetOptions>[] = [
      { split: { ...OPTIONS.split!, part: 'test' } },
      { split: { ...OPTIONS.split!, seed: 1 } },
      { filter: [['int8', '>', 0]] },
      { label: { column: 'species', vocabulary: 'firstAppearance' } },
    ];
    for (const other of others) expect((await open(path, { ...OPTIONS, ...other })).reads).toBeGreaterThan(0);
    const { mtime, atime } = statSync(path);
    utimesSync(path, atime, new Date(mtime.getTime() + 5000));
    expect((await open(path)).reads).toBeGreaterThan(0);
    expect((await open(path)).reads).toBe(0);
  });

  test('tell a bound that is infinite from the other', async () => {
    const { path } = write();
    const bounded = (bound: number): ArrowDatasetOptions => ({ ...OPTIONS, filter: [['int8', '<', bound]] });
    expect((await open(path, bounded(Infinity))).data.rows).toBeGreaterThan(0);
    const error = await lockstepError(() => arrowDataset(path, bounded(-Infinity)));
    expect(error).toMatchObject({ code: 'INVALID_DATA', expected: 'at least one row' });
  });

  test('are not trusted', async () => {
    const { path } = write();
    const { data } = await open(path);
    const file = data.description.statisticsFile!;
    const text = readFileSync(file, 'utf8');
    const [head, content] = text.split('\n');
    const damaged = [
      ...[
        '',
        '{}',
        '[]\n[]',
        head,
        `${head}\n`,
        `${head}\n{}`,
        text.replace('"filtered"', '"filtred"'),
        `${text}${content}`,
      ],
      ...[50, 200, 300, text.length - 20].map(
        (at) => `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`,
      ),
    ];
    for (const other of damaged) {
      writeFileSync(file, other);
      const again = await open(path);
      expect(again.reads).toBeGreaterThan(0);
      expect(again.data).toEqual(data);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });

  test('are not kept where nothing can be written, of small files, and of what is no dataset', async () => {
    const { folder, path } = write();
    // A file where the folder would be, as root may write anywhere.
    writeFileSync(join(folder, '.lockstep'), '');
    const { data } = await open(path);
    expect(data.description).not.toHaveProperty('statisticsFile');
    const small = write();
    const { statistics: _, ...byDefault } = OPTIONS;
    expect((await open(small.path, byDefault)).data.description).not.toHaveProperty('statisticsFile');
    await lockstepError(() => arrowDataset(small.path, { ...OPTIONS, features: ['uint16'], onBadRecord: 'error' }));
    expect(existsSync(join(small.folder, '.lockstep'))).toBe(false);
    const error = await lockstepError(() => arrowDataset(path, { ...OPTIONS, statistics: 'cache' as 'keep' }));
    expect(error).toMatchObject({ code: 'INVALID_OPTION', place: 'arrowDataset.statistics' });
  });
});
