/** Every type of column and what it can be read as, against apache-arrow's own reading. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { ArrowDatasetOptions, FilterCondition } from './optionTypes.ts';
import { integers, lockstepError, readAll, scratchDirectory } from './testing/files.ts';
import { writeTable } from './testing/randomTable.ts';
import type { Compression } from './testing/randomTable.ts';

const directory = scratchDirectory();
let written = 0;
/** Record batches of so many rows. */
const SIZES = [9, 1, 23, 17];
const ROWS = SIZES.reduce((sum, size) => sum + size, 0);

function column(type: arrow.DataType, values: readonly unknown[]): arrow.Vector {
  let at = 0;
  const parts = SIZES.map((size) => arrow.vectorFromArray(values.slice(at, (at += size)), type as never));
  return parts[0].concat(...parts.slice(1)) as arrow.Vector;
}

const ids = Array.from({ length: ROWS }, (_, row) => row);
const id = column(new arrow.Int32(), ids);

function write(columns: Record<string, arrow.Vector>, compression: Compression = 'none', stream = false): string {
  const path = join(directory, `${written++}.arrow`);
  writeFileSync(
    path,
    writeTable(new arrow.Table({ ...columns, id, row: id }), stream ? 'stream' : 'file', compression),
  );
  return path;
}

async function featuresOf(path: string, feature: ArrowDatasetOptions['features'][number]): Promise<number[]> {
  return [...(await readAll(await arrowDataset(path, { features: [feature], label: 'id' }))).features];
}

const next = integers(7);
const WORDS = ['', 'fig', 'Äpfel', 'a text of more than twelve bytes', 'pear', 'another text that is longer', '🍐'];
const words = ids.map(() => WORDS[next(WORDS.length)]);
const byCodeUnit = (a: string | number, b: string | number): number => (a < b ? -1 : 1);
const sorted = [...new Set(words)].toSorted(byCodeUnit);

describe.each([
  ['Utf8', () => column(new arrow.Utf8(), words), 'none'],
  ['Utf8', () => column(new arrow.Utf8(), words), 'LZ4'],
  ['LargeUtf8', () => column(new arrow.LargeUtf8(), words), 'none'],
  ['LargeUtf8', () => column(new arrow.LargeUtf8(), words), 'ZSTD'],
  ['Utf8View', () => column(new arrow.Utf8View(), words), 'none'],
  ['Utf8View', () => column(new arrow.Utf8View(), words), 'ZSTD'],
] as const)('texts of %s', (_, make, compression) => {
  const path = write({ text: make() }, compression, compression === 'LZ4');
  const nulls = words.map((word, row) => (row % 6 === 5 ? null : word));
  const withNulls = write({ text: column(make().type as arrow.DataType, nulls) }, compression);

  test(`classes, ${compression}`, async () => {
    const data = await arrowDataset(path, { features: ['id'], label: 'text' });
    expect(data.label).toEqual({ width: 1, integer: true });
    expect(data.description.columns[1].vocabulary).toEqual(sorted);
    const { classLabels } = await readAll(data, 'classIndex');
    expect([...classLabels]).toEqual(words.map((word) => sorted.indexOf(word)));
    const first = await arrowDataset(path, {
      features: ['id'],
      label: { column: 'text', vocabulary: 'firstAppearance', oneHot: true },
    });
    const vocabulary = [...new Set(words)];
    expect(first.description.columns[1].vocabulary).toEqual(vocabulary);
    const oneHot = words.flatMap((word) => vocabulary.map((each) => Number(each === word)));
    expect([...(await readAll(first)).valueLabels]).toEqual(oneHot);
  });

  test(`features, ${compression}`, async () => {
    expect(await featuresOf(path, { column: 'text', embeddingIndex: true })).toEqual(
      words.map((word) => sorted.indexOf(word)),
    );
    const present = [...new Set(nulls.filter((word) => word !== null))].toSorted(byCodeUnit);
    expect(await featuresOf(withNulls, { column: 'text', oneHot: true, fillNull: { indicator: true } })).toEqual(
      nulls.flatMap((word) => [...present.map((each) => Number(each === word)), Number(word === null)]),
    );
    const error = await lockstepError(() =>
      arrowDataset(withNulls, { features: [{ column: 'text', oneHot: true }], label: 'id' }),
    );
    expect(error.place).toBe(`${withNulls}, record batch 0, column "text", row 5`);
  });

  test.for<[unknown[], (word: string | null) => boolean]>([
    [['==', 'fig'], (word) => word === 'fig'],
    [['!=', 'fig'], (word) => word !== null && word !== 'fig'],
    [['in', ['pear', 'Äpfel', 'none']], (word) => word === 'pear' || word === 'Äpfel'],
    [['not in', ['pear', '']], (word) => word !== null && word !== 'pear' && word !== ''],
    [['isNull'], (word) => word === null],
    [['notNull'], (word) => word !== null],
  ])(`filter %j, ${compression}`, async ([condition, keeps]) => {
    const filter = [['text', ...condition]] as unknown as FilterCondition[];
    const data = await arrowDataset(withNulls, { features: ['id'], label: 'row', filter });
    const kept = ids.filter((row) => keeps(nulls[row]));
    expect([...(await readAll(data)).features]).toEqual(kept);
    expect(data.description.rows).toEqual({
      inFiles: ROWS,
      filtered: ROWS - kept.length,
      skipped: 0,
      inDataset: kept.length,
    });
  });
});

test('a file of texts, dictionaries of texts and of numbers: one filter for all', async () => {
  const dictionary = arrow.vectorFromArray(WORDS, new arrow.Utf8());
  const numbers = arrow.vectorFromArray([0.5, 20, -3], new arrow.Float64());
  const codes = (type: arrow.DataType, values: arrow.Vector, of: (row: number) => number): arrow.Vector => {
    let at = 0;
    const dictionaryType = new arrow.Dictionary(type, new arrow.Int8());
    const parts = SIZES.map((size) => {
      const data = Int8Array.from({ length: size }, () => of(at++));
      return arrow.makeData({ type: dictionaryType, length: size, nullCount: 0, data, dictionary: values } as never);
    });
    return new arrow.Vector(parts) as arrow.Vector;
  };
  const path = write({
    text: codes(dictionary.type, dictionary, (row) => WORDS.indexOf(words[row])),
    number: codes(numbers.type, numbers, (row) => row % 3),
  });
  const values = ids.map((row) => [0.5, 20, -3][row % 3]);
  expect(await featuresOf(path, 'number')).toEqual(values);
  expect(await featuresOf(path, { column: 'number', cast: 'int8', embeddingIndex: true })).toEqual(
    values.map((value) => [-3, 0, 20].indexOf(Math.trunc(value))),
  );
  const data = await arrowDataset(path, {
    features: ['number'],
    label: 'text',
    filter: [
      ['text', 'in', ['fig', 'pear']],
      ['number', '>', 0],
    ],
  });
  const kept = ids.filter((row) => (words[row] === 'fig' || words[row] === 'pear') && values[row] > 0);
  const batch = await readAll(data, 'classIndex');
  expect([...batch.features]).toEqual(kept.map((row) => values[row]));
  expect([...batch.classLabels]).toEqual(kept.map((row) => ['fig', 'pear'].indexOf(words[row])));
});

describe('decimals are the nearest doubles', () => {
  const digits = (count: number): bigint => BigInt(Array.from({ length: count }, () => next(10)).join('') || '0');
  test.for([
    [32, 9, 3],
    [64, 18, 5],
    [128, 38, 10],
    [128, 38, 0],
    [128, 20, -4],
    [256, 76, 40],
  ] as const)('%i bits, %i digits, %i of them behind the point', async ([bits, precision, places]) => {
    const unscaled = ids.map((row) => digits(1 + (row % precision)) * (row % 2 === 0 ? 1n : -1n));
    const words32 = unscaled.map((value) =>
      Uint32Array.from({ length: bits / 32 }, (_, i) => Number(BigInt.asUintN(32, value >> BigInt(32 * i)))),
    );
    const data = SIZES.map((size, i) => {
      const first = SIZES.slice(0, i).reduce((sum, each) => sum + each, 0);
      const flat = Uint32Array.from(words32.slice(first, first + size).flatMap((each) => [...each]));
      const type = new arrow.Decimal(places, precision, bits);
      return arrow.makeData({ type, length: size, nullCount: 0, data: flat } as never);
    });
    const path = write({ price: new arrow.Vector(data) as arrow.Vector, other: id });
    const expected = unscaled.map((value) => Number(`${value}e${-places}`));
    expect(await featuresOf(path, 'price')).toEqual(expected.map((value) => Math.fround(value)));
    const scaled = await featuresOf(path, { column: 'price', scale: 1e-30 });
    expect(scaled).toEqual(expected.map((value) => Math.fround(value * 1e-30)));
  });
});

describe('casts', () => {
  const values = ids.map((row) => [0, -0.5, 1.99, -1.99, 127.9, -128, 255, 3e9, -7, 1 / 3][row % 10]);
  const inRange = (kind: string): number[] => values.filter((value) => expectedCast(kind, value) !== undefined);

  /** By JavaScript's own typed arrays, which cut and wrap; undefined where they wrapped. */
  function expectedCast(kind: string, value: number): number | undefined {
    if (kind === 'bool') return Number(value !== 0);
    if (kind === 'float32') return Math.fround(value);
    if (kind === 'float64') return value;
    if (kind === 'int64') return Number(BigInt.asIntN(64, BigInt(Math.trunc(value))));
    const arrays = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array };
    const stored = (arrays[kind as 'int8'] ?? Uint32Array).of(value)[0];
    return stored === Math.trunc(value) + 0 ? stored : undefined;
  }

  test.for(['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'float32', 'float64'] as const)(
    'numbers to %s',
    async (cast) => {
      const path = write({ x: column(new arrow.Float64(), values) });
      const options: ArrowDatasetOptions = { features: [{ column: 'x', cast, scale: 0.1 }], label: 'id' };
      const kept = inRange(cast);
      if (kept.length < ROWS) {
        const row = values.findIndex((value) => expectedCast(cast, value) === undefined);
        const error = await lockstepError(() => arrowDataset(path, options));
        expect(error).toMatchObject({ code: 'INVALID_DATA', received: String(values[row]) });
        expect(error.place).toContain(`column "x", row ${row}`);
      }
      const data = await arrowDataset(path, { ...options, onBadRecord: 'skip' });
      expect(data.description.rows.skipped).toBe(ROWS - kept.length);
      expect([...(await readAll(data)).features]).toEqual(
        kept.map((value) => Math.fround(expectedCast(cast, value)! * 0.1)),
      );
    },
  );

  test('texts that are numbers, and those that are none', async () => {
    const texts = ids.map((row) => ['3.5', ' -2e3 ', '7', '', '+0.25'][row % 5]);
    const path = write({ text: column(new arrow.Utf8(), texts) });
    const numbers = texts.map((text) => (text === '' ? null : Number(text)));
    const filled = await featuresOf(path, { column: 'text', cast: 'float64', fillNull: -1 });
    expect(filled).toEqual(numbers.map((value) => value ?? -1));
    const empty = await lockstepError(() => featuresOf(path, { column: 'text', cast: 'float32' }));
    expect(empty).toMatchObject({ code: 'COLUMN_HAS_NULLS', place: `${path}, record batch 0, column "text", row 3` });
    const fraction = await lockstepError(() => featuresOf(path, { column: 'text', cast: 'int16', fillNull: 0 }));
    expect(fraction).toMatchObject({ code: 'INVALID_DATA', received: '"3.5"' });

    const bools = ids.map((row) => ['true', 'FALSE', '1', '0', 'maybe'][row % 5]);
    const other = write({ text: column(new arrow.LargeUtf8(), bools) });
    const error = await lockstepError(() => featuresOf(other, { column: 'text', cast: 'bool' }));
    expect(error).toMatchObject({ code: 'INVALID_DATA', received: '"maybe"' });
    const data = await arrowDataset(other, {
      features: ['id'],
      label: { column: 'text', cast: 'bool' },
      onBadRecord: 'skip',
    });
    expect(data.label).toEqual({ width: 1, integer: true });
    const kept = bools.filter((text) => text !== 'maybe');
    const { classLabels } = await readAll(data, 'classIndex');
    expect([...classLabels]).toEqual(kept.map((text) => Number(text === 'true' || text === '1')));
  });

  test.for([
    ['ns', 'day'],
    ['ns', 'ms'],
    ['us', 's'],
    ['ms', 'day'],
    ['s', 'ms'],
  ] as const)('timestamps from %s to %s, before 1970 too', async ([from, to]) => {
    const units = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n, day: 86_400_000_000_000n };
    const types = {
      s: arrow.TimestampSecond,
      ms: arrow.TimestampMillisecond,
      us: arrow.TimestampMicrosecond,
      ns: arrow.TimestampNanosecond,
    };
    const day = 86_400_000_000_000n / units[from];
    const stored = ids.map((row) => BigInt(row - 20) * day + [0n, 1n, -1n][row % 3]);
    let at = 0;
    const parts = SIZES.map((size) => {
      const data = BigInt64Array.from({ length: size }, () => stored[at++]);
      return arrow.makeData({ type: new types[from](), length: size, nullCount: 0, data } as never);
    });
    const path = write({ when: new arrow.Vector(parts) as arrow.Vector });
    const floor = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;
    const expected = stored.map((value) => Number(floor(value * units[from], units[to])));
    expect(await featuresOf(path, { column: 'when', cast: to })).toEqual(expected.map((value) => Math.fround(value)));
    const minMax = await featuresOf(path, { column: 'when', cast: to, normalize: 'minMax' });
    expect([Math.min(...minMax), Math.max(...minMax)]).toEqual([0, 1]);
  });

  test('dates and times of 32 bits', async () => {
    const dates = ids.map((row) => new Date(86_400_000 * (row * 100 - 2000)));
    const path = write({
      date: column(new arrow.DateDay(), dates),
      time: column(
        new arrow.TimeMillisecond(),
        ids.map((row) => row * 999),
      ),
    });
    expect(await featuresOf(path, { column: 'date', cast: 's' })).toEqual(
      dates.map((date) => Math.fround(date.getTime() / 1000)),
    );
    expect(await featuresOf(path, { column: 'time', cast: 's' })).toEqual(
      ids.map((row) => Math.floor((row * 999) / 1000)),
    );
    const error = await lockstepError(() => featuresOf(path, { column: 'row', cast: 'day' }));
    expect(error).toMatchObject({ code: 'COLUMN_TYPE', expected: "a date or a time, for cast: 'day'" });
  });
});

describe('integers as categories', () => {
  const codes = ids.map((row) => [-5, 7, 1_000_000_007, 7, 0][row % 5]);
  const path = write({
    code: column(new arrow.Int64(), codes.map(BigInt)),
    flag: column(
      new arrow.Bool(),
      codes.map((code) => code === 7),
    ),
  });
  const sortedCodes = [-5, 0, 7, 1_000_000_007];

  test('are found, sorted by value', async () => {
    const data = await arrowDataset(path, { features: ['flag'], label: { column: 'code', vocabulary: 'sorted' } });
    expect(data.label).toEqual({ width: 1, integer: true });
    expect(data.description.columns[1]).toMatchObject({ encode: 'index', vocabulary: sortedCodes });
    expect([...(await readAll(data, 'classIndex')).classLabels]).toEqual(
      codes.map((code) => sortedCodes.indexOf(code)),
    );
    expect(await featuresOf(path, { column: 'code', oneHot: true })).toEqual(
      codes.flatMap((code) => sortedCodes.map((each) => Number(each === code))),
    );
    expect(await featuresOf(path, { column: 'flag', oneHot: true })).toEqual(
      codes.flatMap((code) => [Number(code !== 7), Number(code === 7)]),
    );
  });

  test('are given', async () => {
    const options: ArrowDatasetOptions = {
      features: [{ column: 'code', embeddingIndex: true, vocabulary: [7, -5, 0] }],
      label: 'id',
    };
    const error = await lockstepError(() => arrowDataset(path, options));
    expect(error).toMatchObject({ code: 'INVALID_DATA', received: '1000000007' });
    const data = await arrowDataset(path, { ...options, onBadRecord: 'skip' });
    expect([...(await readAll(data)).features]).toEqual(
      codes.filter((code) => code <= 7).map((code) => [7, -5, 0].indexOf(code)),
    );
  });

  test('are integers: floats are so by a cast alone', async () => {
    const floats = write({
      x: column(
        new arrow.Float32(),
        ids.map((row) => (row % 3) + 0.25),
      ),
    });
    const error = await lockstepError(() => featuresOf(floats, { column: 'x', oneHot: true }));
    expect(error).toMatchObject({ code: 'COLUMN_TYPE', advice: "Add cast: 'int32' where the numbers are whole ones." });
    expect(await featuresOf(floats, { column: 'x', cast: 'int32', embeddingIndex: true })).toEqual(
      ids.map((row) => row % 3),
    );
  });

  test('are not without end, nor are texts', async () => {
    const count = 70_000;
    const x = arrow.makeVector(Int32Array.from({ length: count }, (_, row) => row * 3));
    const text = arrow.vectorFromArray(
      Array.from({ length: count }, (_, row) => `name ${row}`),
      new arrow.Utf8(),
    );
    const large = join(directory, 'endless.arrow');
    writeFileSync(large, writeTable(new arrow.Table({ x, text, y: x }), 'file', 'none'));
    for (const name of ['x', 'text']) {
      const features = [{ column: name, embeddingIndex: true as const }];
      const error = await lockstepError(() => arrowDataset(large, { features, label: 'y' }));
      expect(error).toMatchObject({ code: 'INVALID_DATA', place: `${large}, column "${name}"`, received: 'more' });
      const some = await arrowDataset(large, {
        features: [{ column: name, embeddingIndex: true, vocabulary: name === 'x' ? [3, 6] : ['name 7', 'name 9'] }],
        ...{ label: 'y', onBadRecord: 'skip' },
      });
      expect(some.rows).toBe(2);
    }
  });

  test('have 53 bits', async () => {
    const big = ids.map((row) => 2n ** 53n + BigInt(row));
    const large = write({ x: column(new arrow.Int64(), big) });
    const error = await lockstepError(() => featuresOf(large, { column: 'x', embeddingIndex: true }));
    expect(error).toMatchObject({ code: 'INVALID_DATA', expected: 'an integer between -2^53 and 2^53' });
  });
});

test('lists with offsets of 64 bits, of bools and of halves', async () => {
  const item = (type: arrow.DataType): arrow.Field => new arrow.Field('item', type, true);
  const lists = ids.map((row) => [row, row / 2, -row]);
  const flags = ids.map((row) => [row % 2 === 0, row % 3 === 0]);
  const path = write({
    large: column(new arrow.LargeList(item(new arrow.Float32())), lists),
    halves: column(new arrow.FixedSizeList(3, item(new arrow.Float16())), lists),
    flags: column(new arrow.List(item(new arrow.Bool())), flags),
  });
  for (const compression of ['none', 'ZSTD'] as const) {
    const large = write({ large: column(new arrow.LargeList(item(new arrow.Float32())), lists) }, compression);
    expect(await featuresOf(large, 'large')).toEqual(lists.flat());
  }
  expect(await featuresOf(path, 'halves')).toEqual(lists.flat());
  expect(await featuresOf(path, 'flags')).toEqual(flags.flat().map(Number));
  expect(await featuresOf(path, { column: 'flags', cast: 'bool', fillNull: 0 })).toEqual(flags.flat().map(Number));
});
