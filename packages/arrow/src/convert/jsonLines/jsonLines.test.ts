import { describe, expect, test } from 'vitest';
import { integers, lockstepError } from '../../testing/files.ts';
import { checkTextOptions } from '../csv/options.ts';
import type { TextTableOptions } from '../csv/options.ts';
import { JsonLinesTable } from './jsonLinesTable.ts';

async function read(file: Buffer | string, options: TextTableOptions = {}, cuts: readonly number[] = []) {
  const bytes = Buffer.from(file);
  const places = [0, ...cuts, bytes.length];
  const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
  const table = await JsonLinesTable.open({ name: 't.jsonl', pieces: () => pieces }, checkTextOptions(options, 'json'));
  const columns: Record<string, unknown[]> = Object.fromEntries(table.columns.map(({ name }) => [name, []]));
  for await (const { rows, columns: block } of table.blocks()) {
    table.columns.forEach(({ name, perRow, categories }, i) => {
      const { values, nulls } = block[i];
      const all = [...(values.subarray(0, rows * perRow) as Iterable<unknown>)];
      for (let row = 0; row < rows; row++) {
        const items = all.slice(row * perRow, (row + 1) * perRow);
        const value = perRow > 1 ? items : (categories?.[Number(items[0])] ?? items[0]);
        columns[name].push(nulls?.[row] === 1 ? null : value);
      }
    });
  }
  return {
    types: table.columns.map(({ type, perRow }) => `${type}${perRow > 1 ? perRow : ''}`),
    columns,
    skipped: table.skipped,
  };
}

test('every kind of value, wherever the bytes are cut', async () => {
  const text =
    '\uFEFF{"n":1,"f":0.5,"b":true,"t":"日\\n本","l":[1,2.5],"big":5000000000}\r\n\n' +
    '{"t":"","n":null,"l":null,"extra":{"ignored":1}}\n{"n":-7,"b":false,"__proto__":3}';
  const options = { types: { extra: 'skip' } } as const;
  const whole = await read(text, options);
  expect(whole.types).toEqual(['int32', 'float32', 'bool', 'category', 'float322', 'int64', 'int32']);
  expect(Object.entries(whole.columns)).toEqual([
    ['n', [1, null, -7]],
    ['f', [0.5, null, null]],
    ['b', [1, null, 0]],
    ['t', ['日\n本', '', null]],
    ['l', [[1, 2.5], null, null]],
    ['big', [5_000_000_000n, null, null]],
    ['__proto__', [null, null, 3]],
  ]);
  for (let cut = 1; cut < Buffer.byteLength(text); cut++) expect(await read(text, options, [cut])).toEqual(whole);
});

describe('bad rows', () => {
  const types = { n: 'int8', t: ['x', 'y'] } as const;
  test.for<[string, string | Buffer, string, RegExp]>([
    ['no JSON', '{"n":1', 'line 2', /object of JSON/],
    ['a list', '[1]', 'line 2', /received \[1\]/],
    ['deep lists', '['.repeat(1e6), 'line 2', /object of JSON/],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'line 2', /UTF-8/],
    ['a fraction', '{"n":1.5}', 'line 2, column "n"', /integer from -128 to 127.*1\.5/],
    ['too large', '{"n":128}', 'line 2, column "n"', /128/],
    ['a text', '{"n":"1"}', 'line 2, column "n"', /"1"/],
    ['another text', '{"t":"z"}', 'line 2, column "t"', /2 texts listed/],
    ['a longer list', '{"l":[1,2,3]}', 'line 2, column "l"', /a list of 2/],
    ['texts in a list', '{"l":[1,"2"]}', 'line 2, column "l"', /a list of 2/],
    ['beyond float64', '{"l":[1,1e999]}', 'line 2, column "l"', /finite/],
  ])('%s', async ([, line, place, message]) => {
    const file = Buffer.concat([
      Buffer.from('{"n":1,"t":"x","l":[1,2]}\n'),
      Buffer.from(line),
      Buffer.from('\n{"n":2}\n'),
    ]);
    const error = await lockstepError(() => read(file, { types }));
    expect([error.code, error.place]).toEqual(['INVALID_DATA', `t.jsonl, ${place}`]);
    expect(error.message).toMatch(message);
    const { columns, skipped } = await read(file, { types, onBadRow: 'skip' });
    expect(columns).toEqual({ n: [1, 2], t: ['x', null], l: [[1, 2], null] });
    expect([skipped.rows, skipped.first[0].line]).toEqual([1, 2]);
  });

  test('a name behind the sample', async () => {
    const rows = '{"a":1}\n'.repeat(10_000);
    await expect(read(`${rows}{"b":1}\n`)).rejects.toThrow(/line 10001, column "b": expected names of the first 10000/);
  });

  test('what ends the reading', async () => {
    await expect(read(`{"a":1}\n"${'x'.repeat(2 ** 20)}`, { onBadRow: 'skip' })).rejects.toThrow(
      /line 2: expected lines of/,
    );
    await expect(read('{"a":1}\n{"a":"x"}')).rejects.toThrow(/column "a".*several kinds.*COLUMN_TYPE/);
    await expect(read('{"a":[]}', { types: { a: 'float32' } })).rejects.toThrow(/COLUMN_TYPE/);
    await expect(read('')).rejects.toThrow(/expected a column, received none/);
    await expect(read('{"a":1}', { types: { b: 'int8' } })).rejects.toThrow(/COLUMN_MISSING/);
  });

  test('damage gives an error, or rows', async () => {
    const random = integers(9);
    const file = Buffer.from('{"n":1,"t":"x","l":[1,2]}\n'.repeat(6));
    for (let round = 0; round < 300; round++) {
      const damaged = Buffer.from(file);
      damaged[random(file.length)] = random(256);
      try {
        const { columns, skipped } = await read(damaged, { onBadRow: 'skip' });
        for (const column of Object.values(columns)) expect(column.length + skipped.rows).toBeLessThanOrEqual(7);
      } catch (error) {
        expect((error as Error).message).toMatch(/^t\.jsonl, (line \d|column )/);
      }
    }
  });
});
