/** 10,000 damaged files of Parquet and NPZ: each is converted, or refused with an error, within its time. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { convertDamaged, npz, numbersFrom, parquetBy } from '../support/damagedConversions.ts';
import { smallParquet } from '../support/smallParquet.ts';
import { countInSummary, soakSeed, soakSize } from '../support/soak.ts';

const CASES = soakSize('CONVERSIONS', 10_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-conversion-damage-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const archives = JSON.parse(
  readFileSync(new URL('../../packages/arrow/src/testing/numpyArchives.json', import.meta.url), 'utf8'),
) as Record<'stored' | 'deflated', string>;

test.for([
  { name: 'Parquet, hyparquet', content: await smallParquet(), convert: parquetBy('hyparquet'), share: 0.5 },
  { name: 'NPZ, stored', content: Buffer.from(archives.stored, 'base64'), convert: npz, share: 0.3 },
  { name: 'NPZ, deflated', content: Buffer.from(archives.deflated, 'base64'), convert: npz, share: 0.2 },
])('$name', { timeout: 1_200_000 }, async ({ name, content, convert, share }) => {
  const count = Math.ceil(CASES * share);
  const refused = await convertDamaged(folder, content, count, convert, numbersFrom(soakSeed()));
  countInSummary(`Damaged files (${name})`, { files: count, refused });
  expect(refused).toBeGreaterThan(count / 5);
  expect(refused).toBeLessThan(count);
});
