import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowDataset } from '../../arrowDataset.ts';
import { describeTable } from '../../describeTable.ts';
import { integers, lockstepError, readAll, scratchDirectory } from '../../testing/files.ts';
import { convertCsv } from '../convertCsv.ts';
import { newValues } from './columns.ts';
import type { TableColumn } from './columns.ts';
import { StatisticsOf } from './statistics.ts';

const directory = scratchDirectory();
const path = (name: string): string => join(directory, name);
/** 8 bytes a row, so that 300,000 rows are three shards of 1 MiB, which each is one record batch and more. */
const ROWS = 300_000;

function put(name: string, content: string | Uint8Array): string {
  writeFileSync(path(name), content);
  return path(name);
}

describe('shards', () => {
  const text = `id,x\n${Array.from({ length: ROWS }, (_, i) => `${i},${i / 4}`).join('\n')}\n`;

  test('hold all rows in order, with checksums', async () => {
    const index = await convertCsv(put('big.csv', text), path('big'), { shardMebibytes: 1 });
    expect(index.shards.map(({ rows }) => rows)).toEqual([131_072, 131_072, 37_856]);
    expect(readdirSync(path('big')).toSorted()).toEqual(['index.json', ...index.shards.map(({ file }) => file)]);
    for (const { file, sha256, bytes } of index.shards) {
      const content = readFileSync(join(path('big'), file));
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
    const { features, valueLabels } = await readAll(
      await arrowDataset(path('big/part-*.arrow'), { features: ['id'], label: 'x' }),
    );
    expect(features).toEqual(Float32Array.from({ length: ROWS }, (_, i) => i));
    expect(valueLabels).toEqual(Float32Array.from({ length: ROWS }, (_, i) => i / 4));
    expect(await describeTable(path('big'), { checksums: true })).toEqual(index);
    expect(index.columns[0].numbers).toMatchObject({ min: 0, max: ROWS - 1, mean: (ROWS - 1) / 2 });
  });

  test('packed or not, the same bytes', async () => {
    const plain = readFileSync(join(path('big'), 'part-00001.arrow'));
    await convertCsv(put('big.csv.gz', gzipSync(text, { level: 1 })), path('packed'), { shardMebibytes: 1 });
    expect(readFileSync(join(path('packed'), 'part-00001.arrow')).equals(plain)).toBe(true);
  });

  test('nothing has the name until all is there, nothing is left of a failure', async () => {
    const file = put('failing.csv', `${text}1,2,3\n`);
    let seen = 0;
    const error = await lockstepError(() =>
      convertCsv(file, path('failing'), {
        shardMebibytes: 1,
        onProgress: () => {
          seen++;
          expect(existsSync(path('failing'))).toBe(false);
        },
      }),
    );
    expect(error.place).toBe(`${file}, line ${ROWS + 2}`);
    expect(seen).toBeGreaterThan(5);
    expect(readdirSync(directory).filter((name) => name.includes('failing'))).toEqual(['failing.csv']);
  });

  test('a process that is killed leaves nothing of the name', () => {
    const module = new URL('../convertCsv.ts', import.meta.url).href;
    const program = `
      import { convertCsv } from ${JSON.stringify(module)};
      const onProgress = (done) => done > 2_000_000 && process.kill(process.pid, 'SIGKILL');
      await convertCsv(${JSON.stringify(path('big.csv'))}, ${JSON.stringify(path('killed'))}, { shardMebibytes: 1, onProgress });`;
    const args = ['--conditions=lockstep-source', '--input-type=module', '--eval', program];
    const { signal, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([signal, stderr]).toEqual(['SIGKILL', '']);
    const left = readdirSync(directory).filter((name) => name.startsWith('killed'));
    expect(left).toEqual([expect.stringMatching(/^killed\.[0-9a-f]{12}\.tmp$/)]);
    expect(readdirSync(path(left[0]))).not.toContain('index.json');
  });

  test('folders above it are made', async () => {
    await convertCsv(put('small.csv', 'a\n1\n2\n'), path('above/it/small'));
    expect(readdirSync(path('above/it'))).toEqual(['small']);
  });

  test('what is there is left alone', async () => {
    const error = await lockstepError(() => convertCsv(path('big.csv'), path('big')));
    expect([error.code, error.received]).toEqual(['FILE_NOT_WRITTEN', 'one with 4 files in it']);
  });
});

test('nulls, texts and truth as apache-arrow and the index see them', async () => {
  const file = put('mixed.csv', 'n,t,b,w\n1,x,true,5\n,"",,6\n3,,false,7\n-4,x,true,8\n1,2,maybe,9\n');
  const index = await convertCsv(file, path('mixed'), { types: { b: 'bool', w: 'skip', n: 'int8' }, onBadRow: 'skip' });
  const table = tableFromIPC(readFileSync(path('mixed/part-00000.arrow')));
  expect(table.toArray().map((row) => ({ ...(row as object) }))).toEqual([
    { n: 1, t: 0, b: 1 },
    { n: null, t: 1, b: null },
    { n: 3, t: null, b: 0 },
    { n: -4, t: 0, b: 1 },
  ]);
  expect(index.columns).toEqual([
    {
      ...{ name: 'n', type: 'int8', perRow: 1, categories: null, nulls: 1, notFinite: 0, counts: null },
      numbers: { min: -4, max: 3, mean: 0, deviation: Math.sqrt(26 / 3) },
    },
    {
      ...{ name: 't', type: 'category', perRow: 1, categories: ['x', ''], nulls: 1, notFinite: 0 },
      ...{ numbers: null, counts: [2, 1] },
    },
    {
      ...{ name: 'b', type: 'bool', perRow: 1, categories: null, nulls: 1, notFinite: 0, counts: [1, 2] },
      numbers: { min: 0, max: 1, mean: 2 / 3, deviation: expect.closeTo(Math.sqrt(2) / 3, 15) as number },
    },
  ]);
  expect(index.skipped).toEqual({
    rows: 1,
    first: [{ line: 6, column: 'b', expected: 'true or false', received: '"maybe"' }],
  });
});

test('statistics keep their digits far from 0, in blocks of any size', () => {
  const column: TableColumn = { name: 'x', type: 'float64', perRow: 1, categories: null };
  const random = integers(3);
  const noise = Float64Array.from({ length: 10_000 }, () => random(1000) / 1000);
  const mean = noise.reduce((sum, x) => sum + x, 0) / noise.length;
  const deviation = Math.sqrt(noise.reduce((sum, x) => sum + (x - mean) ** 2, 0) / noise.length);
  for (const size of [1, 7, 4096, 10_000]) {
    const statistics = new StatisticsOf(column);
    for (let at = 0; at < noise.length; at += size) {
      const block = noise.subarray(at, at + size).map((x) => x + 1e9);
      statistics.add(block, null, block.length);
    }
    const { numbers } = statistics.result(0);
    expect(numbers!.mean - 1e9).toBeCloseTo(mean, 5);
    // The naive formula, of sums and sums of squares, is off by more than all of it here.
    expect(numbers!.deviation).toBeCloseTo(deviation, 5);
  }
  const odd = new StatisticsOf(column);
  odd.add(Float64Array.of(1, NaN, 3, Infinity, 7), Uint8Array.of(0, 0, 0, 0, 1), 5);
  expect(odd.result(0)).toEqual({
    ...{ nulls: 1, notFinite: 2, counts: null },
    numbers: { min: 1, max: 3, mean: 2, deviation: 1 },
  });
  const bigs = new StatisticsOf({ ...column, type: 'int64' });
  bigs.add(BigInt64Array.of(5n, 7n), null, 2);
  expect(bigs.result(0)).toMatchObject({ numbers: { mean: 6 }, counts: [0, 0, 0, 0, 0, 1, 0, 1] });
  expect(newValues('bool', 1)).toEqual(new Uint8Array(1));
});

describe('an index is not trusted', () => {
  const folder = path('index');
  const index = async (): Promise<Record<string, unknown>> => {
    rmSync(folder, { recursive: true, force: true });
    await convertCsv(put('index.csv', 'a,t\n1,x\n2,y\n2,\n'), folder);
    return JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Record<string, unknown>;
  };

  /** A path in the index, the value put there, and what is said. */
  test.for<[string, unknown, RegExp]>([
    ['format', 'other', /index\.json, format: expected "lockstep-table"/],
    ['version', 2, /version/],
    ['rows', 4, /shards: expected 4 rows together.*received 3/],
    ['rows', -1, /rows/],
    ['source', null, /source/],
    ['skipped.first', [1], /skipped\.first\[0\]/],
    ['shards.0.file', '../../etc/passwd', /shards\[0\]\.file: expected "part-00000\.arrow"/],
    ['shards.0.sha256', 'x', /sha256/],
    ['shards.0.bytes', 17, /part-00000\.arrow: expected 17 bytes, as the folder's index says/],
    ['columns', 'none', /columns: expected a list/],
    ['columns.1.name', 'a', /columns\[1\]\.name/],
    ['columns.0.name', 'b', /expected b int32 1 as a column/],
    ['columns.0.type', 'int64', /expected a int64 1 as a column/],
    ['columns.0.type', 'constructor', /columns\[0\]\.type/],
    ['columns.0.nulls', 4, /nulls/],
    ['columns.0.numbers.mean', null, /numbers\.mean: expected a finite number/],
    ['columns.1.categories', ['x', 'x'], /categories/],
    ['columns.1.counts', [1, 2], /counts of 2 rows/],
    ['columns.1.counts', [2], /2 counts, one a category/],
  ])('%s = %j', async ([place, value, message]) => {
    const changed = await index();
    const names = place.split('.');
    let holder = changed;
    for (const name of names.slice(0, -1)) holder = holder[name] as Record<string, unknown>;
    holder[names.at(-1)!] = value;
    writeFileSync(join(folder, 'index.json'), JSON.stringify(changed));
    const error = await lockstepError(() => describeTable(folder));
    expect(error.code).toBe('FILE_INVALID');
    expect(error.message).toMatch(message);
  });

  test('a bit of a shard', async () => {
    await index();
    const file = join(folder, 'part-00000.arrow');
    const bytes = readFileSync(file);
    const at = bytes.lastIndexOf(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0));
    bytes[at] = 9;
    writeFileSync(file, bytes);
    expect((await describeTable(folder)).rows).toBe(3);
    const error = await lockstepError(() => describeTable(folder, { checksums: true }));
    expect(error.message).toMatch(/SHA-256/);
  });

  test.for(['', '{', '[]', 'null', '{"format":"lockstep-table"}', '{"__proto__":{"format":"lockstep-table"}}'])(
    '%j',
    async (text) => {
      await index();
      writeFileSync(join(folder, 'index.json'), text);
      expect((await lockstepError(() => describeTable(folder))).code).toBe('FILE_INVALID');
    },
  );
});

test.for<[object, string]>([
  [{ separater: ';' }, 'convertCsv.separater'],
  [{ separator: '"' }, 'convertCsv.separator'],
  [{ separator: ', ' }, 'convertCsv.separator'],
  [{ header: 1 }, 'convertCsv.header'],
  [{ types: { a: 'integer' } }, 'convertCsv.types.a'],
  [{ types: { a: ['x', 'x'] } }, 'convertCsv.types.a'],
  [{ onBadRow: 'ignore' }, 'convertCsv.onBadRow'],
  [{ shardMebibytes: 0 }, 'convertCsv.shardMebibytes'],
])('options are checked: %j', async ([options, place]) => {
  const error = await lockstepError(() => convertCsv('none', 'none', options));
  expect([error.code, error.place]).toEqual(['INVALID_OPTION', place]);
});
