import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { integers, lockstepError, scratchDirectory } from '../../testing/files.ts';
import recorded from '../../testing/smallParquet.json' with { type: 'json' };
import { checkColumnChoice } from '../columnChoice.ts';
import { Progress } from '../progress.ts';
import { readHybrid } from './levels.ts';
import { loadParquet } from './library.ts';
import { withParquet } from './openParquet.ts';
import { pagesOf } from './pages.ts';
import { parquetTable } from './parquetTable.ts';
import { checkThrift } from './thrift.ts';

const directory = scratchDirectory();
const content = Buffer.from(recorded.file, 'base64');

/** Of all values and nulls, and how many rows there are. */
async function readAll(bytes: Uint8Array): Promise<{ rows: number; hash: string }> {
  const path = join(directory, 'small.parquet');
  writeFileSync(path, bytes);
  return withParquet([path], checkColumnChoice({}, 'test'), async (open) => {
    const hash = createHash('sha256');
    let rows = 0;
    for await (const block of parquetTable(open, new Progress(undefined)).blocks()) {
      rows += block.rows;
      for (const { values, nulls } of block.columns) hash.update(values).update(nulls!);
    }
    return { rows, hash: hash.digest('hex') };
  });
}

test('1,000 bits changed or ends cut off: an error that names the place, or 60 rows', async () => {
  const sound = await readAll(content);
  const next = integers(17);
  const outcomes = { refused: 0, same: 0, other: 0 };
  for (let i = 0; i < 1000; i++) {
    const damaged = Buffer.from(content);
    damaged[next(content.length)] ^= 1 << next(8);
    const started = performance.now();
    const result: unknown = await readAll(i % 5 === 4 ? content.subarray(0, next(content.length)) : damaged).catch(
      (error: unknown) => error,
    );
    expect(performance.now() - started).toBeLessThan(10_000);
    if (result instanceof Error) {
      outcomes.refused++;
      expect(result, result.stack).toMatchObject({ name: 'LockstepError' });
      expect(result.message).toContain('small.parquet');
    } else {
      // Pages have no checksums here.
      outcomes[(result as { hash: string }).hash === sound.hash ? 'same' : 'other']++;
    }
  }
  expect(sound.rows).toBe(60);
  expect(Object.values(outcomes).every((count) => count > 20)).toBe(true);
  expect(outcomes.refused).toBeGreaterThan(400);
});

test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
  ['nothing', () => Buffer.alloc(0), /expected a Parquet file, of at least 12 bytes, received 0 bytes/],
  ['another format', () => Buffer.from('a,b\n1,2\n3,4\n5,6'), /byte 0: expected "PAR1", received "a,b/],
  ['a cut end', (bytes) => bytes.subarray(0, -3), /byte \d+: expected "PAR1"/],
  [
    'a footer that is too long',
    (bytes) => (bytes.writeUInt32LE(2 ** 31, bytes.length - 8), bytes),
    /expected a footer of at most \d+ bytes/,
  ],
  ['encryption', (bytes) => (bytes.write('PARE', bytes.length - 4), bytes), /an encrypted footer.*UNSUPPORTED/],
  ['no footer', (bytes) => (bytes.writeUInt32LE(0, bytes.length - 8), bytes), /footer.*metadata of Parquet/],
  ['pages of zeros', (bytes) => bytes.fill(0, 4, 200), /row group 0, column "n": expected pages that can be read/],
])('%s', async (_, change, message) => {
  const error = await lockstepError(() => readAll(change(Buffer.from(content))));
  expect(error.message).toMatch(message);
});

test.each<[string, readonly number[], RegExp]>([
  ['a number without an end', [0x15, ...Array.from({ length: 12 }, () => 0x80)], /more than 64 bits/],
  ['a text beyond the end', [0x18, 0xff, 0xff, 0xff, 0x7f], /beyond the end/],
  ['a list that is longer than what is there', [0x19, 0xf5, 0xff, 0xff, 0x03], /beyond the end/],
  ['structs in structs', Array.from({ length: 40 }, () => 0x1c), /more than 16 deep/],
  ['a type of no Parquet file', [0x1b, 1], /type 11/],
  ['no end', [0x15, 2], /beyond the end/],
])('metadata with %s', (_, bytes, message) => {
  expect(() => checkThrift(Uint8Array.from(bytes), 0)).toThrow(message);
});

test('a page of more values than would fit into memory is refused before they are made', async () => {
  const library = await loadParquet();
  // A PageHeader of Thrift's compact protocol: type, two sizes, and a page of 2^31 - 1 values by dictionary.
  const many = [0xfe, 0xff, 0xff, 0xff, 0x0f];
  const header = [0x15, 0, 0x15, 8, 0x15, 8, 0x2c, 0x15, ...many, 0x15, 16, 0x15, 0, 0x15, 0, 0, 0];
  const bytes = Uint8Array.from([...header, 1, 0xfe, 0xff, 0xff]);
  const file = { bytes: (at: number, count: number) => bytes.slice(at, at + count) };
  const chunk = { codec: 'UNCOMPRESSED', start: 0, end: bytes.length, values: 2 ** 31 - 1 } as const;
  const column = { levels: { maxRepetition: 0, maxDefinition: 0, row: 0 } };
  expect(() => pagesOf(library, file as never, chunk, column as never).next()).toThrow(/\(of values\) of 2147483647/);
});

test('runs and packed numbers', () => {
  const read = (bytes: readonly number[], width: number, count: number): number[] => {
    const output = new Int32Array(count);
    readHybrid(Uint8Array.from(bytes), 0, bytes.length, width, output);
    return [...output];
  };
  // Encodings.md of Apache Parquet: the numbers 0 to 7 in 3 bits are 88 c6 fa.
  expect(read([0x03, 0x88, 0xc6, 0xfa], 3, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(read([0x06, 0x05, 0x03, 0x88, 0xc6, 0xfa], 3, 9)).toEqual([5, 5, 5, 0, 1, 2, 3, 4, 5]);
  // 1 to 8 in 30 bits: more than a 32-bit number holds beside its rest.
  const wide = [1, 2, 3, 4, 5, 6, 7, 8].reduce((sum, n, i) => sum | (BigInt(n) << BigInt(30 * i)), 0n);
  const packed = Array.from({ length: 30 }, (_, i) => Number((wide >> BigInt(8 * i)) & 255n));
  expect(read([0x03, ...packed], 30, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(() => read([0xfe, 0xff, 0xff, 0xff, 0x0f, 0], 1, 9)).toThrow(/a run of 2147483647, where 9 are left/);
  expect(() => read([0x03, 0x88], 3, 8)).toThrow(/packed numbers beyond the end/);
  expect(() => read([], 3, 8)).toThrow(/the end of a page after 0 of 8/);
});
