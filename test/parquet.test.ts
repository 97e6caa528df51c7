/** Parquet files of DuckDB, polars and hyparquet-writer become folders of Arrow files: the same, whoever reads them. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertParquet, describeTable } from '@lockstep/arrow';
import type { ConvertParquetOptions, TableColumn } from '@lockstep/arrow';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { raised } from './support/mistakes.ts';
import { columnsOf, connectDuckDB, convertByBoth } from './support/parquetFiles.ts';

const duckdb = await connectDuckDB();
const polars = await import('nodejs-polars').then(
  (module) => module.default,
  () => undefined,
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-parquet-'));
});
afterAll(() => {
  duckdb?.closeSync();
  rmSync(folder, { recursive: true });
});

async function messageOf(run: () => Promise<unknown>): Promise<string> {
  const error = await raised(run);
  return error instanceof Error ? error.message : String(error);
}

/** Writes what a query of DuckDB gives, `i` from 0, and returns the path. */
async function written(name: string, columns: string, rows: number, options = ''): Promise<string> {
  const path = join(folder, name);
  await duckdb!.run(`COPY (SELECT ${columns} FROM range(${rows}) t(i)) TO '${path}' (FORMAT parquet${options})`);
  return path;
}

describe.skipIf(duckdb === undefined)('files of DuckDB', () => {
  const instant = "TIMESTAMP '2020-01-01 00:00:00.123456' + INTERVAL (i) SECOND";
  const MICROS = 1_577_836_800_123_456n;

  /** Type in the table, what the file says beside it, and the values of rows 0 to 2; row 3 is null. */
  const types: readonly (readonly [string, string, string, string | undefined, readonly unknown[]])[] = [
    ['bool', 'i % 2 = 0', 'bool', undefined, [1, 0, 1]],
    ['int8', '(i - 128)::TINYINT', 'int8', undefined, [-128, -127, -126]],
    ['uint8', '(i + 253)::UTINYINT', 'uint8', undefined, [253, 254, 255]],
    ['int16', '(i - 32768)::SMALLINT', 'int16', undefined, [-32_768, -32_767, -32_766]],
    ['uint16', '(i + 65533)::USMALLINT', 'uint16', undefined, [65_533, 65_534, 65_535]],
    ['int32', '(i - 2147483648)::INTEGER', 'int32', undefined, [-2_147_483_648, -2_147_483_647, -2_147_483_646]],
    ['uint32', '(i + 4294967293)::UINTEGER', 'uint32', undefined, [4_294_967_293, 4_294_967_294, 4_294_967_295]],
    ['int64', 'i + 9007199254740993', 'int64', undefined, [1n, 2n, 3n].map((n) => n + 9_007_199_254_740_992n)],
    [
      'uint64',
      "i::UBIGINT + '18446744073709551612'::UBIGINT",
      'uint64',
      undefined,
      [4n, 3n, 2n].map((n) => 2n ** 64n - n),
    ],
    ['float', '(i / 3)::FLOAT', 'float32', undefined, [0, 1 / 3, 2 / 3].map(Math.fround)],
    ['double', 'i / 3', 'float64', undefined, [0, 1 / 3, 2 / 3]],
    ['date', "DATE '2020-01-01' + i::INTEGER", 'int32', 'days since 1970', [18_262, 18_263, 18_264]],
    ['µs', instant, 'int64', 'timestamp in µs', [0n, 1n, 2n].map((n) => MICROS + n * 1_000_000n)],
    ['zone', `(${instant})::TIMESTAMPTZ`, 'int64', 'timestamp in µs', [0n, 1n, 2n].map((n) => MICROS + n * 1_000_000n)],
    [
      'ms',
      `(${instant})::TIMESTAMP_MS`,
      'int64',
      'timestamp in ms',
      [0n, 1n, 2n].map((n) => MICROS / 1000n + n * 1000n),
    ],
    [
      'ns',
      `(${instant})::TIMESTAMP_NS`,
      'int64',
      'timestamp in ns',
      [0n, 1n, 2n].map((n) => MICROS * 1000n + n * 10n ** 9n),
    ],
    ['time', "TIME '00:00:01' + INTERVAL (i) SECOND", 'int64', 'time in µs', [1_000_000n, 2_000_000n, 3_000_000n]],
    ['decimal', '(i / 4)::DECIMAL(9, 3)', 'float64', 'decimal(9, 3)', [0, 0.25, 0.5]],
    ['decimal of 16 bytes', '(i * -0.1)::DECIMAL(38, 10)', 'float64', 'decimal(38, 10)', [0, -0.1, -0.2]],
    ['text', "['ä', 'b'][i % 2 + 1]", 'category', undefined, [0, 1, 0]],
    ['enum', "['x', 'y'][i % 2 + 1]::ENUM ('y', 'x')", 'category', undefined, [0, 1, 0]],
    ['bytes', "['x', 'y'][i % 2 + 1]::BLOB", 'category', 'bytes', [0, 1, 0]],
    [
      'floats',
      '[i, i + 0.5, 2]::FLOAT[]',
      'float32',
      undefined,
      [
        [0, 0.5, 2],
        [1, 1.5, 2],
        [2, 2.5, 2],
      ],
    ],
    [
      'integers',
      '[i, -i]::SMALLINT[]',
      'int16',
      undefined,
      [
        [0, 0],
        [1, -1],
        [2, -2],
      ],
    ],
    ['truth', '[i > 1]', 'bool', undefined, [[0], [0], [1]].map(([n]) => n)],
  ];

  test('types, values and nulls', async () => {
    const sql = types.map(([name, expression]) => `CASE WHEN i < 3 THEN ${expression} END AS "${name}"`);
    const path = await written('types.parquet', sql.join(', '), 4);
    let columns: readonly TableColumn[] = [];
    const onColumns = (given: readonly TableColumn[]): void => void (columns = given);
    const { index, same } = await convertByBoth(path, join(folder, 'types'), true, { onColumns });
    expect(columns.map(({ name, type, meaning }) => [name, type, meaning])).toEqual(
      types.map(([name, , type, meaning]) => [name, type, meaning]),
    );
    expect(index.columns.every(({ nulls }) => nulls === 1)).toBe(true);
    expect(columnsOf(join(folder, 'types-hyparquet'))).toEqual(
      Object.fromEntries(types.map(([name, , , , values]) => [name, [...values, null]])),
    );
    expect(same).toBe(true);
  });

  test('every codec, in several row groups', async () => {
    const columns = "CASE WHEN i % 7 > 0 THEN i END AS n, 'text ' || (i % 300) AS s, [i, i / 8]::DOUBLE[] AS l";
    const codecs = ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw'];
    for (const codec of codecs) {
      await written(`codec-${codec}.parquet`, columns, 3000, `, CODEC '${codec}', ROW_GROUP_SIZE 2048`);
    }
    const { index, same } = await convertByBoth(join(folder, 'codec-*.parquet'), join(folder, 'codecs'), true);
    expect(index.rows).toBe(18_000);
    const table = columnsOf(join(folder, 'codecs-hyparquet'));
    codecs.forEach((_, file) => {
      const rows = [0, 1, 2047, 2048, 2999].map((row) => [
        table['n'][3000 * file + row],
        table['s'][3000 * file + row],
      ]);
      expect(rows).toEqual([
        [null, 0],
        [1n, 1],
        [2047n, 247],
        [2048n, 248],
        [2999n, 299],
      ]);
      expect(table['l'][3000 * file + 2999]).toEqual([2999, 374.875]);
    });
    expect(same).toBe(true);
  });

  test('several files are one table, in the order of their names; their categories are numbered together', async () => {
    await written('many-2.parquet', "i + 10 AS n, ['b', 'c'][i % 2 + 1] AS s", 2);
    await written('many-1.parquet', "i AS n, 'a' AS s", 2);
    const { index, same } = await convertByBoth(join(folder, 'many-*.parquet'), join(folder, 'many'), true);
    expect(index).toMatchObject({ rows: 4, source: { format: 'parquet', file: 'many-1.parquet and 1 more' } });
    expect(columnsOf(join(folder, 'many-hyparquet'))).toEqual({ n: [0n, 1n, 10n, 11n], s: [0, 0, 1, 2] });
    expect(same).toBe(true);
    await written('many-3.parquet', "i::INTEGER AS n, 'a' AS s", 2);
    const convert = convertParquet(join(folder, 'many-*.parquet'), join(folder, 'none'));
    await expect(convert).rejects.toThrow(
      /many-3\.parquet, column 1: expected "n" of type int64, as in .*int32.*COLUMN_TYPE/,
    );
  });

  test('nested columns are refused with what to do, and may be left out', async () => {
    const path = await written('nested.parquet', "{ 'a': i } AS s, i AS n, [[i]] AS l, MAP { 'k': i } AS m", 3);
    const out = join(folder, 'nested');
    const convert = (options: ConvertParquetOptions): Promise<unknown> => convertParquet(path, out, options);
    await expect(convert({})).rejects.toThrow(
      /column "s": expected .*received a nested struct.*members as columns.*COLUMN_TYPE/,
    );
    await expect(convert({ columns: ['l'] })).rejects.toThrow(/column "l": .*a list of lists or structs/);
    await expect(convert({ columns: ['m'] })).rejects.toThrow(/column "m": .*a map/);
    const { same } = await convertByBoth(path, out, true, { types: { s: 'skip', l: 'skip', m: 'skip' } });
    expect(columnsOf(`${out}-hyparquet`)).toEqual({ n: [0n, 1n, 2n] });
    expect(same).toBe(true);
  });

  test.each(['hyparquet', 'duckdb'] as const)('lists that are no rows of a table, by %s', async (reader) => {
    const convert = async (sql: string): Promise<string> => {
      const path = await written('ragged.parquet', `${sql} AS l`, 5000);
      return messageOf(() => convertParquet(path, join(folder, 'ragged'), { reader }));
    };
    expect(await convert('CASE WHEN i = 4321 THEN [1] ELSE [1, 2] END')).toMatch(
      /row group 0, column "l", row 4321: expected a list of 2 numbers, as the rows before, received 1/,
    );
    expect(await convert('CASE WHEN i = 4321 THEN [] ELSE [1] END')).toMatch(
      /row 4321: expected a list of 1 .*received 0/,
    );
    expect(await convert('CASE WHEN i = 4321 THEN [1, NULL] ELSE [1, 2] END')).toMatch(/row 4321: .*received a null/);
    expect(await convert('NULL::INTEGER[]')).toMatch(/expected a list of at least one number, received nulls/);
    expect(existsSync(join(folder, 'ragged'))).toBe(false);
  });
});

test.skipIf(polars === undefined)('files of polars, of every codec', async () => {
  const pl = polars!;
  const rows = 3000;
  const frame = pl
    .DataFrame({
      n: Array.from({ length: rows }, (_, i) => (i % 13 === 0 ? null : i - 100)),
      f: Array.from({ length: rows }, (_, i) => i / 7),
      s: Array.from({ length: rows }, (_, i) => (i % 11 === 0 ? null : `wörd ${i % 37}`)),
      b: Array.from({ length: rows }, (_, i) => i % 3 === 0),
      id: Array.from({ length: rows }, (_, i) => `text ${i}`),
    })
    .withColumns(pl.col('f').cast(pl.Float32).alias('f32'), pl.col('s').cast(pl.Categorical).alias('c'));
  const codecs = ['uncompressed', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'] as const;
  for (const compression of codecs) {
    frame.writeParquet(join(folder, `polars-${compression}.parquet`), { compression });
  }
  const files = join(folder, 'polars-*.parquet');
  const { index, same } = await convertByBoth(files, join(folder, 'polars'), duckdb !== undefined);
  expect(index.columns.map(({ name, type, nulls }) => `${name} ${type} ${nulls / codecs.length}`)).toEqual([
    ...['n float64 231', 'f float64 0', 's category 273', 'b bool 0', 'id category 0', 'f32 float32 0'],
    'c category 273',
  ]);
  expect(index.columns[1].numbers!.max).toBe(2999 / 7);
  expect(index.columns[3].counts).toEqual([12_000, 6000]);
  const columns = columnsOf(join(folder, 'polars-hyparquet'));
  expect(columns['n']).toEqual(codecs.flatMap(() => frame.getColumn('n').toArray()));
  expect(columns['c']).toEqual(columns['s']);
  expect(same).toBe(true);
});

describe('files of hyparquet-writer', () => {
  const length = 2000;
  const numbers = Array.from({ length }, (_, i) => (i * 7919) % 4001);
  const texts = numbers.map((n) => `word ${String(n % 90).padStart(3, '0')}`);

  test('encodings that other writers do not choose by themselves', async () => {
    const encoded = [
      ['DELTA_BINARY_PACKED', 'INT32', numbers],
      ['DELTA_BINARY_PACKED', 'INT64', numbers.map((n) => BigInt(n) - 2000n)],
      ['BYTE_STREAM_SPLIT', 'FLOAT', numbers.map((n) => Math.fround(n / 7))],
      ['BYTE_STREAM_SPLIT', 'DOUBLE', numbers.map((n) => n / 7)],
      ['DELTA_LENGTH_BYTE_ARRAY', 'STRING', texts],
      ['DELTA_BYTE_ARRAY', 'STRING', texts],
      ['RLE', 'BOOLEAN', numbers.map((n) => n % 5 === 0)],
      ['PLAIN', 'FLOAT16', numbers.map((n) => (n % 500) / 4)],
    ] as const;
    const columnData = encoded.map(([encoding, type, data]) => {
      return { name: `${encoding} ${type}`, data: [...data], type, encoding };
    });
    const filename = join(folder, 'encodings.parquet');
    // Pages are cut, so that there are several in a row group.
    parquetWriteFile({ filename, columnData, pageSize: 500, rowGroupSize: 1500 });
    const { same } = await convertByBoth(filename, join(folder, 'encodings'), duckdb !== undefined);
    const codes = [...new Set(texts)];
    const table = columnsOf(join(folder, 'encodings-hyparquet'));
    for (const { name, data } of columnData) {
      const expected = data.map((value: unknown) => {
        if (typeof value === 'boolean') return Number(value);
        return typeof value === 'string' ? codes.indexOf(value) : value;
      });
      expect(table[name], name).toEqual(expected);
    }
    expect(same).toBe(true);
  });

  const path = (): string => {
    const filename = join(folder, 'plain.parquet');
    const columnData = [
      { name: 'n', data: [1, 2, 3], type: 'INT32' as const },
      { name: 's', data: ['b', 'a', 'c'], type: 'STRING' as const },
    ];
    if (!existsSync(filename)) parquetWriteFile({ filename, columnData });
    return filename;
  };

  test('texts that are listed have the numbers of the list', async () => {
    const out = join(folder, 'listed');
    const { index } = await convertByBoth(path(), out, duckdb !== undefined, { types: { s: ['a', 'b', 'c'] } });
    expect(index.columns[1]).toMatchObject({ categories: ['a', 'b', 'c'], counts: [1, 1, 1] });
    expect(columnsOf(`${out}-hyparquet`)['s']).toEqual([1, 0, 2]);
    expect((await describeTable(`${out}-hyparquet`, { checksums: true })).rows).toBe(3);
  });

  test.each<[string, ConvertParquetOptions, RegExp]>([
    [
      'an unknown column',
      { columns: ['m'] },
      /column "m": expected one of the file's columns \(n, s\).*COLUMN_MISSING/,
    ],
    ['a type of an unknown one', { types: { m: 'skip' } }, /no such column.*COLUMN_MISSING/],
    [
      'a type',
      { types: { n: 'int8' as 'skip' } },
      /types\.n: expected 'skip', or a list.*file itself says.*INVALID_OPTION/,
    ],
    [
      'texts of numbers',
      { types: { n: ['1'] } },
      /column "n": expected a column of texts.*received int32.*COLUMN_TYPE/,
    ],
    ['nothing left', { types: { n: 'skip', s: 'skip' } }, /expected a column that is not skipped/],
    [
      'texts that are not listed',
      { types: { s: ['a', 'b'] } },
      /row group 0, row 2, column "s".*one of the 2 texts.*"c"/,
    ],
    [
      'another reader',
      { reader: 'polars' as 'auto' },
      /convertParquet\.reader: expected 'auto', 'duckdb', 'hyparquet'/,
    ],
    ['an unknown option', { column: ['n'] } as object, /Did you mean columns\?/],
  ])('%s is an error, and no folder', async (_, options, message) => {
    const out = join(folder, 'refused');
    expect(await messageOf(() => convertParquet(path(), out, { reader: 'hyparquet', ...options }))).toMatch(message);
    expect(readdirSync(folder).filter((name) => name.startsWith('refused'))).toEqual([]);
  });
});
