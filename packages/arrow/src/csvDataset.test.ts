import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { csvDataset } from './csvDataset.ts';
import type { CsvDatasetOptions } from './csvDataset.ts';
import { lockstepError, readAll, scratchDirectory } from './testing/files.ts';

const directory = scratchDirectory();
const FLOWERS = 'width;length;species;price\n1.5;2;rose;10\n2;4;"tulip";2,5\n3;8;rose;\n';

function put(content: string): string {
  const path = join(directory, 'data.csv');
  writeFileSync(path, content);
  return path;
}

describe('csvDataset', () => {
  const options: CsvDatasetOptions = { features: ['length', 'width'], label: 'species', separator: ';' };

  test('texts as classes; other columns may hold anything', async () => {
    const data = await csvDataset(put(FLOWERS), options);
    expect(data).toMatchObject({ rows: 3, featureShape: [2], label: { width: 1, integer: true }, skippedRows: 0 });
    expect(data.categories).toEqual({ species: ['rose', 'tulip'] });
    const { features, classLabels } = await readAll(data, 'classIndex');
    expect(features).toEqual(Float32Array.of(2, 1.5, 4, 2, 8, 3));
    expect(classLabels).toEqual(Int32Array.of(0, 1, 0));
  });

  test('texts as features, numbered as listed; values and weights', async () => {
    const data = await csvDataset(put(FLOWERS), {
      ...{ features: ['species'], label: 'width', sampleWeight: 'length', separator: ';' },
      types: { species: ['tulip', 'rose'] },
    });
    const { features, valueLabels, sampleWeights } = await readAll(data);
    expect([...features, ...valueLabels, ...sampleWeights]).toEqual([1, 0, 1, 1.5, 2, 3, 2, 4, 8]);
    expect(data.categories).toEqual({ species: ['tulip', 'rose'] });
  });

  test('rows that are left out are counted', async () => {
    const path = put(FLOWERS.replace('3;8', 'x;8'));
    const data = await csvDataset(path, { ...options, types: { width: 'float32' }, onBadRow: 'skip' });
    expect([data.rows, data.skippedRows]).toEqual([2, 1]);
  });

  test.for<[string, Partial<CsvDatasetOptions>, string, string, RegExp]>([
    ['an empty field', { label: 'price' }, 'COLUMN_HAS_NULLS', 'data.csv, line 4, column "price"', /empty field/],
    ['a text', { types: { width: 'int32' } }, 'INVALID_DATA', 'data.csv, line 2, column "width"', /integer.*"1.5"/],
    ['another name', { label: 'spezies' }, 'COLUMN_MISSING', 'line 1, column "spezies"', /Did you mean "species"/],
    ['a column twice', { label: 'width' }, 'INVALID_OPTION', 'csvDataset.label', /not used yet/],
    ['no features', { features: [] }, 'INVALID_OPTION', 'csvDataset.features', /at least one/],
    ['an unknown option', { labels: 'x' } as object, 'INVALID_OPTION', 'csvDataset.labels', /Did you mean label/],
  ])('%s', async ([, change, code, place, message]) => {
    const path = put(FLOWERS);
    const error = await lockstepError(() => csvDataset(path, { ...options, ...change }));
    expect(error.code).toBe(code);
    expect(error.place).toContain(place);
    expect(error.message).toMatch(message);
  });

  test('a header alone, and a file that is too large', async () => {
    const path = put('width;length;species\n');
    expect((await lockstepError(() => csvDataset(path, options))).code).toBe('INVALID_DATA');
    truncateSync(path, 2 ** 29 + 1); // Sparse: it takes no room on the disk.
    expect((await lockstepError(() => csvDataset(path, options))).message).toContain('lockstep convert');
  });
});
