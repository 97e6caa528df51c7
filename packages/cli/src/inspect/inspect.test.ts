import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArrowDatasetDescription } from '@lockstep/arrow';
import { tensorDataset } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsOf, describeColumns } from './columns.ts';
import { inspect } from './inspect.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-inspect-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('inspect', () => {
  it.each<[string, string, RegExp]>([
    [
      'text.csv',
      'a,b\n1,2\n',
      /expected an Arrow or Parquet file, a safetensors file or a config module.*begins with "a,b/,
    ],
    ['empty', '', /begins with ""/],
    ['cut.safetensors', 'abc', /cut\.safetensors: expected at least 8 bytes.*FILE_INVALID/],
    ['cut.arrow', 'ARROW1', /cut\.arrow.*FILE_INVALID/],
    ['cut.parquet', 'PAR1', /cut\.parquet: expected a Parquet file, of at least 12 bytes.*FILE_INVALID/],
    ['arrow-without-its-name', 'ARROW1\0\0and nothing more', /FILE_INVALID/],
  ])('refuses %s', async (name, content, message) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    await expect(inspect(file, false)).rejects.toThrow(message);
  });

  it('refuses what is no file', async () => {
    await expect(inspect(folder, false)).rejects.toThrow(/received a directory.*FILE_NOT_FOUND/);
    await expect(inspect(join(folder, 'nothing'), false)).rejects.toThrow(/received no such file.*FILE_NOT_FOUND/);
  });
});

describe('columns of a dataset', () => {
  const description: ArrowDatasetDescription = {
    rows: { inFiles: 1200, filtered: 100, skipped: 20, inDataset: 864 },
    columns: [
      {
        ...{ column: 'age', role: 'feature', at: 0, width: 1, encode: 'number', normalize: 'zScore' },
        statistics: { count: [864], mean: [39.5], standardDeviation: [12.25], min: [17], max: [90] },
      },
      { column: 'species', role: 'label', at: 0, width: 1, encode: 'index', vocabulary: ['cat', 'dog'] },
    ],
  };

  it('are shown with statistics and vocabularies', () => {
    const text = describeColumns(description).join('\n');
    expect(text).toContain('864 of 1,200 rows of the files, 100 left out by the filter, 20 skipped as bad records');
    expect(text).toMatch(/age +feature +1 +zScore: mean 39\.500, deviation 12\.250, from 17\.000 to 90\.000/);
    expect(text).toMatch(/species +label +1 +number of 0 "cat", 1 "dog"/);
  });

  it('are those of the dataset that has some', () => {
    const data = tensorDataset({ features: [1, 2], labels: [1, 2], featureShape: [1] });
    expect(columnsOf(data)).toBeUndefined();
    expect(columnsOf(Object.assign(data, { description }))).toBe(description);
  });
});
