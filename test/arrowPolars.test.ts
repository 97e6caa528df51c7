/** Files that polars has written, a library with an Arrow of its own: the values that went in come out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrowDataset, type FeatureOptions } from '@lockstep/arrow';
import { afterAll, describe, expect, test } from 'vitest';
import { readDataset } from './support/readDataset.ts';

/** Optional: it ships compiled code, which not every machine has. Where CI is set, it must be there. */
const polars = await import('nodejs-polars').then(
  ({ default: module }) => module,
  (error: unknown) => {
    if (process.env['CI'] !== undefined) throw error;
    return undefined;
  },
);

const folder = mkdtempSync(join(tmpdir(), 'lockstep-polars-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROWS = 50;
type Value = number | null;
/** Nulls in another pattern for each column. */
const each = <T>(salt: number, value: (row: number) => T): (T | null)[] =>
  Array.from({ length: ROWS }, (_, row) => ((row * 3 + salt) % 7 === 0 ? null : value(row)));
const TEXTS = ['Bern', 'Graz', 'Ulm', 'Genève', 'a text that is longer than the twelve bytes a view has room for'];

interface Column {
  readonly values: readonly unknown[];
  /** A type of polars, by name, with those of items. */
  readonly type: string;
  /** The numbers that a row must become; those that are given where they are left out. */
  readonly numbers?: readonly (readonly Value[])[];
}

const days = each(5, (row) => row * 400 - 3000);
const COLUMNS: Readonly<Record<string, Column>> = {
  int8: { type: 'Int8', values: each(0, (row) => row - 25) },
  int16: { type: 'Int16', values: each(1, (row) => row * 1000 - 25_000) },
  int32: { type: 'Int32', values: each(2, (row) => row * 40_000_003 - 999_999_999) },
  int64: { type: 'Int64', values: each(3, (row) => 5 - row * 100_000_000_003) },
  uint8: { type: 'UInt8', values: each(4, (row) => row * 5) },
  uint16: { type: 'UInt16', values: each(5, (row) => row * 1300) },
  uint32: { type: 'UInt32', values: each(6, (row) => row * 80_000_003) },
  uint64: { type: 'UInt64', values: each(0, (row) => row * 100_000_000_007) },
  float32: { type: 'Float32', values: each(1, (row) => row / 8 - 3) },
  float64: { type: 'Float64', values: each(2, (row) => row / 7) },
  bool: {
    type: 'Bool',
    values: each(3, (row) => row % 3 === 0),
    numbers: each(3, (row) => Number(row % 3 === 0)).map((value) => [value]),
  },
  date: {
    type: 'Date',
    values: days.map((day) => (day === null ? null : new Date(day * 86_400_000))),
    numbers: days.map((day) => [day]),
  },
  instant: {
    type: 'Datetime',
    values: days.map((day) => (day === null ? null : new Date(day * 86_400_000 + 7))),
    numbers: days.map((day) => [day === null ? null : day * 86_400_000 + 7]),
  },
  list: {
    type: 'List of Float64',
    values: each(-1, (row) => row / 4).map((value, row) => [row, value]),
    numbers: each(-1, (row) => row / 4).map((value, row) => [row, value]),
  },
  array: {
    type: 'FixedSizeList of Float32',
    values: each(4, (row) => row / 2).map((value, row) => [value, row * 2]),
    numbers: each(4, (row) => row / 2).map((value, row) => [value, row * 2]),
  },
};
const texts = each(2, (row) => TEXTS[row % TEXTS.length]);

describe.skipIf(polars === undefined)('polars', () => {
  const pl = polars!;

  function series(name: string, { type, values: given }: Column): ReturnType<typeof pl.Series> {
    const values = Array.from(given);
    if (type === 'List of Float64') return pl.Series(name, values, pl.List(pl.Float64));
    if (type === 'FixedSizeList of Float32') {
      return pl.Series(name, values, pl.List(pl.Float32)).cast(pl.FixedSizeList(pl.Float32, 2));
    }
    // BigInts become nulls there.
    if (type === 'Int64' || type === 'UInt64') return pl.Series(name, values).cast(pl[type]);
    if (type === 'Date') return pl.Series(name, values).cast(pl.Date);
    if (type === 'Datetime') return pl.Series(name, values);
    return pl.Series(name, values, pl[type as 'Int8']);
  }

  function frame(): ReturnType<typeof pl.DataFrame> {
    const columns = Object.entries(COLUMNS).map(([name, column]) => series(name, column));
    const words = pl.Series('text', texts, pl.Utf8);
    const id = pl.Series(
      'id',
      Array.from({ length: ROWS }, (_, row) => row),
      pl.Int32,
    );
    return pl.DataFrame([id, ...columns, words, words.cast(pl.Categorical).alias('category')]);
  }

  /** In one record batch, and in several: stacked frames are written as they are. */
  const whole = frame();
  const parts = [whole.slice(0, 13), whole.slice(13, 1), whole.slice(14, 36)];
  const stacked = parts.slice(1).reduce((all, part) => all.vstack(part), parts[0]);

  test.each([
    ['file', () => whole.writeIPC()],
    ['file, LZ4', () => whole.writeIPC({ compression: 'lz4' })],
    ['file, ZSTD', () => whole.writeIPC({ compression: 'zstd' })],
    ['stream', () => whole.writeIPCStream()],
    ['stream of several batches, LZ4', () => stacked.writeIPCStream({ compression: 'lz4' })],
    // A file has one dictionary for each column, and polars makes one for each batch.
    ['file of several batches', () => stacked.withColumn(pl.col('text').alias('category')).writeIPC()],
  ])('%s', async (name, write) => {
    const path = join(folder, `${name}.arrow`);
    writeFileSync(path, write());
    const numbers = Object.keys(COLUMNS).map((column): FeatureOptions => ({
      column,
      fillNull: { value: 0, indicator: true },
    }));
    const categories = ['text', 'category'].map((column): FeatureOptions => ({
      column,
      oneHot: true,
      vocabulary: TEXTS,
      fillNull: { indicator: true },
    }));
    const dataset = await arrowDataset(path, { features: [...numbers, ...categories], label: 'id' });
    const { features, valueLabels } = await readDataset(dataset);
    const width = features.length / ROWS;
    for (let row = 0; row < ROWS; row++) {
      const expected = Object.values(COLUMNS).flatMap((column) => {
        const values = column.numbers?.[row] ?? [column.values[row] as Value];
        return [...values.map((value) => Math.fround(value ?? 0)), ...values.map((value) => Number(value === null))];
      });
      const hot = [...TEXTS, null].map((text) => Number(texts[row] === text));
      expect(valueLabels[row]).toBe(row);
      expect(Array.from(features.subarray(row * width, (row + 1) * width)), `row ${row}`).toEqual([
        ...expected,
        ...hot,
        ...hot,
      ]);
    }
  });
});
