/** Folders as data: all Arrow files in them, or what `lockstep convert` has written. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import { convertCsv } from './convert/convertCsv.ts';
import type { PreparedLayout } from './layout/preparedTypes.ts';
import { lockstepError, readAll, scratchDirectory } from './testing/files.ts';
import { writeTable } from './testing/randomTable.ts';

const directory = scratchDirectory();

describe('a folder of files', () => {
  const folder = join(directory, 'files');
  mkdirSync(join(folder, 'inner'), { recursive: true });
  const write = (name: string, first: number): void => {
    const x = Int32Array.of(first, first + 1);
    writeFileSync(
      join(folder, name),
      writeTable(arrow.tableFromArrays({ x, y: x.slice() }), name.endsWith('s') ? 'stream' : 'file', 'none'),
    );
  };
  write('b.feather', 30);
  write('a.arrow', 10);
  write('Z.arrows', 20);
  write('inner/c.arrow', 99);
  writeFileSync(join(folder, 'notes.txt'), 'not data');

  test('is all that are called like Arrow files, sorted by code unit', async () => {
    for (const path of [folder, `${folder}/`, [folder]]) {
      const data = await arrowDataset(path, { features: ['x'], label: 'y' });
      expect([...(await readAll(data)).features]).toEqual([20, 21, 10, 11, 30, 31]);
    }
    const same = await arrowDataset(
      ['Z.arrows', 'a.arrow', 'b.feather'].map((name) => join(folder, name)),
      {
        features: ['x'],
        label: 'y',
      },
    );
    expect((await arrowDataset(folder, { features: ['x'], label: 'y' })).fingerprint).toBe(same.fingerprint);
  });

  test.for<[string, string[], string]>([
    ['empty', [], 'an empty one'],
    ['others', ['a.csv', 'b.txt'], '2 other names, such as a.csv'],
  ])('without one is refused: %s', async ([name, files, received]) => {
    const other = join(directory, name);
    mkdirSync(other);
    for (const file of files) writeFileSync(join(other, file), '');
    const error = await lockstepError(() => arrowDataset(other, { features: ['x'], label: 'y' }));
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', place: other, received });
  });
});

describe('a converted folder', () => {
  const ROWS = 2000;
  const CITIES = ['Ulm', 'Bern', 'Graz'];
  const cities = Array.from({ length: ROWS }, (_, row) => (row % 11 === 10 ? '' : CITIES[(row * 7 + (row >> 3)) % 3]));
  const folder = join(directory, 'converted');
  const csv = join(directory, 'rows.csv');
  writeFileSync(
    csv,
    `x,city,kind\n${cities.map((city, row) => `${row},${city},${row % 2 === 0 ? 'b' : 'a'}`).join('\n')}\n`,
  );
  const options = {
    features: [{ column: 'city', oneHot: true, fillNull: { indicator: true } }, 'x'],
    label: 'kind',
  } as const;

  test('has texts where its files have codes', async () => {
    await convertCsv(csv, folder);
    const data = await arrowDataset(folder, options);
    expect(data.description.columns.map(({ vocabulary }) => vocabulary)).toEqual([
      ['Bern', 'Graz', 'Ulm'],
      undefined,
      ['a', 'b'],
    ]);
    const { features, classLabels } = await readAll(data, 'classIndex');
    for (let row = 0; row < ROWS; row++) {
      const city = ['Bern', 'Graz', 'Ulm'].map((each) => Number(each === cities[row]));
      const expected = [...city, Number(cities[row] === ''), row];
      expect([...features.subarray(5 * row, 5 * row + 5), classLabels[row]]).toEqual([...expected, 1 - (row % 2)]);
    }
    const given = await arrowDataset(folder, {
      features: ['x'],
      label: { column: 'kind', vocabulary: 'firstAppearance' },
      filter: [['city', '==', 'Ulm']],
    });
    expect(given.description.columns[1].vocabulary).toEqual(['b', 'a']);
    expect(given.rows).toBe(cities.filter((city) => city === 'Ulm').length);
    const refused = await lockstepError(() => arrowDataset(folder, { features: ['city'], label: 'kind' }));
    expect(refused).toMatchObject({ code: 'COLUMN_TYPE' });
    expect(refused.advice).toContain('oneHot');
  });

  test('is checked against its index, and known by it', async () => {
    const copy = join(directory, 'copy');
    cpSync(folder, copy, { recursive: true });
    const { fingerprint } = await arrowDataset(folder, options);
    expect((await arrowDataset(copy, options)).fingerprint).toBe(fingerprint);
    const path = join(copy, 'index.json');
    const index = readFileSync(path, 'utf8');
    writeFileSync(path, index.replace('"b",', '"_",').replace('"a"', '"b"').replace('"_",', '"a",'));
    // The same texts stand for other codes.
    expect((await arrowDataset(copy, options)).fingerprint).not.toBe(fingerprint);
    writeFileSync(path, index);
    const part = join(copy, 'part-00000.arrow');
    writeFileSync(part, Buffer.concat([readFileSync(part), new Uint8Array(8)]));
    const error = await lockstepError(() => arrowDataset(copy, options));
    expect(error).toMatchObject({ code: 'FILE_INVALID', place: part });
    expect(error.expected).toContain("bytes, as the folder's index says");
    writeFileSync(path, '['.repeat(100_000));
    const nested = await lockstepError(() => arrowDataset(copy, options));
    expect(nested).toMatchObject({ code: 'FILE_INVALID', place: path });
    expect(nested.received).toContain('more than 8 deep');
    writeFileSync(path, '{}');
    expect(await lockstepError(() => arrowDataset(copy, options))).toMatchObject({ code: 'FILE_INVALID' });
  });

  test('is compared with its checksums, where that is asked for', async () => {
    const copy = join(directory, 'checked');
    cpSync(folder, copy, { recursive: true });
    const part = join(copy, 'part-00000.arrow');
    const plain = { features: ['x'], label: 'kind' };
    const asked = { ...plain, checksums: true } as const;
    expect((await arrowDataset(copy, asked)).fingerprint).toBe((await arrowDataset(copy, plain)).fingerprint);
    const bytes = readFileSync(part);
    // A bit of a number: no check of the format can see it.
    bytes[bytes.indexOf(Buffer.from(Int32Array.of(998, 999, 1000).buffer))] ^= 1;
    writeFileSync(part, bytes);
    await arrowDataset(copy, plain);
    const error = await lockstepError(() => arrowDataset(copy, asked));
    expect(error).toMatchObject({ code: 'FILE_INVALID', place: part });
    expect(error.expected).toMatch(/SHA-256/);
    const other = await lockstepError(() => arrowDataset([copy, join(directory, 'files')], asked));
    expect(other).toMatchObject({ code: 'INVALID_OPTION', place: 'arrowDataset.checksums' });
  });

  test('of many parts has its texts once', async () => {
    const long = join(directory, 'long.csv');
    const rows = Array.from({ length: 66_000 }, (_, row) => `${row},1,2,k${row % 3}`);
    writeFileSync(long, `x,a,b,kind\n${rows.join('\n')}\n`);
    const { shards } = await convertCsv(long, join(directory, 'long'), { shardMebibytes: 1 });
    expect(shards.length).toBe(2);
    const data = await arrowDataset(join(directory, 'long'), { features: ['x'], label: 'kind' });
    expect((data.source.options as PreparedLayout).dictionaries.length).toBe(1);
    const { classLabels } = await readAll(data, 'classIndex');
    expect([...classLabels.subarray(-3)]).toEqual([65_997 % 3, 65_998 % 3, 65_999 % 3]);
  });

  test('and one of its files by itself are no dataset: texts there, codes here', async () => {
    const error = await lockstepError(() =>
      arrowDataset([folder, join(directory, 'lone.arrow')], { features: ['x'], label: 'kind' }),
    );
    expect(error.code).toBe('FILE_NOT_FOUND');
    cpSync(join(folder, 'part-00000.arrow'), join(directory, 'lone.arrow'));
    const mixed = await lockstepError(() =>
      arrowDataset([folder, join(directory, 'lone.arrow')], { features: ['x'], label: 'kind' }),
    );
    expect(mixed).toMatchObject({ code: 'COLUMN_TYPE' });
    expect(mixed.expected).toContain('codes of texts');
  });
});
