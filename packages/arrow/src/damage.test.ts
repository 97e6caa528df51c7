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
import { lockstepError, openDataset, readAll, scratchDirectory } from './testing/files.ts';

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
    ['stream', arrow.tableToIPC(arrow.tableFromArrays({ a: [1] }), 'stream'), 'stream'],
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
    if (name === 'stream')
      expect((await lockstepError(() => arrowDataset(path, options))).advice).toContain('new_file');
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

describe('columns', () => {
  const item = (type: arrow.DataType): arrow.FixedSizeList =>
    new arrow.FixedSizeList(2, new arrow.Field('item', type, true)) as arrow.FixedSizeList;

  function write(name: string, columns: Record<string, arrow.Vector>): string {
    return damaged(name, arrow.tableToIPC(new arrow.Table(columns), 'file'));
  }

  const usable = { y: arrow.vectorFromArray([1, 2, 3], new arrow.Int8()) };

  test('missing, with a guess', async () => {
    const error = await lockstepError(() => arrowDataset(good, { ...options, features: ['pixls'] }));
    expect(error.code).toBe('COLUMN_MISSING');
    expect(error.place).toBe(`${good}, column "pixls"`);
    expect(error.expected).toContain('pixels, digit, x, w');
    expect(error.advice).toContain('"pixels"');
  });

  test('a list as label', async () => {
    const error = await lockstepError(() => arrowDataset(good, { features: ['x'], label: 'pixels' }));
    expect(error.code).toBe('COLUMN_TYPE');
    expect(error.message).toContain('label');
  });

  test.for<[string, arrow.Vector]>([
    ['Utf8', arrow.vectorFromArray(['a', 'b', 'c'], new arrow.Utf8())],
    ['Dictionary', arrow.vectorFromArray(['a', 'b', 'c'])],
    ['Bool', arrow.vectorFromArray([true, false, true], new arrow.Bool())],
    ['List', arrow.vectorFromArray([[1], [2], [3]], new arrow.List(new arrow.Field('item', new arrow.Int8())))],
    ['Timestamp', arrow.vectorFromArray([1000, 2000, 3000], new arrow.TimestampSecond())],
    ['FixedSizeList', arrow.vectorFromArray([[true, true]], item(new arrow.Bool()))],
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
  ])('texts as labels (%s) are to be numbered, and as features too', async ([type, vector]) => {
    const path = write('texts.arrow', { pet: vector, ...usable });
    const label = await lockstepError(() => arrowDataset(path, { features: ['y'], label: 'pet' }));
    expect(label).toMatchObject({ code: 'COLUMN_TYPE', place: `${path}, column "pet"` });
    expect(label.expected).toContain('as label');
    expect(label.received).toContain(type);
    expect(label.advice).toContain('from 0 to the number of classes - 1');
    const feature = await lockstepError(() => arrowDataset(path, { features: ['pet'], label: 'y' }));
    expect(feature.advice).toContain('for an embedding or a categoryEncoding');
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

test('compression is refused with advice', async () => {
  arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, { encode: zstdCompressSync, decode: zstdDecompressSync });
  const column = arrow.vectorFromArray([1, 2, 3], new arrow.Int8());
  const writer = new arrow.RecordBatchFileWriter({ compressionType: arrow.CompressionType.ZSTD });
  writer.writeAll(new arrow.Table({ x: column, y: column }));
  const path = damaged('compressed.arrow', writer.toUint8Array(true));
  const error = await lockstepError(() => arrowDataset(path, { features: ['x'], label: 'y' }));
  expect([error.code, error.place]).toEqual(['FILE_INVALID', `${path}, record batch 0`]);
  expect(error.received).toContain('ZSTD');
  expect(error.advice).toContain('without compression');
  expect((await describeArrowFile(path)).compression).toBe('ZSTD');
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
