import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockstepError, scratchDirectory } from '../../testing/files.ts';
import recorded from '../../testing/smallParquet.json' with { type: 'json' };
import { convertParquet } from '../convertParquet.ts';

const directory = scratchDirectory();

test.for(['duckdb', 'hyparquet'] as const)('a file that is replaced while %s reads it', async (reader) => {
  const [path, other] = ['small.parquet', 'other.parquet'].map((name) => join(directory, name));
  for (const file of [path, other]) writeFileSync(file, Buffer.from(recorded.file, 'base64'));
  utimesSync(path, 1000, 1000);
  const onColumns = (): void => renameSync(other, path);
  const converted = convertParquet(path, join(directory, reader), { reader, onColumns });
  // Hyparquet reads by the file that it has open, DuckDB by a name.
  if (reader === 'hyparquet') expect((await converted).rows).toBe(60);
  else
    expect(await lockstepError(() => converted)).toMatchObject({
      code: 'FILE_CHANGED',
      place: expect.stringContaining(path) as string,
    });
});
