/** Tables and bytes in memory give what files give. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { ArrowLayout } from './layout/types.ts';
import type { ArrowDatasetOptions } from './optionTypes.ts';
import { lockstepError, openDataset, readAll, scratchDirectory } from './testing/files.ts';

const folder = scratchDirectory();
const require = createRequire(import.meta.url);
/** Another copy of the library, with classes of its own: its build for `require`. */
const other = require(require.resolve('apache-arrow').replace(/[^/\\]*$/, 'Arrow.node.js')) as typeof arrow;

const smallTable = (x: (number | null)[], y: number[]): arrow.Table =>
  new arrow.Table({
    x: arrow.vectorFromArray(x, new arrow.Float32()),
    y: arrow.vectorFromArray(y, new arrow.Int32()),
  }) as arrow.Table;

const CITIES = ['Bern', 'Graz', 'Linz', 'Ulm'];
const OPTIONS: ArrowDatasetOptions = {
  features: [
    ...['x', 'pixels', 'flag'],
    { column: 'city', oneHot: true, vocabulary: CITIES, fillNull: { indicator: true } },
    ...['day', 'list'],
  ],
  label: 'y',
};

/** Two record batches with dictionaries of their own, of types whose parts are sliced in different ways. */
function makeTable({ Table, ...lib }: typeof arrow): arrow.Table {
  const numbers = (rows: number, from: number): number[] => Array.from({ length: rows }, (_, row) => from + row);
  const part = (rows: number, from: number, cities: readonly string[]): arrow.Table => {
    const item = new lib.Field('item', new lib.Uint8());
    const pixels = numbers(rows, from).map((row) => [row, 255 - row, row % 3]);
    const list = new lib.List(new lib.Field('item', new lib.Float32()));
    return new Table({
      x: lib.vectorFromArray(numbers(rows, from), new lib.Float64()),
      pixels: lib.vectorFromArray(pixels, new lib.FixedSizeList(3, item)),
      flag: lib.vectorFromArray(
        numbers(rows, from).map((row) => row % 3 === 0),
        new lib.Bool(),
      ),
      city: lib.vectorFromArray(
        numbers(rows, from).map((row) => (row % 5 === 1 ? null : cities[row % cities.length])),
        new lib.Dictionary(new lib.Utf8(), new lib.Int8(), 7),
      ),
      day: lib.vectorFromArray(
        numbers(rows, from).map((row) => new Date(86_400_000 * row)),
        new lib.DateDay(),
      ),
      list: lib.vectorFromArray(
        numbers(rows, from).map((row) => [row / 2, row / 4]),
        list,
      ),
      y: lib.vectorFromArray(
        numbers(rows, from).map((row) => BigInt(row % 4)),
        new lib.Int64(),
      ),
      unused: lib.vectorFromArray(
        numbers(rows, from).map((row) => `text ${row}`),
        new lib.Utf8(),
      ),
    }) as arrow.Table;
  };
  const tables = [part(20, 0, ['Bern', 'Graz']), part(13, 20, ['Ulm', 'Bern', 'Linz'])];
  return new Table(tables.flatMap(({ batches }) => batches));
}

/** What a row is, by apache-arrow's own reading of the table. */
function expectedRow(table: arrow.Table, row: number): number[] {
  const { x, pixels, flag, city, day, list } = table.get(row)!.toJSON() as Record<string, never>;
  const cities = CITIES.map((name) => Number(name === city));
  return [
    x,
    ...pixels,
    Number(flag),
    ...cities,
    Number(city === null),
    Number(day) / 86_400_000,
    ...(list as number[]),
  ];
}

test.for([
  ['of this copy of the library', arrow],
  ['of another', other],
] as const)('a table %s, whole and sliced, as one thing and as record batches', async ([, library]) => {
  expect(other.Table).not.toBe(arrow.Table);
  const table = makeTable(library);
  for (const [from, to] of [
    [0, 33],
    [3, 29],
    [21, 33],
  ] as const) {
    const part = table.slice(from, to);
    const expected = Array.from({ length: to - from }, (_, row) => expectedRow(table, from + row));
    const alone = [...part.slice(0, 2).batches.slice(0, 1), part.slice(2)];
    for (const data of [part, part.batches, [part.slice(0, 2), part.slice(2)], alone]) {
      const dataset = await arrowDataset(data, OPTIONS);
      const { features, valueLabels } = await readAll(dataset);
      expect(Array.from(features)).toEqual(expected.flat());
      expect(Array.from(valueLabels)).toEqual(Array.from({ length: to - from }, (_, row) => (from + row) % 4));
    }
  }
});

test('bytes of a file or a stream, wherever they lie, are the dataset of the file', async () => {
  const path = join(folder, 'table.arrow');
  const table = smallTable([1, 2, 3], [0, 1, 0]);
  const options = { features: ['x'], label: 'y' };
  for (const format of ['file', 'stream'] as const) {
    const bytes = arrow.tableToIPC(table, format);
    writeFileSync(path, bytes);
    const ofFile = await arrowDataset(path, options);
    const offset = new Uint8Array(bytes.length + 3);
    offset.set(bytes, 3);
    const memory = new SharedArrayBuffer(bytes.length);
    new Uint8Array(memory).set(bytes);
    for (const data of [
      bytes,
      readFileSync(path),
      offset.subarray(3),
      bytes.slice().buffer,
      memory,
      new Uint8Array(memory),
    ]) {
      const dataset = await arrowDataset(data, options);
      expect(dataset.fingerprint).toBe(ofFile.fingerprint);
      expect(await readAll(dataset)).toEqual(await readAll(ofFile));
      const [file] = (dataset.source.options as ArrowLayout).files;
      expect(file.kind === 'memory' && file.content.buffer instanceof SharedArrayBuffer).toBe(true);
      // What is shared already is not copied.
      const isShared = data === memory || (data instanceof Uint8Array && data.buffer === memory);
      expect(file.kind === 'memory' && file.content.buffer === memory).toBe(isShared);
    }
  }
});

test('files, tables and bytes make one dataset, and errors name them', async () => {
  const path = join(folder, 'mixed.arrow');
  const table = (y: number[]): arrow.Table => smallTable(y, y);
  writeFileSync(path, arrow.tableToIPC(table([1, 2]), 'file'));
  const dataset = await arrowDataset([path, table([3]), arrow.tableToIPC(table([4, 5]))], {
    features: ['x'],
    label: 'y',
  });
  expect(Array.from((await readAll(dataset)).features)).toEqual([1, 2, 3, 4, 5]);
  const source = await openDataset(dataset);
  await source.loadWindow([1, 2]);
  expect([0, 1, 2].map((row) => source.describeRow(row))).toEqual([
    'table 1, row 0',
    'bytes 2, row 0',
    'bytes 2, row 1',
  ]);
  source.close();
});

test('what cannot be used is refused, with its place', async () => {
  const options = { features: ['x'], label: 'y' };
  const table = smallTable([1], [1]);
  const bytes = arrow.tableToIPC(table, 'stream');
  const refused = async (data: unknown): Promise<[string, string, string]> => {
    const { code, place, received } = await lockstepError(() => arrowDataset(data as never, options));
    return [code, place, received];
  };
  expect(await refused([])).toEqual(['INVALID_OPTION', 'arrowDataset.files', 'an array of 0']);
  expect(await refused([table, { schema: 1 }])).toEqual([
    'INVALID_OPTION',
    'arrowDataset.files[1]',
    'an object of class Object',
  ]);
  expect((await refused({ schema: { fields: [] }, batches: [1] }))[0]).toBe('INVALID_OPTION');
  expect((await refused([table, bytes.subarray(0, 100)])).slice(0, 2)).toEqual([
    'FILE_INVALID',
    'bytes 1, message 0, byte 0',
  ]);
  expect((await refused(new Uint8Array(0)))[1]).toBe('bytes 0');
  const unknown = [{ name: 'x', type: { typeId: 99 } }];
  const batches = table.batches.map(({ data }) => ({ data, schema: { fields: unknown } }));
  expect((await refused(batches)).slice(0, 2)).toEqual(['FILE_INVALID', 'table 0']);
  const renamed = smallTable([1], [1]).select(['x']).batches;
  expect(await refused([...table.batches, ...renamed])).toEqual([
    ...['FILE_INVALID', 'table 0'],
    'TypeError: record batch 1 has the columns x: Float32, the first x: Float32, y: Int32',
  ]);
  const nulls = smallTable([1, null], [1, 2]);
  expect((await refused([table, nulls])).slice(0, 2)).toEqual([
    'COLUMN_HAS_NULLS',
    'table 1, record batch 0, column "x", row 1',
  ]);
});
