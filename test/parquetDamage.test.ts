import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertParquet } from '@lockstep/arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { convertDamaged, numbersFrom, parquetBy } from './support/damagedConversions.ts';
import { raised } from './support/mistakes.ts';
import { connectDuckDB } from './support/parquetFiles.ts';
import { smallParquet } from './support/smallParquet.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-parquet-damage-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const content = await smallParquet();

// By hyparquet a thousand are in packages/arrow/src/convert/parquet/damage.test.ts; more of both are under test/soak.
test('30 files with a bit changed or their end cut off, by DuckDB', async ({ skip }) => {
  const duckdb = await connectDuckDB();
  skip(duckdb === undefined, 'DuckDB is not installed.');
  duckdb!.closeSync();
  expect(await convertDamaged(folder, content, 30, parquetBy('duckdb'), numbersFrom(2))).toBeGreaterThan(5);
});

test('no file, a folder, a pattern without a match, a file twice', async () => {
  const message = async (files: string | string[]): Promise<string> => {
    return ((await raised(() => convertParquet(files, join(folder, 'none')))) as Error).message;
  };
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'small.parquet'), content);
  expect(await message(join(folder, 'none.parquet'))).toMatch(/no such file.*FILE_NOT_FOUND/);
  expect(await message(join(folder, 'sub'))).toMatch(/expected a file, received a directory/);
  expect(await message(join(folder, '*.parquets'))).toMatch(/no match.*FILE_NOT_FOUND/);
  expect(await message([])).toMatch(/convertParquet\.files.*INVALID_OPTION/);
  const twice = [join(folder, 'small.parquet'), join(folder, 'sma*.parquet')];
  expect(await message(twice)).toMatch(/expected every file once/);
});
