import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { expect, test } from 'vitest';
import { convertCsv } from './convert/convertCsv.ts';
import { writeArrow } from './convert/writeArrow.ts';
import { arrowStatistics } from './statistics.ts';
import { lockstepError, scratchDirectory } from './testing/files.ts';
import { randomTable, writeTable } from './testing/randomTable.ts';

const directory = scratchDirectory();
const path = (name: string): string => join(directory, name);

test('what a conversion counts, and what is found in its file', async () => {
  const rows = Array.from(
    { length: 3000 },
    (_, i) => `${i % 7 === 0 ? '' : i % 200},${i / 8},${i % 3 === 0 ? '' : i * 2 ** 33}`,
  );
  writeFileSync(path('t.csv'), `a,b,c\n${rows.join('\n')}\n`);
  const { columns } = await convertCsv(path('t.csv'), path('t'));
  const found = await arrowStatistics(path('t/part-00000.arrow'));
  const counted = columns.map(({ name, nulls, notFinite, numbers, counts }) => ({
    name,
    nulls,
    notFinite,
    numbers,
    counts,
  }));
  expect(found).toEqual(counted);
  expect(found.map(({ nulls }) => nulls)).toEqual([429, 0, 1000]);
});

test('lists, halves, several record batches; texts are left out', async () => {
  const columns = [
    { name: 'l', kind: 'float16' as const, listSize: 2 },
    { name: 'w', kind: 'uint64' as const },
  ];
  await writeArrow(path('l.arrow'), columns, [
    [Uint16Array.of(0x3c00, 0x4000, 0x7e00, 0x4200), BigUint64Array.of(3n, 5n)],
    [Uint16Array.of(0xbc00, 0x7c00), BigUint64Array.of(4n)],
  ]);
  const found = await arrowStatistics(path('l.arrow'));
  expect(found).toEqual([
    {
      name: 'l',
      nulls: 0,
      notFinite: 2,
      counts: null,
      numbers: { min: -1, max: 3, mean: 1.25, deviation: Math.sqrt(8.75 / 4) },
    },
    {
      ...{ name: 'w', nulls: 0, notFinite: 0, counts: [0, 0, 0, 1, 1, 1] },
      numbers: { min: 3, max: 5, mean: 4, deviation: expect.closeTo(Math.sqrt(2 / 3), 15) as number },
    },
  ]);
  const texts = arrow.tableFromArrays({ t: ['x', 'y'], n: Int32Array.of(1, 2) });
  writeFileSync(path('texts.arrow'), arrow.tableToIPC(texts, 'file'));
  expect((await arrowStatistics(path('texts.arrow'))).map(({ name }) => name)).toEqual(['n']);
});

test('compressed files have the statistics of those that are not', async () => {
  const table = randomTable(5, [40, 1, 300], true);
  const found = [];
  for (const compression of ['none', 'LZ4', 'ZSTD'] as const) {
    writeFileSync(path('packed.arrow'), writeTable(table, 'file', compression));
    found.push(await arrowStatistics(path('packed.arrow')));
  }
  expect(found[0].length).toBeGreaterThan(5);
  expect(found[0].some(({ nulls }) => nulls > 0)).toBe(true);
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
});

test('a file that is cut is refused', async () => {
  writeFileSync(path('cut.arrow'), readFileSync(path('l.arrow')).subarray(0, 500));
  expect((await lockstepError(() => arrowStatistics(path('cut.arrow')))).code).toBe('FILE_INVALID');
});
