import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockstepError, scratchDirectory } from '../../testing/files.ts';
import recorded from '../../testing/smallParquet.json' with { type: 'json' };
import { checkColumnChoice } from '../columnChoice.ts';
import { Progress } from '../progress.ts';
import { chooseReader } from './chooseReader.ts';
import type { ParquetReader } from './chooseReader.ts';
import { withParquet } from './openParquet.ts';

const directory = scratchDirectory();

/** Rows of the file where DuckDB is not installed. */
function read(reader: ParquetReader, name: string): Promise<number> {
  const path = join(directory, name);
  writeFileSync(path, Buffer.from(recorded.file, 'base64'));
  return withParquet([path], checkColumnChoice({}, 'test'), async (open) => {
    const table = await chooseReader(reader, open, new Progress(undefined), () => Promise.resolve(undefined));
    let rows = 0;
    for await (const block of table.blocks()) rows += block.rows;
    return rows;
  });
}

test('without DuckDB, hyparquet reads unless DuckDB was asked for', async () => {
  expect(await read('auto', 'small.parquet')).toBe(60);
  expect(await read('hyparquet', 'small.parquet')).toBe(60);
  const error = await lockstepError(() => read('duckdb', 'small.parquet'));
  expect(error.code).toBe('UNSUPPORTED');
  expect(error.message).toMatch(/no such package.*npm install @duckdb\/node-api/);
});
