import { describe, expect, test } from 'vitest';
import { integers, lockstepError } from '../../testing/files.ts';
import { checkCsvOptions } from './options.ts';
import type { CsvOptions } from './options.ts';
import { CsvTable } from './csvTable.ts';

type Cell = number | bigint | string | null;

interface Read {
  readonly types: readonly string[];
  readonly columns: Readonly<Record<string, Cell[]>>;
  readonly lines: readonly number[];
  readonly skipped: CsvTable['skipped'];
}

/** Reads pieces of a file, each scanned as soon as it is there; categories come back as texts. */
async function read(pieces: readonly Uint8Array[], options: CsvOptions = {}): Promise<Read> {
  const input = { name: 't.csv', pieces: () => pieces, scanBytes: 1 };
  const table = await CsvTable.open(input, checkCsvOptions(options, 'csv'));
  const columns = Object.fromEntries(table.columns.map(({ name }) => [name, [] as Cell[]]));
  const lines: number[] = [];
  for await (const block of table.blocks()) {
    table.columns.forEach(({ name, categories }, i) => {
      const { values, nulls } = block.columns[i];
      for (let row = 0; row < block.rows; row++) {
        const value = categories === null ? values[row] : categories[Number(values[row])];
        columns[name].push(nulls?.[row] === 1 ? null : value);
      }
    });
    lines.push(...block.lines!.subarray(0, block.rows));
  }
  return { types: table.columns.map(({ type }) => type), columns, lines, skipped: table.skipped };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

/** What came of it: what was read, or the error. */
async function outcome(pieces: readonly Uint8Array[], options: CsvOptions): Promise<unknown> {
  try {
    return await read(pieces, options);
  } catch (error) {
    return (error as Error).message;
  }
}

function cut(file: Buffer, random: (bound: number) => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const end = Math.min(file.length, at + 1 + random(40));
    pieces.push(file.subarray(at, end));
    at = end;
  }
  return pieces;
}

describe('what was written comes back', () => {
  const PARTS = ['a', 'ß', '日本', '"', ',', ';', '\n', '\r\n', ' ', '\r', "'", '\t', '0', '😀'];

  test.for(Array.from({ length: 60 }, (_, seed) => seed))('random table %i', async (seed) => {
    const random = integers(seed * 7919 + 1);
    const separator = [',', ';', '\t', '|'][random(4)];
    const lineEnd = random(2) === 0 ? '\n' : '\r\n';
    const rows = 1 + random(30);
    const makers: (() => Cell)[] = [
      () => random(2000) - 1000,
      () => Math.fround((random(2 ** 20) - 2 ** 19) / 2 ** random(24)),
      () => BigInt(random(2 ** 30)) * 2n ** 31n - 5n,
      () => ['true', 'False'][random(2)],
      () => Array.from({ length: random(5) }, () => PARTS[random(PARTS.length)]).join(''),
    ];
    const types = ['int32', 'float32', 'int64', 'bool', 'category'] as const;
    const kinds = Array.from({ length: 1 + random(6) }, () => random(5));
    const names = kinds.map((kind, i) => `${types[kind]},"${i}"`);
    const columns = kinds.map((kind) => {
      return Array.from({ length: rows }, () => (random(5) === 0 ? null : makers[kind]()));
    });
    // A null is nothing at all; an empty text has quotes; quotes may stand where they need not.
    const write = (value: Cell): string => {
      const text = value === null ? '' : String(value);
      const must = value === '' || /["\r\n]/.test(text) || text.includes(separator);
      return must || (value !== null && random(4) === 0) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const table = [
      names.map((name) => write(name)),
      ...Array.from({ length: rows }, (_, row) => columns.map((c) => write(c[row]))),
    ];
    const isEnded = random(2) === 0;
    const text = table.map((row) => row.join(separator)).join(lineEnd) + (isEnded ? lineEnd : '');
    const file = bytes(`${random(2) === 0 ? '\uFEFF' : ''}${text}`);
    // A last row of one null and no line end is no row.
    const lost = kinds.length === 1 && columns[0][rows - 1] === null && !isEnded ? 1 : 0;
    const given = Object.fromEntries(names.map((name, i) => [name, types[kinds[i]]]));
    const back = await read(cut(file, random), { separator, types: given });
    const bool = (value: Cell): Cell => (value === null ? null : Number(String(value).toLowerCase() === 'true'));
    names.forEach((name, i) => {
      const expected = kinds[i] === 3 ? columns[i].map(bool) : columns[i];
      expect(back.columns[name], name).toEqual(expected.slice(0, rows - lost));
    });
    expect(back.skipped.rows).toBe(0);
  });

  const NASTY = '\uFEFFa,"b ""x""",c\r\n1,"x, ""y""\r\nz",-2.5e-3\n\n,"",\r\n"7",日本,+.5';

  test('wherever the bytes are cut', async () => {
    const file = bytes(NASTY);
    const whole = await read([file]);
    expect(whole).toEqual({
      types: ['int32', 'category', 'float32'],
      columns: { a: [1, null, 7], 'b "x"': ['x, "y"\r\nz', '', '日本'], c: [Math.fround(-2.5e-3), null, 0.5] },
      lines: [2, 5, 6],
      skipped: { rows: 0, first: [] },
    });
    for (let at = 1; at < file.length; at++) {
      expect(await read([file.subarray(0, at), file.subarray(at)]), `cut at ${at}`).toEqual(whole);
    }
    expect(await read(Array.from(file, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test('without a header, rows of one column, empty ones too', async () => {
    const { columns } = await read([bytes('1\n\n3\n')], { header: false });
    expect(columns).toEqual({ column1: [1, null, 3] });
  });
});

test.for<[string, string]>([
  ['1\n-20', 'int32'],
  ['2147483647\n2147483648', 'int64'],
  ['99999999999999999999', 'float64'],
  ['1\n2.5', 'float32'],
  ['1e3', 'float32'],
  ['16777217.5', 'float64'],
  ['1e39', 'float64'],
  ['true\nFALSE', 'bool'],
  ['true\n1', 'category'],
  ['1\nx', 'category'],
  ['0x10', 'category'],
  ['1,000', 'category'],
  ['nan', 'category'],
  ['""', 'float32'],
])('%j is of type %s', async ([values, type]) => {
  const quoted = values.split('\n').map((value) => (value === '""' ? value : `"${value}"`));
  expect((await read([bytes(`x\n${quoted.join('\n')}\n`)])).types).toEqual([type]);
});

describe('bad rows', () => {
  const CASES: [string, string, string, RegExp][] = [
    ['too few fields', '1,2\n3\n5,6\n', 't.csv, line 3', /2 fields.*1 field/],
    ['too many fields', '1,2\n3,4,\n5,6\n', 't.csv, line 3', /2 fields.*3 fields/],
    ['a quote inside', '1,2\n3,4"\n5,6\n', 't.csv, line 3', /quote inside/],
    ['text behind a quote', '1,2\n"3"x,4\n5,6\n', 't.csv, line 3', /behind a closing quote/],
    ['a carriage return', '1,2\n3\r4,4\n5,6\n', 't.csv, line 3', /carriage return/],
    ['no integer', '1,2\n3.5,4\n5,6\n', 't.csv, line 3, column "a"', /int32.*"3.5"/],
    ['beyond int32', '1,2\n3,9999999999\n5,6\n', 't.csv, line 3, column "b"', /2147483647.*"9999999999"/],
    ['a sign alone', '1,2\n3,-\n5,6\n', 't.csv, line 3, column "b"', /"-"/],
    ['no number behind a quoted line end', '1,2\n"\n",4\n5,6\n', 't.csv, line 3, column "a"', /"\\n"/],
  ];
  const types = { a: 'int32', b: 'int32' } as const;

  test.for(CASES)('%s: an error', async ([, rows, place, message]) => {
    const error = await lockstepError(() => read([bytes(`a,b\n${rows}`)], { types }));
    expect(error.place).toBe(place);
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toMatch(message);
  });

  test.for(CASES)('%s: left out and counted', async ([, rows]) => {
    const { columns, lines, skipped } = await read([bytes(`a,b\n${rows}`)], { types, onBadRow: 'skip' });
    expect(columns).toEqual({ a: [1, 5], b: [2, 6] });
    expect([skipped.rows, skipped.first[0].line, lines[0]]).toEqual([1, 3, 2]);
  });

  test.for<[string, Buffer, RegExp]>([
    ['an open quote', bytes('a,b\n1,"2\n3,4\n'), /line 2: expected a closing quote/],
    [
      'a row without end',
      bytes(`a,b\n1,2\n3,"${'x'.repeat(2 ** 20)}`),
      /line 3: expected rows of at most 1048576 bytes/,
    ],
    ['a long row', bytes(`a,b\n1,2\n3,${'x'.repeat(2 ** 20)}\n`), /line 3: expected rows of at most 1048576 bytes/],
    ['nothing', bytes(''), /an empty file/],
    ['a name twice', bytes('a,a\n1,2\n'), /"a" twice/],
    ['UTF-16', Buffer.from('\uFEFFa,b\n', 'utf16le'), /UTF-16/],
    ['many columns', bytes(`${'a,'.repeat(20_000)}\n`), /4096 columns at most/],
  ])('%s ends the reading, whatever is done with bad rows', async ([, file, message]) => {
    for (const onBadRow of ['error', 'skip'] as const) {
      await expect(read([file], { onBadRow, types: {} })).rejects.toThrow(message);
    }
  });

  test('texts', async () => {
    const latin = Buffer.concat([bytes('a\nx\n'), Uint8Array.of(0xe9, 0x0a)]);
    await expect(read([latin])).rejects.toThrow(/line 3, column "a": expected a text in UTF-8/);
    const fixed = { types: { a: ['y', 'x'] } };
    await expect(read([bytes('a\nx\nz\n')], fixed)).rejects.toThrow(/line 3.*one of the 2 texts listed.*"z"/);
    const { columns } = await read([bytes('a,b\nx,1\nz,2\ny,3\n')], { ...fixed, onBadRow: 'skip' });
    expect(columns).toEqual({ a: ['x', 'y'], b: [1, 3] });
    const many = Array.from({ length: 65_537 }, (_, i) => `t${i}`).join('\n');
    await expect(read([bytes(`a\n${many}`)], { onBadRow: 'skip' })).rejects.toThrow(/at most 65536 different texts/);
  });

  test('a type of no column', async () => {
    const error = await lockstepError(() => read([bytes('height\n1\n')], { types: { heigth: 'int32' } }));
    expect([error.code, error.advice]).toEqual(['COLUMN_MISSING', 'Did you mean "height"?']);
  });
});

test('damage gives an error, or rows and skipped rows; the same ones however the file is cut', async () => {
  const random = integers(5);
  const rows = Array.from({ length: 12 }, (_, i) => `${i},${i / 8},"t ""${i % 3}"""`).join('\r\n');
  const file = bytes(`n,x,t\r\n${rows}\r\n`);
  const types = { n: 'int32', x: 'float32', t: 'category' } as const;
  for (let round = 0; round < 150; round++) {
    const damaged = Buffer.from(file);
    for (let i = 0; i <= random(3); i++) damaged[random(file.length)] = [0, 10, 13, 34, 44, 200, 48][random(7)];
    const end = random(3) === 0 ? random(file.length) : file.length;
    for (const onBadRow of ['error', 'skip'] as const) {
      const options = { types, onBadRow };
      const whole = await outcome([damaged.subarray(0, end)], options);
      if (typeof whole === 'string') expect(whole).toMatch(/^t\.csv, (line \d+|column)/);
      else for (const column of Object.values((whole as Read).columns)) expect(column.length).toBeLessThanOrEqual(26);
      expect(await outcome(cut(damaged.subarray(0, end), random), options)).toEqual(whole);
    }
  }
});
