import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { integers, lockstepError, scratchDirectory } from '../../testing/files.ts';
import { checkColumnChoice } from '../columnChoice.ts';
import { convertNpz } from '../convertNpz.ts';
import type { ConvertNpzOptions } from '../convertNpz.ts';
import { arraysTable } from '../npy/arrays.ts';
import { Progress } from '../progress.ts';
import { withNpz } from './openNpz.ts';
import recorded from '../../testing/numpyArchives.json' with { type: 'json' };

const directory = scratchDirectory();
let written = 0;

function put(content: Uint8Array): string {
  const path = join(directory, `${written++}.npz`);
  writeFileSync(path, content);
  return path;
}

const numpy = (name: keyof typeof recorded): string => put(Buffer.from(recorded[name], 'base64'));

async function converted(path: string, options: ConvertNpzOptions = {}): Promise<Record<string, unknown[]>> {
  const out = join(directory, `out-${written++}`);
  const index = await convertNpz(path, out, options);
  const table = tableFromIPC(readFileSync(join(out, 'part-00000.arrow')));
  return Object.fromEntries(
    index.columns.map(({ name, type, perRow }) => {
      const values = Array.from(table.getChild(name)!, (value: unknown) =>
        perRow > 1 ? [...(value as number[])] : value,
      );
      return [`${name} ${type}`, values];
    }),
  );
}

// Values of testing/recordNpz.py, which NumPy has written.
test.each(['stored', 'deflated'] as const)('arrays of NumPy, %s', async (name) => {
  expect(await converted(numpy(name), { labels: 'y' })).toEqual({
    'x float32': [0, 1, 2, 3].map((row) => Array.from({ length: 6 }, (_, i) => (6 * row + i) / 8)),
    'label int16': [3, 0, 2, 3],
    'big float64': [1.5, -2.25, 1e300, 0],
    'half float16': [1, 2, 0.5, -1],
    'flag bool': [1, 0, 0, 1],
    'count uint64': [2n ** 63n, 1n, 2n, 3n],
    'column int32': [7, 8, 9, 10],
  });
});

test('arrays without a name, and some of them', async () => {
  expect(Object.keys(await converted(numpy('unnamed')))).toEqual(['arr_0 float32', 'arr_1 int16']);
  expect(await converted(numpy('unnamed'), { columns: ['arr_1'] })).toEqual({ 'arr_1 int16': [3, 0, 2, 3] });
  expect(Object.keys(await converted(numpy('scalar'), { types: { epochs: 'skip' } }))).toEqual(['x float32']);
});

test.each<[keyof typeof recorded, ConvertNpzOptions, string, RegExp]>([
  [
    'scalar',
    {},
    'FILE_INVALID',
    /entry "epochs\.npy", byte 10: .*received the shape \(\).*one number alone.*leave it out/,
  ],
  ['rows', {}, 'FILE_INVALID', /entry "other\.npy": expected 4 rows, as "x" of .* has, received 5/],
  ['objects', {}, 'FILE_INVALID', /entry "names\.npy", byte 10: expected numbers .*received <U1/],
  ['fortran', {}, 'FILE_INVALID', /entry "x\.npy".*Fortran order.*ascontiguousarray/],
  ['stored', { labels: 'z' }, 'COLUMN_MISSING', /array "z": expected one of the file's columns \(x, y, big/],
  ['stored', { labels: 'x' }, 'FILE_INVALID', /expected labels, one number a row, received 4 × 6/],
  ['stored', { columns: ['X'] }, 'COLUMN_MISSING', /column "X".*Did you mean "x"\?/],
  ['stored', { types: { x: ['a'] as never } }, 'INVALID_OPTION', /convertNpz\.types\.x: expected 'skip'/],
])('%s with %o', async (name, options, code, message) => {
  const out = join(directory, 'refused');
  const error = await lockstepError(() => convertNpz(numpy(name), out, options));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(existsSync(out)).toBe(false);
});

interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly change?: (local: Buffer, central: Buffer) => void;
  /** Where the data is, if not behind its own header. */
  readonly at?: number;
}

/** A ZIP archive (PKWARE's APPNOTE.TXT, 4.3), deflated; `change` may break the headers of an entry. */
function zip(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content, change, at } of entries) {
    const packed = deflateRawSync(content);
    const [local, central] = [Buffer.alloc(30), Buffer.alloc(46)];
    local.writeUInt32LE(0x04034b50, 0);
    central.writeUInt32LE(0x02014b50, 0);
    for (const [header, start] of [
      [local, 4],
      [central, 6],
    ] as const) {
      header.writeUInt16LE(20, start);
      header.writeUInt16LE(8, start + 4);
      header.writeUInt32LE(crc32(content), start + 10);
      header.writeUInt32LE(packed.length, start + 14);
      header.writeUInt32LE(content.length, start + 18);
      header.writeUInt16LE(name.length, start + 22);
    }
    central.writeUInt32LE(at ?? offset, 42);
    change?.(local, central);
    locals.push(local, Buffer.from(name), packed);
    centrals.push(central, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const directoryBytes = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directoryBytes, end]);
}

function npy(rows: number): Buffer {
  const dict = `{'descr': '|u1', 'fortran_order': False, 'shape': (${rows},), }`.padEnd(117);
  const header = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${dict}\n`, 'latin1');
  return Buffer.concat([header, Buffer.alloc(rows, 7)]);
}

test.each<[string, readonly Entry[], string, RegExp]>([
  ['no archive', [], 'INVALID_OPTION', /a column that is not skipped/],
  ['another CRC', [{ name: 'x.npy', content: npy(4), change: (_, c) => c.fill(1, 16, 20) }], 'FILE_INVALID', /CRC-32/],
  [
    'more than it says',
    [{ name: 'x.npy', content: npy(4), change: (_, c) => c.writeUInt32LE(130, 24) }],
    'FILE_INVALID',
    /expected 130 bytes with the CRC-32 of the directory, received more than 130/,
  ],
  [
    'encryption',
    [{ name: 'x.npy', content: npy(4), change: (_, c) => c.writeUInt16LE(1, 8) }],
    'UNSUPPORTED',
    /encrypted/,
  ],
  [
    'another method',
    [{ name: 'x.npy', content: npy(4), change: (_, c) => c.writeUInt16LE(93, 10) }],
    'UNSUPPORTED',
    /method 93/,
  ],
  [
    'a bomb',
    [{ name: 'x.npy', content: npy(4), change: (_, c) => c.writeUInt32LE(2 ** 31, 24) }],
    'FILE_INVALID',
    /what \d+ bytes can hold/,
  ],
  [
    'entries that share bytes',
    [
      { name: 'x.npy', content: npy(4) },
      { name: 'y.npy', content: npy(4), at: 0 },
    ],
    'FILE_INVALID',
    /expected bytes behind those of "x\.npy"/,
  ],
  [
    'a name twice',
    [
      { name: 'x.npy', content: npy(4) },
      { name: 'x.npy', content: npy(4) },
    ],
    'FILE_INVALID',
    /every name once/,
  ],
  ['a way out of the folder', [{ name: '../x.npy', content: npy(4) }], 'FILE_INVALID', /invalid relative path/],
  [
    'what is no array',
    [{ name: 'readme.txt', content: Buffer.from('words and more words') }],
    'FILE_INVALID',
    /entry "readme\.txt", byte 0: expected 93 4e/,
  ],
])('%s', async (_, entries, code, message) => {
  const out = join(directory, 'broken');
  const error = await lockstepError(() => convertNpz(put(zip(entries)), out));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(existsSync(out)).toBe(false);
});

test('a large array goes through a small memory, and what is no ZIP archive is refused', async () => {
  const { 'x uint8': values } = await converted(put(zip([{ name: 'x.npy', content: npy(300_000) }])));
  expect(values.length).toBe(300_000);
  const error = await lockstepError(() =>
    convertNpz(put(Buffer.from('PK, but not for long')), join(directory, 'none')),
  );
  expect(error.message).toMatch(/expected a ZIP archive, as numpy\.savez writes it/);
});

/** The values of all columns, which are the same whatever they are called. */
async function hashOf(path: string): Promise<string> {
  const choice = checkColumnChoice({}, 'test');
  return withNpz(path, choice, undefined, async (arrays) => {
    const hash = createHash('sha256');
    for await (const { columns } of arraysTable(arrays, new Progress(undefined)).blocks()) {
      for (const { values } of columns) hash.update(values);
    }
    return hash.digest('hex');
  });
}

test('1,000 bytes changed or cut off: an error, or the same values', async () => {
  const content = Buffer.from(recorded.twoDeflated, 'base64');
  const path = put(content);
  const sound = await hashOf(path);
  const next = integers(31);
  let refused = 0;
  for (let i = 0; i < 1000; i++) {
    const damaged = Buffer.from(content);
    damaged[next(content.length)] ^= 1 << next(8);
    writeFileSync(path, i % 5 === 4 ? content.subarray(0, next(content.length)) : damaged);
    const started = performance.now();
    const result = await hashOf(path).catch((error: unknown) => error);
    expect(performance.now() - started).toBeLessThan(10_000);
    if (result === sound) continue;
    refused++;
    expect(result).toMatchObject({ name: 'LockstepError' });
  }
  expect(refused).toBeGreaterThan(600);
});
