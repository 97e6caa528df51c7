import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat, type Dataset, readInOrder, skip, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { cacheDataset } from './cacheDataset.ts';
import { convertCsv } from './convert/convertCsv.ts';
import { describeTable } from './describeTable.ts';
import { lockstepError, scratchDirectory } from './testing/files.ts';

const directory = scratchDirectory();
const path = (name: string): string => join(directory, name);

const ROWS = 4000;
const numbers = (count: number, factor: number): number[] => Array.from({ length: count }, (_, i) => (i % 97) * factor);

/** Twice the same rows of [3, 2] features, in two parts. */
function rowsWith(labels: number[] | Float32Array): Dataset {
  const data = tensorDataset({
    ...{ features: numbers(ROWS * 6, 1 / 7), labels, sampleWeights: numbers(ROWS, 0.5), featureShape: [3, 2] },
  });
  return concat(data, data);
}

/** All rows in their order: features, labels and weight of each. */
async function rowsOf(dataset: Dataset): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { rows, batch } of readInOrder(dataset)) {
    const labels = batch.labelKind === 'classIndex' ? batch.classLabels : batch.valueLabels;
    const { width } = dataset.label;
    for (let row = 0; row < rows; row++) {
      const features = batch.features.subarray(row * 6, (row + 1) * 6);
      all.push([...features, ...labels.subarray(row * width, (row + 1) * width), batch.sampleWeights[row]]);
    }
  }
  return all;
}

describe('a dataset in a folder', () => {
  test.each([
    ['classes', numbers(ROWS, 1)],
    ['several integers', numbers(ROWS * 2, 1)],
    ['numbers', Float32Array.from(numbers(ROWS, 0.3))],
    ['several numbers', Float32Array.from(numbers(ROWS * 3, 0.3))],
  ])('has the same rows, with labels that are %s', async (name, labels) => {
    const dataset = rowsWith(labels);
    // Brackets, as in a pattern.
    const cached = await cacheDataset(dataset, path(`${name} [1]`), { shardMebibytes: 1 });
    expect(await rowsOf(cached)).toEqual(await rowsOf(dataset));
    const { rows, featureShape, label } = cached;
    expect({ rows, featureShape, label }).toEqual({ rows: 2 * ROWS, featureShape: [3, 2], label: dataset.label });
    expect(cached.chunkRows.length).toBeGreaterThanOrEqual(1);
    const { source, columns } = await describeTable(path(`${name} [1]`), { checksums: true });
    expect(source).toEqual({ format: 'dataset', file: dataset.fingerprint });
    expect(columns.map((column) => column.name)).toEqual(['features', 'label', 'weight']);
  });

  test('is read once; what is there is used again', async () => {
    const dataset = rowsWith(numbers(ROWS, 1));
    const seen: number[] = [];
    const onProgress = (done: number, rows: number): void => void seen.push(done / rows);
    const first = await cacheDataset(dataset, path('above/once'), { onProgress });
    expect([seen.at(-1), seen.length, ...seen.toSorted((a, b) => a - b)]).toEqual([1, 8, ...seen]);
    const again = await cacheDataset(dataset, path('above/once'), { onProgress });
    expect(seen.length).toBe(8);
    expect(again.fingerprint).toBe(first.fingerprint);
    expect(readdirSync(path('above'))).toEqual(['once']);
  });

  test('that is of another dataset is refused, with both names', async () => {
    const dataset = rowsWith(numbers(ROWS, 1));
    const other = skip(dataset, 1);
    await cacheDataset(dataset, path('other'));
    const error = await lockstepError(() => cacheDataset(other, path('other')));
    expect(error).toMatchObject({ code: 'FILE_NOT_WRITTEN', place: path('other') });
    expect([error.expected, error.received]).toEqual([
      `nothing yet, or the rows of the dataset ${other.fingerprint}`,
      `those of ${dataset.fingerprint}`,
    ]);
  });

  test('that holds something else is left alone', async () => {
    writeFileSync(path('table.csv'), 'a,b\n1,2\n');
    await convertCsv(path('table.csv'), path('table'));
    const dataset = rowsWith(numbers(ROWS, 1));
    const table = await lockstepError(() => cacheDataset(dataset, path('table')));
    expect([table.code, table.received]).toEqual(['FILE_NOT_WRITTEN', 'a table made from table.csv']);
    const folder = await lockstepError(() => cacheDataset(dataset, directory));
    expect([folder.code, folder.place]).toEqual(['FILE_NOT_WRITTEN', directory]);
    const file = await lockstepError(() => cacheDataset(dataset, path('table.csv')));
    expect([file.code, file.place]).toEqual(['FILE_NOT_WRITTEN', path('table.csv')]);
  });

  test('that is damaged is not used', async () => {
    const dataset = rowsWith(numbers(ROWS, 1));
    await cacheDataset(dataset, path('damaged'));
    truncateSync(path('damaged/part-00000.arrow'), 5000);
    expect((await lockstepError(() => cacheDataset(dataset, path('damaged')))).code).toBe('FILE_INVALID');
  });

  test('does not appear when a row cannot be read', async () => {
    const dataset = rowsWith(numbers(ROWS, 1));
    const onProgress = (): never => {
      throw new RangeError('enough');
    };
    await expect(cacheDataset(dataset, path('half'), { onProgress })).rejects.toThrow('enough');
    expect(readdirSync(directory).filter((name) => name.startsWith('half'))).toEqual([]);
  });

  test.for<[string, () => Promise<unknown>, string]>([
    ['no dataset', () => cacheDataset([] as never, path('x')), 'cacheDataset.dataset'],
    ['no folder', () => cacheDataset(rowsWith([...numbers(ROWS, 1)]), ''), 'cacheDataset.folder'],
    [
      'a size',
      () => cacheDataset(rowsWith(numbers(ROWS, 1)), path('x'), { shardMebibytes: 0 }),
      'cacheDataset.shardMebibytes',
    ],
    [
      'an option',
      () => cacheDataset(rowsWith(numbers(ROWS, 1)), path('x'), { shards: 2 } as never),
      'cacheDataset.shards',
    ],
  ])('%s is no option', async ([, make, place]) => {
    const error = await lockstepError(make);
    expect([error.code, error.place]).toEqual(['INVALID_OPTION', place]);
  });
});
