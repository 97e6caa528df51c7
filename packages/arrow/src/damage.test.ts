/** Files that are damaged, of another format or of unusable types: the code, and the place in the message. */
import { readFileSync, truncateSync, utimesSync, writeFileSync, appendFileSync, rmSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import * as arrow from 'apache-arrow';
import { beforeAll, describe, expect, test } from 'vitest';
import { LockstepError } from '@lockstep/core';
import { arrowDataset } from './arrowDataset.ts';
import { writeArrow } from './convert/writeArrow.ts';
import { describeArrowFile } from './describe.ts';
import type { ArrowDatasetOptions } from './optionTypes.ts';
import { lockstepError, openDataset, readAll, scratchDirectory } from './testing/files.ts';
import { randomTable, writeTable } from './testing/randomTable.ts';

const directory = scratchDirectory();
const good = join(directory, 'good.arrow');
const options = { features: ['pixels', 'x'], label: 'digit', sampleWeight: 'w' };
let bytes: Uint8Array;

beforeAll(async () => {
  const columns = [
    { name: 'pixels', kind: 'uint8' as const, listSize: 3 },
    { name: 'digit', kind: 'int32' as const },
    { name: 'x', kind: 'float32' as const },
    { name: 'w', kind: 'float64' as const },
  ];
  const batch = (rows: number) => [
    Uint8Array.from({ length: rows * 3 }, (_, i) => i),
    Int32Array.from({ length: rows }, (_, i) => i),
    Float32Array.from({ length: rows }, (_, i) => i / 2),
    Float64Array.from({ length: rows }, () => 0.5),
  ];
  await writeArrow(good, columns, [batch(5), batch(4)]);
  // Not the Buffer itself: its slice() would share the bytes.
  bytes = new Uint8Array(readFileSync(good));
});

function damaged(name: string, content: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test('the undamaged file is fine', async () => {
  expect((await arrowDataset(good, options)).rows).toBe(9);
});

describe('not an Arrow file', () => {
  test.for<[string, string | Uint8Array, string]>([
    ['empty', '', 'an empty file'],
    ['text', 'a,b\n1,2\n', 'text ("a,b\\n1,2\\n")'],
    ['stream cut short', arrow.tableToIPC(arrow.tableFromArrays({ a: [1] }), 'stream').slice(0, -8), '0 more bytes'],
    ['parquet', 'PAR1\x15\x04', 'Parquet'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), 'gzip'],
    ['zeros', new Uint8Array(1000), 'bytes 0000000000000000'],
    ['short', 'ARROW1', '6 bytes'],
    ['magics alone', 'ARROW1\0\0\0\0\0\0ARROW1', '0'],
  ])('%s', async ([name, content, received]) => {
    const path = damaged(name, content);
    for (const read of [() => arrowDataset(path, options), () => describeArrowFile(path)]) {
      const error = await lockstepError(read);
      expect(error.code).toBe('FILE_INVALID');
      expect(error.place).toContain(path);
      expect(error.received).toContain(received);
    }
  });
});

test('cut at any byte', async () => {
  for (let length = 0; length < bytes.length; length++) {
    const path = damaged('cut.arrow', bytes.subarray(0, length));
    const error = await lockstepError(() => arrowDataset(path, options));
    expect(error.code).toBe('FILE_INVALID');
    expect(error.place).toContain('cut.arrow');
  }
});

describe('bytes changed', () => {
  const view = (copy: Uint8Array): DataView => new DataView(copy.buffer, copy.byteOffset);
  const footerAt = (copy: Uint8Array): number => copy.length - 10 - view(copy).getInt32(copy.length - 10, true);

  test.for<[string, (copy: Uint8Array) => void, RegExp]>([
    ['closing magic', (copy) => copy.fill(0, copy.length - 6), /byte \d+: expected "ARROW1"/],
    ['footer length of 0', (copy) => view(copy).setInt32(copy.length - 10, 0, true), /footer length/],
    ['footer length below 0', (copy) => view(copy).setInt32(copy.length - 10, -8, true), /footer length/],
    ['footer length beyond the file', (copy) => view(copy).setInt32(copy.length - 10, 1 << 20, true), /footer length/],
    ['footer root', (copy) => view(copy).setUint32(footerAt(copy), 1 << 30, true), /footer, byte \d+: .*offset/],
    ['footer zeroed', (copy) => copy.fill(0, footerAt(copy), copy.length - 10), /footer, byte \d+/],
    ['first message zeroed', (copy) => copy.fill(0, 8, 200), /record batch 0/],
    ['message length', (copy) => view(copy).setInt32(12, 1 << 28, true), /record batch 0, byte 12: .*message length/],
  ])('%s', async ([, change, message]) => {
    const copy = bytes.slice();
    change(copy);
    const error = await lockstepError(() => arrowDataset(damaged('changed.arrow', copy), options));
    expect(error.code).toBe('FILE_INVALID');
    expect(error.message).toMatch(message);
    expect(error.place).toContain('changed.arrow');
  });

  /** Each of the footer's and headers' integers, found by its value, set to another. */
  test.for<[string, bigint | number, bigint | number, RegExp]>([
    ['rows of a batch', 5n, 6n, /record batch 0(, column "pixels")?: expected \d+ (rows|bytes|list)/],
    ['rows below zero', 5n, -5n, /record batch 0/],
    ['items of a list', 15n, 14n, /record batch 0, column "pixels": expected 5 rows × 3 = 15 list items/],
    ['buffer length', 24n, 16n, /record batch 0, column "digit", byte \d+: expected 20 bytes for 5 values of int32/],
    ['buffer beyond the body', 24n, 2400n, /record batch 0, buffer 4: .* length 2400/],
    ['buffers that overlap', 16n, 24n, /record batch 0, buffer 4: .* between bytes 24 and/],
  ])('%s', async ([, from, to, message]) => {
    const copy = bytes.slice();
    let changed = 0;
    // The first message's header; its body begins with the pixels 0, 1, 2.
    for (let at = 8; at < 500 && changed === 0; at += 8) {
      if (view(copy).getBigInt64(at, true) !== from) continue;
      view(copy).setBigInt64(at, BigInt(to), true);
      changed++;
    }
    expect(changed).toBe(1);
    const error = await lockstepError(() => arrowDataset(damaged('number.arrow', copy), options));
    expect(error.code).toBe('FILE_INVALID');
    expect(error.message).toMatch(message);
  });
});

test('one flipped byte gives a dataset or a LockstepError, soon', async () => {
  const path = join(directory, 'flip.arrow');
  const outcomes = { dataset: 0, error: 0 };
  let slowest = 0;
  // A stride that is coprime with the length spreads the flips over all parts of the file.
  for (let i = 0; i < 600; i++) {
    const copy = bytes.slice();
    const at = (i * 7919) % copy.length;
    copy[at] ^= [0xff, 0x01, 0x80, 0x10][i % 4];
    writeFileSync(path, copy);
    const start = performance.now();
    try {
      await readAll(await arrowDataset(path, options), 'classIndex');
      await describeArrowFile(path);
      outcomes.dataset++;
    } catch (error) {
      if (!(error instanceof LockstepError)) throw new Error(`flip ${i} at byte ${at}`, { cause: error });
      expect(error.message.length).toBeLessThan(2000);
      outcomes.error++;
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect(outcomes.dataset).toBeGreaterThan(100);
  expect(outcomes.error).toBeGreaterThan(100);
  expect(slowest).toBeLessThan(1000);
});

const item = (type: arrow.DataType): arrow.FixedSizeList =>
  new arrow.FixedSizeList(2, new arrow.Field('item', type, true)) as arrow.FixedSizeList;

function write(name: string, columns: Record<string, arrow.Vector>): string {
  return damaged(name, arrow.tableToIPC(new arrow.Table(columns), 'file'));
}

const usable = { y: arrow.vectorFromArray([1, 2, 3], new arrow.Int8()) };

describe('columns', () => {
  test('missing, with a guess', async () => {
    const error = await lockstepError(() => arrowDataset(good, { ...options, features: ['pixls'] }));
    expect(error.code).toBe('COLUMN_MISSING');
    expect(error.place).toBe(`${good}, column "pixls"`);
    expect(error.expected).toContain('pixels, digit, x, w');
    expect(error.advice).toContain('"pixels"');
  });

  test('a list as weight', async () => {
    const error = await lockstepError(() =>
      arrowDataset(good, { features: ['x'], label: 'digit', sampleWeight: 'pixels' }),
    );
    expect(error.code).toBe('COLUMN_TYPE');
    expect(error.message).toContain('sampleWeight');
  });

  test.for<[string, arrow.Vector]>([
    ['Utf8', arrow.vectorFromArray(['a', 'b', 'c'], new arrow.Utf8())],
    ['Dictionary', arrow.vectorFromArray(['a', 'b', 'c'])],
    ['Binary', arrow.vectorFromArray([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)], new arrow.Binary())],
    ['Null', arrow.vectorFromArray([null, null, null], new arrow.Null())],
    [
      'FixedSizeList',
      arrow.vectorFromArray(
        [
          ['a', 'b'],
          ['c', 'd'],
          ['e', 'f'],
        ],
        item(new arrow.Utf8()),
      ),
    ],
  ])('%s as feature, and beside the features', async ([type, vector]) => {
    const path = write('types.arrow', { before: vector, ...usable, after: vector });
    const error = await lockstepError(() => arrowDataset(path, { features: ['after'], label: 'y' }));
    expect(error.code).toBe('COLUMN_TYPE');
    expect(error.place).toBe(`${path}, column "after"`);
    expect(error.received).toContain(type);

    if (vector.length !== 3) return;
    const twice = write('twice.arrow', { before: vector, ...usable, after: vector, x: usable.y });
    const batch = await readAll(await arrowDataset(twice, { features: ['x'], label: 'y' }));
    expect(batch.features).toEqual(Float32Array.of(1, 2, 3));
    expect(batch.valueLabels).toEqual(Float32Array.of(1, 2, 3));
  });

  test.for<[string, arrow.Vector]>([
    ['Utf8', arrow.vectorFromArray(['cat', 'dog', 'cat'], new arrow.Utf8())],
    ['Dictionary', arrow.vectorFromArray(['cat', 'dog', 'cat'])],
  ])('texts (%s): what to do with them is said', async ([type, vector]) => {
    const path = write('texts.arrow', { pet: vector, ...usable });
    const feature = await lockstepError(() => arrowDataset(path, { features: ['pet'], label: 'y' }));
    expect(feature).toMatchObject({ code: 'COLUMN_TYPE', place: `${path}, column "pet"` });
    expect(feature.received).toContain(type);
    expect(feature.advice).toContain('oneHot');
    const { description } = await arrowDataset(path, { features: ['y'], label: 'pet' });
    expect(description.columns[1].vocabulary).toEqual(['cat', 'dog']);
  });

  test.for<[string, arrow.Vector, string]>([
    ['a scalar', arrow.vectorFromArray([1, 2, null], new arrow.Int8()), 'row 2'],
    ['a row of a list', arrow.vectorFromArray([[1, 2], null, [3, 4]], item(new arrow.Float32())), 'row 1'],
    [
      'an item of a list',
      arrow.vectorFromArray(
        [
          [1, 2],
          [3, 4],
          [5, null],
        ],
        item(new arrow.Float32()),
      ),
      'row 2, item 1',
    ],
  ])('null: %s', async ([, vector, row]) => {
    const path = write('nulls.arrow', { ...usable, x: vector });
    const error = await lockstepError(() => arrowDataset(path, { features: ['x'], label: 'y' }));
    expect(error.code).toBe('COLUMN_HAS_NULLS');
    expect(error.place).toBe(`${path}, record batch 0, column "x", ${row}`);
    // A null in a column that is not used does no harm.
    const other = await arrowDataset(write('other.arrow', { ...usable, z: usable.y, x: vector }), {
      features: ['z'],
      label: 'y',
    });
    expect(other.rows).toBe(3);
  });

  test('a null in a later batch names the row of the file', async () => {
    const type = new arrow.Int8();
    const x = arrow.vectorFromArray([1, 2, 3], type).concat(arrow.vectorFromArray([4, null, 5], type));
    const y = arrow.vectorFromArray([1, 2, 3], type).concat(arrow.vectorFromArray([4, 5, 6], type));
    const error = await lockstepError(() =>
      arrowDataset(write('late.arrow', { y, x }), { features: ['x'], label: 'y' }),
    );
    expect(error.place).toContain('record batch 1, column "x", row 4');
  });

  test('no rows', async () => {
    const path = join(directory, 'none.arrow');
    await writeArrow(
      path,
      [
        { name: 'x', kind: 'int8' },
        { name: 'y', kind: 'int8' },
      ],
      [],
    );
    const error = await lockstepError(() => arrowDataset(path, { features: ['x'], label: 'y' }));
    expect(error.code).toBe('INVALID_DATA');
  });

  test('files that differ', async () => {
    const one = write('one.arrow', { y: usable.y, x: usable.y });
    const order = write('order.arrow', { x: usable.y, y: usable.y });
    const type = write('type.arrow', { y: usable.y, x: arrow.vectorFromArray([1, 2, 3], new arrow.Int16()) });
    const missing = await lockstepError(() => arrowDataset([one, order], { features: ['x'], label: 'y' }));
    expect([missing.code, missing.place]).toEqual(['COLUMN_MISSING', `${order}, column 1`]);
    const different = await lockstepError(() => arrowDataset([one, type], { features: ['x'], label: 'y' }));
    expect([different.code, different.place]).toEqual(['COLUMN_TYPE', `${type}, column 2`]);
    expect(different.expected).toContain(one);
  });

  test('labels and weights that cannot be', async () => {
    const path = join(directory, 'values.arrow');
    const columns = [
      { name: 'x', kind: 'float32' as const },
      { name: 'big', kind: 'int64' as const },
      { name: 'w', kind: 'float32' as const },
    ];
    await writeArrow(path, columns, [
      [new Float32Array(3), BigInt64Array.of(1n, 2n, 2n ** 32n), Float32Array.of(1, 0, -1)],
    ]);
    const label = await lockstepError(async () =>
      readAll(await arrowDataset(path, { features: ['x'], label: 'big' }), 'classIndex'),
    );
    expect([label.code, label.place]).toEqual(['LABEL_OUT_OF_RANGE', `${path}, row 2, column "big"`]);
    const weighted = { features: ['x'], label: 'big', sampleWeight: 'w' };
    const weight = await lockstepError(async () => readAll(await arrowDataset(path, weighted)));
    expect([weight.code, weight.place]).toEqual(['INVALID_DATA', `${path}, row 2, column "w"`]);
  });
});

test('what a writer says wrongly of its compression is named', async () => {
  arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, { encode: zstdCompressSync, decode: zstdDecompressSync });
  const column = arrow.vectorFromArray(
    Array.from({ length: 500 }, () => 3),
    new arrow.Int8(),
  );
  const writer = new arrow.RecordBatchFileWriter({ compressionType: arrow.CompressionType.ZSTD });
  writer.writeAll(new arrow.Table({ x: column, y: column }));
  const path = damaged('compressed.arrow', writer.toUint8Array(true));
  const error = await lockstepError(async () => readAll(await arrowDataset(path, { features: ['x'], label: 'y' })));
  expect(error.code).toBe('FILE_INVALID');
  expect(error.place).toMatch(/compressed\.arrow, record batch 0, column "x", byte \d+$/);
  expect(error.advice).toContain('apache-arrow for JavaScript');
  expect((await describeArrowFile(path)).compression).toBe('ZSTD');
});

describe('columns that are prepared', () => {
  const prepared: ArrowDatasetOptions = {
    features: [
      { column: 'bool', fillNull: 0 },
      { column: 'text', oneHot: true, fillNull: { indicator: true } },
      { column: 'list', fillNull: 'mean', normalize: 'zScore' },
      { column: 'instant', fillNull: { value: 0, indicator: true }, normalize: 'minMax' },
    ],
    label: 'species',
    sampleWeight: 'id',
    filter: [['int8', '>', -100]],
  };
  const all = async (path: string): Promise<void> => {
    await readAll(await arrowDataset(path, prepared), 'classIndex');
    await describeArrowFile(path);
  };

  test.for([
    ['file', 'none'],
    ['stream', 'none'],
    ['file', 'ZSTD'],
    ['stream', 'LZ4'],
  ] as const)('one flipped byte gives a dataset or a LockstepError, %s, %s', async ([format, compression]) => {
    const whole = writeTable(randomTable(41, [12, 9], true), format, compression);
    const path = join(directory, 'flipped.arrow');
    const outcomes = { dataset: 0, error: 0 };
    let slowest = 0;
    for (let i = 0; i < 250; i++) {
      const copy = Uint8Array.from(whole);
      const at = (i * 7919) % copy.length;
      copy[at] ^= [0xff, 0x01, 0x80, 0x10][i % 4];
      writeFileSync(path, copy);
      const start = performance.now();
      try {
        await all(path);
        outcomes.dataset++;
      } catch (error) {
        if (!(error instanceof LockstepError)) throw new Error(`flip ${i} at byte ${at}`, { cause: error });
        expect(error.message.length).toBeLessThan(2000);
        outcomes.error++;
      }
      slowest = Math.max(slowest, performance.now() - start);
    }
    expect(outcomes.dataset).toBeGreaterThan(30);
    expect(outcomes.error).toBeGreaterThan(30);
    expect(slowest).toBeLessThan(1000);
  });

  test.for(['none', 'ZSTD'] as const)('one flipped byte among texts, views and decimals, %s', async (compression) => {
    const words = Array.from({ length: 21 }, (_, i) =>
      i % 5 === 4 ? null : ['fig', 'a text of more than 12 bytes', ''][i % 3],
    );
    const columns = {
      utf8: arrow.vectorFromArray(words, new arrow.Utf8()),
      large: arrow.vectorFromArray(words, new arrow.LargeUtf8()),
      view: arrow.vectorFromArray(words, new arrow.Utf8View()),
      decimal: arrow.vectorFromArray(
        words.map((_, i) => Uint32Array.of(i, 0, i, 0)),
        new arrow.Decimal(3, 30),
      ),
      digits: arrow.vectorFromArray(
        words.map((_, i) => String(i / 4)),
        new arrow.Utf8(),
      ),
      id: arrow.vectorFromArray(
        words.map((_, i) => i),
        new arrow.Int32(),
      ),
    };
    const whole = writeTable(new arrow.Table(columns), 'file', compression);
    const read: ArrowDatasetOptions = {
      features: [
        { column: 'utf8', oneHot: true, fillNull: { indicator: true } },
        { column: 'large', embeddingIndex: true, fillNull: 'fig' },
        { column: 'decimal', normalize: 'zScore' },
        { column: 'digits', cast: 'float32' },
      ],
      label: { column: 'id', vocabulary: 'sorted' },
      filter: [['view', '!=', '']],
    };
    const path = join(directory, 'texts.arrow');
    const codes = new Set<string>();
    for (let i = 0; i < 160; i++) {
      const copy = Uint8Array.from(whole);
      copy[(i * 7919) % copy.length] ^= [0xff, 0x01, 0x80, 0x10][i % 4];
      writeFileSync(path, copy);
      try {
        await readAll(await arrowDataset(path, read), 'classIndex');
        codes.add('data');
      } catch (error) {
        if (!(error instanceof LockstepError)) throw new Error(`flip ${i}`, { cause: error });
        codes.add(error.code);
      }
    }
    expect([...codes]).toEqual(expect.arrayContaining(['data', 'FILE_INVALID']));
  });

  test('a stream cut at any byte, and one with bytes after its end', async () => {
    const whole = writeTable(randomTable(42, [5, 3], true), 'stream', 'none');
    await all(damaged('stream.arrow', whole));
    for (let length = 1; length < whole.length; length += length < 500 ? 1 : 13) {
      const error = await lockstepError(() => all(damaged('stream.arrow', whole.subarray(0, length))));
      expect(error.code).toBe('FILE_INVALID');
      expect(error.place).toContain('stream.arrow');
    }
    const longer = await lockstepError(() => all(damaged('stream.arrow', Buffer.concat([whole, new Uint8Array(8)]))));
    expect(longer).toMatchObject({ code: 'FILE_INVALID', received: '8 more bytes' });
  });

  test('an index beyond its dictionary names its byte', async () => {
    const dictionary = arrow.vectorFromArray(['a', 'b'], new arrow.Utf8());
    const type = new arrow.Dictionary(dictionary.type, new arrow.Int8());
    const text = new arrow.Vector([
      arrow.makeData({ type, length: 3, nullCount: 0, data: Int8Array.of(1, 0, 77), dictionary } as never),
    ]) as arrow.Vector;
    const path = write('index.arrow', { text, ...usable });
    const error = await lockstepError(() => arrowDataset(path, { features: ['y'], label: 'text' }));
    expect(error).toMatchObject({ code: 'FILE_INVALID', received: '77' });
    const [, byte] = /record batch 0, column "text", row 2, byte (\d+)$/.exec(error.place)!;
    expect(new Int8Array(readFileSync(path))[Number(byte)]).toBe(77);
  });

  test('lists of several lengths name the first row that differs', async () => {
    const lists = arrow.vectorFromArray([[1, 2], [3, 4], [5]], new arrow.List(item(new arrow.Int8()).children[0]));
    const path = write('lists.arrow', { lists, ...usable });
    const error = await lockstepError(() => arrowDataset(path, { features: ['lists'], label: 'y' }));
    expect(error).toMatchObject({ code: 'INVALID_DATA', received: '1' });
    expect(error.place).toBe(`${path}, record batch 0, column "lists", row 2`);
    const nulls = arrow.vectorFromArray([[1, 2], null, [5, 6]], new arrow.List(item(new arrow.Int8()).children[0]));
    const empty = write('empty.arrow', { nulls, ...usable });
    const features = [{ column: 'nulls', fillNull: 0 }];
    const unfilled = await lockstepError(() => arrowDataset(empty, { features, label: 'y' }));
    expect(unfilled).toMatchObject({ code: 'INVALID_DATA', place: `${empty}, record batch 0, column "nulls", row 1` });
    expect(unfilled.advice).toContain('FixedSizeList');
  });

  test('nulls in lists are told by row and item', async () => {
    const values = [
      [1, 2],
      [3, null],
      [5, 6],
    ];
    const lists = arrow.vectorFromArray(values, new arrow.List(new arrow.Field('item', new arrow.Int8(), true)));
    const path = write('items.arrow', { lists, ...usable });
    const error = await lockstepError(() => arrowDataset(path, { features: ['lists'], label: 'y' }));
    expect(error.code).toBe('COLUMN_HAS_NULLS');
    expect(error.place).toBe(`${path}, record batch 0, column "lists", row 1, item 1`);
  });

  test('values that are not finite cannot be normalised, but their rows left out', async () => {
    const x = arrow.vectorFromArray([1, NaN, 3], new arrow.Float32());
    const path = write('finite.arrow', { x, ...usable });
    const normalized: ArrowDatasetOptions = { features: [{ column: 'x', normalize: 'minMax' }], label: 'y' };
    const error = await lockstepError(() => arrowDataset(path, normalized));
    expect(error).toMatchObject({ code: 'COLUMN_HAS_NULLS', received: 'NaN, which counts as a null' });
    expect(error.place).toBe(`${path}, record batch 0, column "x", row 1`);
    const infinite = arrow.vectorFromArray([1, 2, -Infinity], new arrow.Float32());
    const beyond = write('infinite.arrow', { x: infinite, ...usable });
    const other = await lockstepError(() => arrowDataset(beyond, normalized));
    expect(other).toMatchObject({ code: 'INVALID_DATA', received: '-Infinity' });
    const data = await arrowDataset(path, { ...normalized, onBadRecord: 'skip' });
    expect((await readAll(data)).features).toEqual(Float32Array.of(0, 1));
  });
});

describe('a file that changes after the dataset was made', () => {
  test.for<[string, (path: string) => void]>([
    ['is cut short', (path) => truncateSync(path, 100)],
    ['grows', (path) => appendFileSync(path, 'x')],
    ['is touched', (path) => utimesSync(path, 1, 1)],
    ['vanishes', (path) => rmSync(path)],
  ])('%s', async ([, change]) => {
    for (const openedBefore of [false, true]) {
      const path = damaged('changing.arrow', bytes);
      const source = await openDataset(await arrowDataset(path, options));
      if (openedBefore) await source.loadWindow([0]);
      change(path);
      // Whoever has the file open can go on reading it after its name is gone.
      if (openedBefore && change.toString().includes('rmSync')) continue;
      const error = await lockstepError(() => source.loadWindow([1]));
      expect(error.code).toBe('FILE_CHANGED');
      expect(error.place).toContain(basename(path));
      source.close();
    }
  });

  test('is replaced', async () => {
    const path = damaged('replaced.arrow', bytes);
    const source = await openDataset(await arrowDataset(path, options));
    const other = damaged('other.arrow', bytes);
    utimesSync(other, 5, 5);
    renameSync(other, path);
    expect((await lockstepError(() => source.loadWindow([0]))).code).toBe('FILE_CHANGED');
  });
});
