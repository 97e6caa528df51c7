import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { expect, test } from 'vitest';
import { integers, lockstepError, scratchDirectory } from '../../testing/files.ts';
import { randomTable, SCALAR_NAMES, valuesOf, writeTable } from '../../testing/randomTable.ts';
import type { Compression } from '../../testing/randomTable.ts';
import { convertArrow } from '../convertArrow.ts';

const directory = scratchDirectory();
const path = (name: string): string => join(directory, name);

function put(name: string, content: Uint8Array): string {
  writeFileSync(path(name), content);
  return path(name);
}

// More rows than are read at once, and record batches of any number.
test.each<['file' | 'stream', Compression, readonly number[]]>([
  ['file', 'none', [50, 0, 13, 15_001]],
  ['file', 'LZ4', [300, 0, 13, 401]],
  ['stream', 'ZSTD', [300, 0, 13, 401]],
])('a %s with %s compression has the values that apache-arrow reads in it', async (format, compression, sizes) => {
  const table = randomTable(7, sizes, true);
  const input = put(`${format}-${compression}.arrow`, writeTable(table, format, compression));
  const out = path(`${format}-${compression}`);
  const types = { fixed: 'skip', list: 'skip' } as const;
  const index = await convertArrow(input, out, { types });
  expect(index).toMatchObject({ rows: table.numRows, source: { format: 'arrow' } });
  const converted = arrow.tableFromIPC(readFileSync(join(out, 'part-00000.arrow')));
  for (const name of format === 'file' && compression === 'none' ? ['id', 'bool', 'int64', 'float16'] : SCALAR_NAMES) {
    const written = converted.getChild(name)!;
    const before = table.getChild(name)!;
    const plain = (vector: arrow.Vector, row: number): unknown => {
      const value: unknown = vector.get(row);
      return value === null ? null : Number(value) / (name === 'day' && vector === before ? 86_400_000 : 1);
    };
    const rows = Array.from({ length: table.numRows }, (_, row) => plain(written, row));
    expect(rows, name).toEqual(Array.from({ length: table.numRows }, (_, row) => plain(before, row)));
  }
  for (const name of ['text', 'species']) {
    const { categories } = index.columns.find((column) => column.name === name)!;
    const texts = Array.from(converted.getChild(name)!, (code: unknown) => {
      return code === null ? null : categories![code as number];
    });
    expect(texts).toEqual(valuesOf(table, name).map(([text]) => text));
    // Numbered as the rows have them first, as in every other format.
    expect(categories).toEqual([...new Set(texts.filter((text) => text !== null))]);
  }
});

test('lists, and several files of a pattern', async () => {
  const tables = [3, 4].map((seed) => randomTable(seed, [100, 50], false));
  tables.forEach((table, i) => put(`many-${i}.arrow`, writeTable(table, 'file', i === 0 ? 'none' : 'LZ4')));
  const columns = ['fixed', 'list', 'species'];
  const index = await convertArrow(path('many-*.arrow'), path('many'), { columns });
  expect(index.columns.map(({ name, type, perRow }) => `${name} ${type} ${perRow}`)).toEqual([
    ...['fixed int16 3', 'list float32 3', 'species category 1'],
  ]);
  expect(index.source.file).toBe('many-0.arrow and 1 more');
  const converted = arrow.tableFromIPC(readFileSync(path('many/part-00000.arrow')));
  for (const name of ['fixed', 'list']) {
    expect(valuesOf(converted, name)).toEqual(tables.flatMap((table) => valuesOf(table, name)));
  }
});

test('what is no column of a table', async () => {
  const input = put('nulls.arrow', writeTable(randomTable(5, [40], true), 'file', 'none'));
  const message = async (options: object, file: string = input): Promise<string> => {
    return (await lockstepError(() => convertArrow(file, path('none'), options))).message;
  };
  expect(await message({})).toMatch(
    /record batch 0, row \d+, column "fixed": expected a number for every item.*a null/,
  );
  expect(await message({ columns: ['day'], types: { day: ['x'] } })).toMatch(
    /expected a dictionary of texts.*COLUMN_TYPE/,
  );
  expect(await message({ columns: ['species'], types: { species: ['plum'] } })).toMatch(
    /row \d+, column "species": .*1 texts listed/,
  );
  const texts = new arrow.Table({ plain: arrow.vectorFromArray(['a', 'b'], new arrow.Utf8()) });
  const content = writeTable(texts, 'file', 'none');
  const file = put('texts.arrow', content);
  expect(await message({}, file)).toMatch(/column "plain": .*received Utf8.*as a dictionary.*COLUMN_TYPE/);
  put('other-1.arrow', writeTable(randomTable(5, [4], false), 'file', 'none'));
  put('other-2.arrow', content);
  const others = [path('other-1.arrow'), path('other-2.arrow')];
  const error = await lockstepError(() => convertArrow(others, path('none'), { types: { plain: 'skip' } }));
  expect(error.message).toMatch(/column "plain".*COLUMN_MISSING/);
});

test('80 bytes changed: an error, the same values or others, and never anything else', async () => {
  const content = writeTable(randomTable(11, [40, 9], true), 'file', 'ZSTD');
  const next = integers(5);
  const columns = ['id', 'bool', 'int64', 'species'];
  let refused = 0;
  for (let i = 0; i < 80; i++) {
    const damaged = Buffer.from(content);
    damaged[next(content.length)] ^= 1 << next(8);
    const input = put('damaged.arrow', damaged);
    const error = await convertArrow(input, path(`damaged-${i}`), { columns }).then(
      () => null,
      (caught: unknown) => caught,
    );
    if (error !== null) refused++;
    expect(error === null || (error as Error).name === 'LockstepError').toBe(true);
  }
  expect(refused).toBeGreaterThan(10);
});
