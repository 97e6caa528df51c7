import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC, util } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import { writeArrow } from './convert/writeArrow.ts';
import type { ColumnValues } from './convert/writeArrow.ts';
import { BYTES } from './layout/types.ts';
import type { NumberKind } from './layout/types.ts';
import { integers, lockstepError, makeBatch, openDataset, readAll, scratchDirectory } from './testing/files.ts';

const directory = scratchDirectory();
const KINDS = Object.keys(BYTES) as NumberKind[];

/** Random bits are valid values of every type; NaN and infinities of floats included. */
function randomValues(kind: NumberKind, count: number, seed: number): ColumnValues {
  const next = integers(seed);
  const bytes = Uint8Array.from({ length: count * BYTES[kind] }, () => next(256));
  const { buffer } = bytes;
  if (kind === 'float16') return new Uint16Array(buffer);
  if (kind === 'uint64') return new BigUint64Array(buffer);
  if (kind === 'int64') return new BigInt64Array(buffer);
  const arrays = {
    uint8: Uint8Array,
    int8: Int8Array,
    uint16: Uint16Array,
    int16: Int16Array,
    uint32: Uint32Array,
    int32: Int32Array,
    float32: Float32Array,
    float64: Float64Array,
  };
  return new arrays[kind](buffer);
}

/** What apache-arrow itself reads, as numbers. */
function oracle(path: string, column: string): number[] {
  const vector = tableFromIPC(readFileSync(path)).getChild(column)!;
  const toNumbers = (value: unknown): number[] => {
    if (typeof value === 'number' || typeof value === 'bigint') return [Number(value)];
    return Array.from(value as Iterable<number | bigint>, Number);
  };
  return Array.from(vector, toNumbers).flat();
}

describe('values agree with apache-arrow', () => {
  test.for(KINDS)('%s, scalar and list', async (kind) => {
    const path = join(directory, `${kind}.arrow`);
    const columns = [
      { name: 'list', kind, listSize: 3 },
      { name: 'scalar', kind },
      { name: 'label', kind },
    ];
    const sizes = [5, 1, 11];
    const batches = sizes.map((rows, i) => [
      randomValues(kind, rows * 3, 3 * i),
      randomValues(kind, rows, 3 * i + 1),
      randomValues(kind, rows, 3 * i + 2),
    ]);
    expect(await writeArrow(path, columns, batches)).toBe(17);

    const dataset = await arrowDataset(path, { features: ['scalar', 'list'], label: 'label', scale: 0.3 });
    expect(dataset).toMatchObject({ rows: 17, featureShape: [4], chunkRows: sizes });
    expect(dataset.label).toEqual({ width: 1, integer: !kind.startsWith('float') });
    expect(dataset.windowBytesPerRow).toBe(5 * BYTES[kind]);
    const { features, valueLabels, sampleWeights } = await readAll(dataset);

    const scalar = oracle(path, 'scalar');
    const list = oracle(path, 'list');
    const rows = scalar.flatMap((value, i) => [value, ...list.slice(3 * i, 3 * i + 3)]);
    expect(features).toEqual(Float32Array.from(rows, (value) => Math.fround(value * 0.3)));
    expect(valueLabels).toEqual(Float32Array.from(oracle(path, 'label')));
    expect(sampleWeights).toEqual(new Float32Array(17).fill(1));
  });

  test('every float16', async () => {
    const path = join(directory, 'halves.arrow');
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    await writeArrow(
      path,
      [
        { name: 'x', kind: 'float16' },
        { name: 'y', kind: 'uint16' },
      ],
      [[bits, bits]],
    );
    const { features } = await readAll(await arrowDataset(path, { features: ['x'], label: 'y' }));
    const finite = bits.filter((bit) => (bit & 0x7c00) !== 0x7c00);
    expect(finite.every((bit) => Object.is(features[bit], util.uint16ToFloat64(bit)))).toBe(true);
    expect([features[0x7c00], features[0xfc00], features[0x7e00]]).toEqual([Infinity, -Infinity, NaN]);
  });
});

const FILES = 3;
const WIDTH = 20_000;
const BATCH_ROWS = [[211, 430], [1, 0, 350], [37]];
const shards = Array.from({ length: FILES }, (_, i) => join(directory, `shard-${i}.arrow`));

/** Three files of ragged record batches, rows long enough that batches fall into several chunks. */
async function writeShards(): Promise<void> {
  let row = 0;
  for (const [file, sizes] of BATCH_ROWS.entries()) {
    const batches = sizes.map((rows) => {
      const first = row;
      row += rows;
      return [
        Uint8Array.from({ length: rows * WIDTH }, (_, i) => pixel(first + Math.floor(i / WIDTH), i % WIDTH)),
        Int16Array.from({ length: rows }, (_, i) => (first + i) % 7),
        Float64Array.from({ length: rows }, (_, i) => (first + i) / 4),
      ];
    });
    const columns = [
      { name: 'pixels', kind: 'uint8' as const, listSize: WIDTH },
      { name: 'digit', kind: 'int16' as const },
      { name: 'weight', kind: 'float64' as const },
    ];
    await writeArrow(shards[file], columns, batches);
  }
}

function pixel(row: number, column: number): number {
  return (row * 131 + column * 7) & 255;
}

test('any order of chunks, windows and rows gives exactly the rows', async () => {
  await writeShards();
  const dataset = await arrowDataset(join(directory, 'shard-*.arrow'), {
    features: ['pixels', 'digit'],
    label: 'digit',
    sampleWeight: 'weight',
  }).catch((error: unknown) => String(error));
  expect(dataset).toContain('arrowDataset.label');

  const data = await arrowDataset(join(directory, 'shard-*.arrow'), {
    features: ['pixels'],
    label: 'digit',
    sampleWeight: 'weight',
    scale: 1 / 255,
  });
  expect(data.rows).toBe(1029);
  expect(data.chunkRows).toEqual([105, 106, 143, 143, 144, 1, 175, 175, 37]);
  const firsts = data.chunkRows.map((_, i) => data.chunkRows.slice(0, i).reduce((a, b) => a + b, 0));

  const source = await openDataset(data);
  const next = integers(7);
  const chunks = shuffled(
    data.chunkRows.map((_, i) => i),
    next,
  );
  const seen: number[] = [];
  while (chunks.length > 0) {
    const window = chunks.splice(0, 1 + next(4));
    await source.loadWindow(window);
    const ids = window.flatMap((chunk) => Array.from({ length: data.chunkRows[chunk] }, (_, i) => firsts[chunk] + i));
    const order = Uint32Array.from(
      shuffled(
        ids.map((_, i) => i),
        next,
      ),
    );
    // In pieces that do not divide the window, at shifting places of the batch.
    for (let from = 0; from < order.length;) {
      const count = Math.min(1 + next(150), order.length - from);
      const at = next(5);
      const batch = makeBatch(data, at + count, 'classIndex');
      source.copyRows(batch, at, order, from, count);
      for (let i = 0; i < count; i++) {
        const id = ids[order[from + i]];
        seen.push(id);
        const row = batch.features.subarray((at + i) * WIDTH, (at + i + 1) * WIDTH);
        // A few values of every row; the rows differ in all of them.
        for (const column of [0, 1, 9_999, WIDTH - 1]) {
          expect(row[column]).toBe(Math.fround(pixel(id, column) * (1 / 255)));
        }
        expect(batch.classLabels[at + i]).toBe(id % 7);
        expect(batch.sampleWeights[at + i]).toBe(id / 4);
      }
      expect(batch.features.subarray(0, at * WIDTH).every((value) => value === 0)).toBe(true);
      from += count;
    }
    const [file, row] = placeOf(ids.at(-1)!);
    expect(source.describeRow(ids.length - 1)).toBe(`${shards[file]}, row ${row}`);
  }
  source.close();
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1029 }, (_, i) => i));
});

function shuffled(values: number[], next: (bound: number) => number): number[] {
  const result = values.slice();
  for (let i = result.length - 1; i > 0; i--) {
    const j = next(i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** File and row in it of a global row. */
function placeOf(id: number): [number, number] {
  let row = id;
  for (const [file, sizes] of BATCH_ROWS.entries()) {
    const rows = sizes.reduce((a, b) => a + b, 0);
    if (row < rows) return [file, row];
    row -= rows;
  }
  throw new Error(`no row ${id}`);
}

test('a run of rows takes the same values as single rows', async () => {
  const data = await arrowDataset(shards[0], { features: ['pixels'], label: 'digit' });
  const source = await openDataset(data);
  await source.loadWindow([1, 0]);
  const run = makeBatch(data, 40, 'values');
  const single = makeBatch(data, 40, 'values');
  const rows = Uint32Array.from({ length: 40 }, (_, i) => 90 + i);
  source.copyRows(run, 0, rows, 0, 40);
  for (let i = 0; i < 40; i++) source.copyRows(single, i, rows, i, 1);
  expect(run).toEqual(single);
  source.copyRows(run, 0, rows, 0, 0);
  expect(run).toEqual(single);
  source.close();
});

test('scalar columns of all kinds become rows, in any order', async () => {
  const path = join(directory, 'scalars.arrow');
  const kinds = KINDS.filter((kind) => !kind.startsWith('float'));
  const columns = [...kinds.map((kind) => ({ name: kind as string, kind })), { name: 'y', kind: 'uint16' as const }];
  const sizes = [1300, 700];
  const batches = sizes.map((rows, b) => [
    ...kinds.map((kind, c) => randomValues(kind, rows, 100 * b + c)),
    Uint16Array.from({ length: rows }, (_, i) => 1300 * b + i),
  ]);
  await writeArrow(path, columns, batches);
  const data = await arrowDataset(path, { features: kinds, label: 'y', scale: 0.7 });
  expect(data.windowBytesPerRow).toBe(4 * kinds.length + 2);
  const source = await openDataset(data);
  await source.loadWindow([1, 0]);
  const order = Uint32Array.from(
    shuffled(
      Array.from({ length: 2000 }, (_, i) => i),
      integers(3),
    ),
  );
  const batch = makeBatch(data, 2000, 'classIndex');
  source.copyRows(batch, 0, order, 0, 2000);
  for (const [c, kind] of kinds.entries()) {
    const values = oracle(path, kind);
    const expected = Float32Array.from(batch.classLabels, (row) => values[row] * 0.7);
    expect(batch.features.filter((_, i) => i % kinds.length === c)).toEqual(expected);
  }
  expect(batch.classLabels.toSorted()).toEqual(Int32Array.from({ length: 2000 }, (_, i) => i));
  source.close();
});

describe('the fingerprint', () => {
  const options = { features: ['pixels'], label: 'digit' };

  test('is that of the data, not of its place', async () => {
    const copy = join(directory, 'copy.arrow');
    writeFileSync(copy, readFileSync(shards[2]));
    const [here, there] = await Promise.all([arrowDataset(shards[2], options), arrowDataset(copy, options)]);
    expect(here.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(there.fingerprint).toBe(here.fingerprint);
  });

  test('changes with files, columns and scale', async () => {
    const all = await Promise.all([
      arrowDataset(shards[2], options),
      arrowDataset(shards[1], options),
      arrowDataset([shards[2], shards[1]], options),
      arrowDataset([shards[1], shards[2]], options),
      arrowDataset(shards[2], { ...options, scale: 2 }),
      arrowDataset(shards[2], { ...options, label: 'weight' }),
      arrowDataset(shards[2], { ...options, sampleWeight: 'weight' }),
      arrowDataset(shards[2], { ...options, features: [{ column: 'pixels', scale: 3 }] }),
      arrowDataset(shards[2], { ...options, features: [{ column: 'pixels', normalize: 'zScore' }] }),
      arrowDataset(shards[2], { ...options, features: [{ column: 'pixels', normalize: 'minMax' }] }),
      arrowDataset(shards[2], { ...options, filter: [['weight', '>', 250]] }),
      arrowDataset(shards[2], { ...options, split: { part: 'train', train: 0.5, test: 0.5 } }),
      arrowDataset(shards[2], { ...options, split: { part: 'test', train: 0.5, test: 0.5 } }),
      arrowDataset(shards[2], { ...options, split: { part: 'train', train: 0.5, test: 0.5, by: 'hash' } }),
    ]);
    expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(all.length);
  });

  test('changes with any value of a small file, and with other data in a large one', async () => {
    const columns = [
      { name: 'pixels', kind: 'float32' as const, listSize: 64 },
      { name: 'digit', kind: 'uint8' as const },
    ];
    const path = join(directory, 'values.arrow');
    const fingerprint = async (
      rows: number,
      change: (values: Float32Array, labels: Uint8Array) => void,
    ): Promise<string> => {
      const values = new Float32Array(64 * rows).map((_, i) => i % 7);
      const labels = new Uint8Array(rows);
      change(values, labels);
      await writeArrow(path, columns, [[values, labels]]);
      return (await arrowDataset(path, options)).fingerprint;
    };
    const small = await fingerprint(100, () => {});
    expect(await fingerprint(100, () => {})).toBe(small);
    for (const at of [0, 3210, 6399]) {
      expect(await fingerprint(100, (values) => values.fill(9, at, at + 1)), `value ${at}`).not.toBe(small);
    }
    // 5 MiB, of which a page in twenty is looked at, and all of the labels.
    const large = await fingerprint(20_000, () => {});
    expect(await fingerprint(20_000, (values) => values.set(values.toReversed()))).not.toBe(large);
    expect(await fingerprint(20_000, (values) => values.fill(9, 600_000, 630_000))).not.toBe(large);
    expect(await fingerprint(20_000, (_, labels) => labels.fill(1, 7777, 7778))).not.toBe(large);
  });
});

describe('options', () => {
  const good = { features: ['pixels'], label: 'digit' };
  test.for<[string, unknown, unknown]>([
    ['arrowDataset.files', '', good],
    ['arrowDataset.files', [], good],
    ['arrowDataset.files[1]', ['a.arrow', 3], good],
    ['arrowDataset.files', [shards[0], shards[0]], good],
    ['arrowDataset', shards[0], null],
    ['arrowDataset.features', shards[0], { label: 'digit' }],
    ['arrowDataset.features', shards[0], { ...good, features: [] }],
    ['arrowDataset.features[1]', shards[0], { ...good, features: ['pixels', 4] }],
    ['arrowDataset.features[1]', shards[0], { ...good, features: ['pixels', 'pixels'] }],
    ['arrowDataset.label', shards[0], { features: ['pixels'] }],
    ['arrowDataset.label', shards[0], { ...good, label: 'pixels' }],
    ['arrowDataset.sampleWeight', shards[0], { ...good, sampleWeight: 'digit' }],
    ['arrowDataset.scale', shards[0], { ...good, scale: 0 }],
    ['arrowDataset.scale', shards[0], { ...good, scale: NaN }],
    ['arrowDataset.scale', shards[0], { ...good, scale: '2' }],
    ['arrowDataset.features[0].scael', shards[0], { ...good, features: [{ column: 'pixels', scael: 2 }] }],
    ['arrowDataset.features[0].column', shards[0], { ...good, features: [{ scale: 2 }] }],
    ['arrowDataset.features[0].scale', shards[0], { ...good, features: [{ column: 'pixels', scale: 0 }] }],
    ['arrowDataset.features[0].normalize', shards[0], { ...good, features: [{ column: 'pixels', normalize: 'z' }] }],
    ['arrowDataset.features[0]', shards[0], { ...good, features: [{ column: 'pixels', scale: 2, oneHot: true }] }],
    ['arrowDataset.features[0].oneHot', shards[0], { ...good, features: [{ column: 'pixels', oneHot: 'yes' }] }],
    [
      'arrowDataset.features[0].vocabulary',
      shards[0],
      { ...good, features: [{ column: 'pixels', vocabulary: ['a'] }] },
    ],
    ['arrowDataset.features[0].fillNull', shards[0], { ...good, features: [{ column: 'pixels', fillNull: 'median' }] }],
    ['arrowDataset.features[0].fillNull.value', shards[0], { ...good, features: [{ column: 'pixels', fillNull: {} }] }],
    [
      'arrowDataset.features[0].fillNull',
      shards[0],
      { ...good, features: [{ column: 'pixels', embeddingIndex: true, fillNull: 0.5 }] },
    ],
    ['arrowDataset.label', shards[0], { ...good, label: [] }],
    ['arrowDataset.label[1]', shards[0], { ...good, label: ['digit', 'digit'] }],
    ['arrowDataset.label.vocabulary[1]', shards[0], { ...good, label: { column: 'digit', vocabulary: ['a', 'a'] } }],
    ['arrowDataset.label.vocabulary', shards[0], { ...good, label: { column: 'digit', vocabulary: 'random' } }],
    ['arrowDataset.filter', shards[0], { ...good, filter: 'weight > 0' }],
    ['arrowDataset.filter[0]', shards[0], { ...good, filter: [['weight', '>']] }],
    ['arrowDataset.filter[0][1]', shards[0], { ...good, filter: [['weight', '=', 0]] }],
    ['arrowDataset.filter[0][2]', shards[0], { ...good, filter: [['weight', '>', 'a']] }],
    ['arrowDataset.onBadRecord', shards[0], { ...good, onBadRecord: 'ignore' }],
    ['arrowDataset.split', shards[0], { ...good, split: { part: 'train', train: 0.5 } }],
    ['arrowDataset.split.part', shards[0], { ...good, split: { train: 1 } }],
    ['arrowDataset.split.test', shards[0], { ...good, split: { part: 'test', train: 1 } }],
    ['arrowDataset.split.train', shards[0], { ...good, split: { part: 'train', train: 80, test: 20 } }],
    ['arrowDataset.split.seed', shards[0], { ...good, split: { part: 'train', train: 1, seed: -1 } }],
    ['arrowDataset.lable', shards[0], { ...good, lable: 'digit' }],
  ])('%s', async ([where, files, options]) => {
    const error = await lockstepError(() => arrowDataset(files as string, options as typeof good));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.place).toBe(where);
  });

  test('a misspelt option is guessed', async () => {
    const options = { ...good, lable: 'digit' };
    expect((await lockstepError(() => arrowDataset(shards[0], options))).advice).toContain('label');
  });

  test.for(['nothing-*.arrow', 'nothing.arrow'])('no file: %s', async (name) => {
    const error = await lockstepError(() => arrowDataset(join(directory, name), good));
    expect(error.code).toBe('FILE_NOT_FOUND');
    expect(error.place).toContain(name);
  });
});
