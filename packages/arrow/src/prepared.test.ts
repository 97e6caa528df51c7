/** Columns that have to be prepared: nulls, texts, bits, lists, normalisation, chosen rows, compression and streams. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import type { Table } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { ArrowDataset } from './arrowDataset.ts';
import type { ArrowDatasetOptions, FeatureOptions } from './optionTypes.ts';
import { integers, lockstepError, makeBatch, openDataset, readAll, scratchDirectory } from './testing/files.ts';
import { randomTable, SCALAR_NAMES, valuesOf, writeTable } from './testing/randomTable.ts';
import type { Compression } from './testing/randomTable.ts';

const directory = scratchDirectory();
let written = 0;

function write(table: Table, format: 'file' | 'stream' = 'file', compression: Compression = 'none'): string {
  const path = join(directory, `${written++}.arrow`);
  writeFileSync(path, writeTable(table, format, compression));
  return path;
}

/** Mean, deviation, least and greatest of numbers: sums of all, then of squares about the mean. */
function statisticsOf(values: readonly number[]): Record<'mean' | 'deviation' | 'min' | 'max', number> {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / values.length);
  return { mean, deviation, min: Math.min(...values), max: Math.max(...values) };
}

/** What a feature column should become, from apache-arrow's own reading: rows of numbers. */
function expectedFeature(table: Table, feature: FeatureOptions, training: readonly number[]): number[][] {
  const rows = valuesOf(table, feature.column);
  const fill = typeof feature.fillNull === 'object' ? feature.fillNull : { value: feature.fillNull };
  const indicator = typeof feature.fillNull === 'object';
  if (feature.oneHot === true || feature.embeddingIndex === true) {
    const texts = new Set(rows.flat().filter((text) => text !== null) as string[]);
    if (typeof fill.value === 'string') texts.add(fill.value);
    const vocabulary = [...texts].toSorted((a, b) => (a < b ? -1 : 1));
    return rows.map(([text]) => {
      const code = vocabulary.indexOf((text ?? fill.value ?? 'no text') as string);
      const values = feature.oneHot === true ? vocabulary.map((_, i) => (i === code ? 1 : 0)) : [code];
      return indicator ? [...values, text === null ? 1 : 0] : values;
    });
  }
  const width = rows[0].length;
  const statistics = Array.from({ length: width }, (_, i) =>
    statisticsOf(training.map((row) => rows[row][i]).filter((value) => value !== null) as number[]),
  );
  return rows.map((row) => {
    const values = row.map((value, i) => {
      const { mean, deviation, min, max } = statistics[i];
      const isMean = fill.value === 'mean' || (indicator && fill.value === undefined);
      const filled = (value ?? (isMean ? mean : fill.value)) as number;
      if (feature.normalize === 'zScore') return (filled - mean) / (deviation || 1);
      if (feature.normalize === 'minMax') return (filled - min) / (max - min || 1);
      return filled * (feature.scale ?? 1);
    });
    return indicator ? [...values, ...row.map((value) => (value === null ? 1 : 0))] : values;
  });
}

function expectClose(received: Float32Array, expected: readonly number[]): void {
  expect(received.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    const error = Math.abs(received[i] - value);
    if (!(error <= 2e-7 * Math.max(1, Math.abs(value)))) expect(`${i}: ${received[i]}`).toBe(`${i}: ${value}`);
  }
}

/** Options of a column, by a random number. */
function randomFeature(column: string, next: (bound: number) => number): FeatureOptions {
  if (column === 'text') {
    return [
      { column, oneHot: true as const, fillNull: 'fig' },
      { column, oneHot: true as const, fillNull: { indicator: true as const } },
      { column, oneHot: true as const, fillNull: { value: 'none', indicator: true as const } },
      { column, embeddingIndex: true as const, fillNull: 'none' },
    ][next(4)];
  }
  const fillNull = [3, 'mean', { indicator: true as const }, { value: -1, indicator: true as const }][next(4)];
  return [
    { column, fillNull },
    { column, fillNull, scale: 0.3 },
    { column, fillNull, normalize: 'zScore' as const },
    { column, fillNull, normalize: 'minMax' as const },
  ][next(4)];
}

describe('random tables give what apache-arrow reads', () => {
  const COLUMNS = [...SCALAR_NAMES, 'fixed', 'list', 'text'];
  test.for(Array.from({ length: 12 }, (_, seed) => seed))('%i', async (seed) => {
    const next = integers(seed);
    const sizes = Array.from({ length: 1 + next(3) }, () => 1 + next(60));
    const table = randomTable(seed, [30, ...sizes], true);
    const format = (['file', 'stream'] as const)[seed % 2];
    const path = write(table, format, (['none', 'LZ4', 'ZSTD'] as const)[seed % 3]);
    const read = arrow.tableFromIPC(writeTable(table, 'file', 'none'));
    const names = COLUMNS.filter(() => next(3) > 0);
    const features = [...names, 'fixed']
      .filter((name, i, all) => all.indexOf(name) === i)
      .map((name) => randomFeature(name, next));
    const dataset = await arrowDataset(path, { features, label: 'id' });
    expect(dataset.description.rows).toEqual({
      inFiles: table.numRows,
      filtered: 0,
      skipped: 0,
      inDataset: table.numRows,
    });
    const all = Array.from({ length: table.numRows }, (_, i) => i);
    const columns = features.map((feature) => expectedFeature(read, feature, all));
    expect(dataset.featureShape).toEqual([columns.reduce((sum, column) => sum + column[0].length, 0)]);
    const batch = await readAll(dataset, 'classIndex');
    expectClose(
      batch.features,
      all.flatMap((row) => columns.flatMap((column) => column[row])),
    );
    expect([...batch.classLabels]).toEqual(all);
  });
});

test('bools, dates and lists without nulls, as features and as labels', async () => {
  const table = randomTable(5, [40, 9], false);
  for (const format of ['file', 'stream'] as const) {
    const path = write(table, format);
    const targets = await arrowDataset(path, {
      features: ['bool', 'day', 'instant', 'fixed'],
      label: ['float64', 'list'],
      scale: 0.5,
    });
    expect(targets.label).toEqual({ width: 4, integer: false });
    const { features: values, valueLabels } = await readAll(targets);
    const [bools, days, instants, fixed, doubles, lists] = ['bool', 'day', 'instant', 'fixed', 'float64', 'list'].map(
      (name) => valuesOf(table, name) as number[][],
    );
    const rows = bools.map((_, i) =>
      [bools[i], days[i], instants[i], fixed[i]].flat().map((value) => Math.fround(value * 0.5)),
    );
    expect([...values]).toEqual(rows.flat());
    expect([...valueLabels]).toEqual(doubles.flatMap((value, i) => [...value, ...lists[i]].map(Math.fround)));
    const label = await arrowDataset(path, { features: ['list'], label: 'bool' });
    expect(label.label).toEqual({ width: 1, integer: true });
    const batch = await readAll(label, 'classIndex');
    expect([...batch.classLabels]).toEqual(bools.flat());
    expect([...batch.features]).toEqual(lists.flat());
  }
});

test('numbers that are read in place are so from streams and lists too, with a scale of their own', async () => {
  const table = randomTable(6, [50, 20], false);
  const data = await arrowDataset(write(table, 'stream'), {
    features: [{ column: 'list', scale: 0.25 }, 'int8', { column: 'day', scale: 2 }],
    label: 'int32',
    split: { part: 'validation', train: 0.7, validation: 0.2, test: 0.1 },
  });
  expect(data.source.module).toContain('arrowSource');
  expect(data.rows).toBe(14);
  const [list, int8, day, label] = ['list', 'int8', 'day', 'int32'].map((name) => valuesOf(table, name) as number[][]);
  const rows = Array.from({ length: 14 }, (_, i) => 49 + i);
  const batch = await readAll(data, 'classIndex');
  expect([...batch.features]).toEqual(rows.flatMap((i) => [...list[i].map((v) => v / 4), ...int8[i], day[i][0] * 2]));
  expect([...batch.classLabels]).toEqual(rows.flatMap((i) => label[i]));
});

describe('texts as labels', () => {
  const table = randomTable(11, [25, 30], false);
  const species = valuesOf(table, 'species').flat() as string[];

  test.for<[ArrowDatasetOptions['label'], string[]]>([
    ['species', ['apple', 'fig', 'pear']],
    [{ column: 'species', vocabulary: 'firstAppearance' }, [...new Set(species)]],
    [{ column: 'species', vocabulary: ['kiwi', 'pear', 'fig', 'apple'] }, ['kiwi', 'pear', 'fig', 'apple']],
  ])('%o', async ([label, vocabulary]) => {
    const data = await arrowDataset(write(table), { features: ['int8'], label });
    expect(data.label).toEqual({ width: 1, integer: true });
    expect(data.description.columns[1]).toEqual({
      ...{ column: 'species', role: 'label', at: 0, width: 1, encode: 'index', vocabulary },
    });
    const { classLabels } = await readAll(data, 'classIndex');
    expect([...classLabels]).toEqual(species.map((text) => vocabulary.indexOf(text)));
  });

  test('one value for each class', async () => {
    const data = await arrowDataset(write(table), { features: ['int8'], label: { column: 'species', oneHot: true } });
    expect(data.label).toEqual({ width: 3, integer: false });
    const { valueLabels } = await readAll(data);
    const codes = species.map((text) => ['apple', 'fig', 'pear'].indexOf(text));
    expect([...valueLabels]).toEqual(codes.flatMap((code) => [0, 1, 2].map((i) => (i === code ? 1 : 0))));
  });

  test('files with dictionaries of their own share a vocabulary', async () => {
    const other = randomTable(12, [10], false);
    const data = await arrowDataset([write(table), write(other, 'stream', 'LZ4')], {
      features: ['int8'],
      label: 'species',
    });
    const texts = [...species, ...(valuesOf(other, 'species').flat() as string[])];
    const { classLabels } = await readAll(data, 'classIndex');
    expect([...classLabels]).toEqual(texts.map((text) => ['apple', 'fig', 'pear'].indexOf(text)));
  });

  test('a stream may replace a dictionary, or add to it', async () => {
    const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8(), 77);
    const batches = [
      ['b', 'a', 'b'],
      ['c', 'a'],
      ['d', 'b', 'c'],
    ];
    const text = arrow
      .vectorFromArray(batches[0], type)
      .concat(...batches.slice(1).map((values) => arrow.vectorFromArray(values, type)));
    const x = batches.map((values) =>
      arrow.vectorFromArray(
        values.map((_, i) => i),
        new arrow.Int8(),
      ),
    );
    const replaced = write(new arrow.Table({ text, x: x[0].concat(...x.slice(1)) }), 'stream');
    // A builder goes on with the dictionary that it has: its record batches come with what is new.
    const builder = arrow.makeBuilder({ type, nullValues: [] });
    const grown = batches.map((values) => {
      for (const value of values) builder.append(value);
      return builder.flush();
    });
    const added = write(new arrow.Table({ text: new arrow.Vector(grown), x: x[0].concat(...x.slice(1)) }), 'stream');
    for (const path of [replaced, added]) {
      const data = await arrowDataset(path, {
        features: ['x'],
        label: { column: 'text', vocabulary: 'firstAppearance' },
      });
      expect(data.description.columns[1].vocabulary).toEqual(['b', 'a', 'c', 'd']);
      expect([...(await readAll(data, 'classIndex')).classLabels]).toEqual([0, 1, 0, 2, 1, 3, 0, 2]);
    }
  });

  test('a text that a given vocabulary lacks is an error, or skipped and counted', async () => {
    const path = write(table);
    const options = { features: ['int8'], label: { column: 'species', vocabulary: ['pear', 'apple'] } };
    const error = await lockstepError(() => arrowDataset(path, options));
    expect(error).toMatchObject({ code: 'INVALID_DATA', received: '"fig"' });
    expect(error.place).toBe(`${path}, record batch 0, column "species", row ${species.indexOf('fig')}`);
    expect(error.expected).toContain('arrowDataset.label.vocabulary');
    const data = await arrowDataset(path, { ...options, onBadRecord: 'skip' });
    const rest = species.filter((text) => text !== 'fig');
    expect(data.description.rows).toEqual({
      ...{ inFiles: 55, filtered: 0, skipped: 55 - rest.length, inDataset: rest.length },
    });
    const { classLabels } = await readAll(data, 'classIndex');
    expect([...classLabels]).toEqual(rest.map((text) => ['pear', 'apple'].indexOf(text)));
  });
});

describe('chosen rows', () => {
  const table = randomTable(21, [70, 1, 150, 80], true);
  const ids = valuesOf(table, 'id').flat() as number[];
  const [int8, float16] = ['int8', 'float16'].map((name) => valuesOf(table, name).flat() as (number | null)[]);
  const filter = [
    ['int8', '>=', -100],
    ['int8', '<', 90],
    ['float16', '!=', 3],
  ] as const;
  const passing = ids.filter((id) => {
    const [a, b] = [int8[id], float16[id]];
    return a !== null && b !== null && a >= -100 && a < 90 && b !== 3;
  });
  const features: FeatureOptions[] = [{ column: 'float64', fillNull: 'mean', normalize: 'zScore' }];

  /** Rows in a random order of chunks and windows, by their ids; each with its place. */
  async function shuffledIds(data: ArrowDataset, path: string): Promise<number[]> {
    const source = await openDataset(data);
    const next = integers(3);
    const chunks = data.chunkRows.map((_, i) => i).toSorted((a, b) => ((a * 7) % 5) - ((b * 7) % 5));
    const seen: number[] = [];
    while (chunks.length > 0) {
      const window = chunks.splice(0, 1 + next(3));
      await source.loadWindow(window);
      const count = window.reduce((sum, chunk) => sum + data.chunkRows[chunk], 0);
      const rows = Uint32Array.from({ length: count }, (_, i) => count - 1 - i);
      const batch = makeBatch(data, count + 2, 'classIndex');
      source.copyRows(batch, 2, rows, 0, count);
      for (let i = 0; i < count; i++) {
        expect(source.describeRow(rows[i])).toBe(`${path}, row ${batch.classLabels[2 + i]}`);
        seen.push(batch.classLabels[2 + i]);
      }
    }
    source.close();
    return seen;
  }

  test.for(['none', 'ZSTD'] as const)('a filter keeps what meets all conditions, %s', async (compression) => {
    const path = write(table, 'file', compression);
    const data = await arrowDataset(path, { features, label: 'id', filter });
    expect(data.description.rows).toMatchObject({ filtered: 301 - passing.length, inDataset: passing.length });
    expect((await shuffledIds(data, path)).toSorted((a, b) => a - b)).toEqual(passing);
    const { features: values } = await readAll(data, 'classIndex');
    expectClose(
      values,
      passing.flatMap((id) => expectedFeature(table, features[0], passing)[id]),
    );
  });

  test.for(['fraction', 'hash'] as const)(
    'parts by %s: every row once, all scaled by the rows for training',
    async (by) => {
      const path = write(table);
      const parts = await Promise.all(
        (['train', 'validation', 'test'] as const).map(async (part) => {
          const split = { part, train: 0.6, validation: 0.1, test: 0.3, by, seed: 5 };
          const data = await arrowDataset(path, { features, label: 'id', filter, split });
          const batch = await readAll(data, 'classIndex');
          expect((await shuffledIds(data, path)).toSorted((a, b) => a - b)).toEqual([...batch.classLabels]);
          return { data, ids: [...batch.classLabels], values: batch.features };
        }),
      );
      expect(parts.flatMap((part) => part.ids).toSorted((a, b) => a - b)).toEqual(passing);
      const expected = expectedFeature(table, features[0], parts[0].ids);
      for (const part of parts)
        expectClose(
          part.values,
          part.ids.flatMap((id) => expected[id]),
        );
      expect(new Set(parts.map(({ data }) => data.fingerprint)).size).toBe(3);
      const counts = parts.map((part) => part.ids.length);
      if (by === 'fraction') {
        expect(parts.flatMap((part) => part.ids)).toEqual(passing);
        const total = passing.length;
        expect(counts).toEqual([
          Math.round(0.6 * total),
          total - Math.round(0.6 * total) - Math.round(0.3 * total),
          Math.round(0.3 * total),
        ]);
      } else {
        for (const [i, share] of [0.6, 0.1, 0.3].entries())
          expect(Math.abs(counts[i] / passing.length - share)).toBeLessThan(0.08);
      }
    },
  );

  test('by hash, a row stays in its part when rows are appended, and moves with the seed', async () => {
    const idsOf = async (paths: string[], seed: number): Promise<number[]> => {
      const split = { part: 'train', train: 0.5, test: 0.5, by: 'hash', seed } as const;
      const good = await arrowDataset(paths, { features, label: 'id', split });
      return [...(await readAll(good, 'classIndex')).classLabels];
    };
    const path = write(table);
    const alone = await idsOf([path], 1);
    // The first numbers of Philox4x32-10 with key (1, 0), counters (row, 0, 5 << 24, 0): a golden list.
    expect(alone.slice(0, 12)).toMatchInlineSnapshot(`
      [
        3,
        4,
        6,
        7,
        11,
        12,
        14,
        17,
        19,
        20,
        21,
        22,
      ]
    `);
    const grown = await idsOf([path, write(randomTable(9, [60], true))], 1);
    expect(grown.slice(0, alone.length)).toEqual(alone);
    expect(await idsOf([path], 2)).not.toEqual(alone);
  });

  test('rows with nulls in labels or weights are refused, or left out and counted', async () => {
    const path = write(table);
    const first = int8.indexOf(null);
    const options = { features, label: 'int8', sampleWeight: 'float16' };
    const error = await lockstepError(() => arrowDataset(path, options));
    expect(error).toMatchObject({ code: 'COLUMN_HAS_NULLS', received: 'a null' });
    expect(error.place).toBe(`${path}, record batch 0, column "int8", row ${first}`);
    expect(error.advice).toContain("onBadRecord: 'skip'");
    const data = await arrowDataset(path, { ...options, onBadRecord: 'skip' });
    const good = ids.filter((id) => int8[id] !== null && float16[id] !== null);
    expect(data.description.rows).toMatchObject({ skipped: 301 - good.length, inDataset: good.length });
    const batch = await readAll(data, 'classIndex');
    expect([...batch.classLabels]).toEqual(good.map((id) => int8[id]));
    expect([...batch.sampleWeights]).toEqual(good.map((id) => float16[id]));
  });

  test('nothing left is an error that says why', async () => {
    const path = write(table);
    const none = await lockstepError(() => arrowDataset(path, { features, label: 'id', filter: [['id', '<', 0]] }));
    expect(none).toMatchObject({ code: 'INVALID_DATA' });
    expect(none.received).toContain('the filter leaves out 301');
    const split = { part: 'test', train: 0.999, test: 0.001 } as const;
    const empty = await lockstepError(() => arrowDataset(path, { features, label: 'id', split }));
    expect(empty).toMatchObject({ code: 'INVALID_DATA', received: 'none of 301' });
  });
});

test('large record batches become several chunks, whose bits begin anywhere in a byte', async () => {
  const rows = 5003;
  const width = 500;
  const pixel = (row: number, item: number): number => (row * 131 + item * 7) & 255;
  const items = arrow.makeData({
    ...{ type: new arrow.Uint8(), length: rows * width, nullCount: 0 },
    data: Uint8Array.from({ length: rows * width }, (_, i) => pixel(Math.floor(i / width), i % width)),
  });
  const type = new arrow.FixedSizeList(width, new arrow.Field('item', new arrow.Uint8(), false));
  const pixels = arrow.makeData({ type, length: rows, nullCount: 0, child: items } as never);
  const flags = Array.from({ length: rows }, (_, row) => (row % 5 === 0 ? null : (row * 3) % 7 < 3));
  const table = new arrow.Table({
    pixels: new arrow.Vector([pixels]) as arrow.Vector,
    flag: arrow.vectorFromArray(flags, new arrow.Bool()),
    id: arrow.vectorFromArray(
      flags.map((_, row) => row),
      new arrow.Int32(),
    ),
  });
  const options: ArrowDatasetOptions = {
    features: [
      { column: 'pixels', normalize: 'minMax' },
      { column: 'flag', fillNull: { value: 0.5, indicator: true } },
    ],
    label: 'id',
  };
  const path = write(table);
  for (const first of [0, 1234]) {
    const data = await arrowDataset(path, { ...options, filter: [['id', '>=', first]] });
    expect(data.chunkRows).toEqual(first === 0 ? [1667, 1668, 1668] : [433, 1668, 1668]);
    expect(data.rows).toBe(rows - first);
    const { classLabels, features } = await readAll(data, 'classIndex');
    expect(classLabels.every((label, i) => label === first + i)).toBe(true);
    for (let row = first; row < rows; row++) {
      const at = (row - first) * (width + 2);
      // All of 0 to 255 occur in each item.
      for (const item of [0, 17, width - 1])
        expect(features[at + item]).toBe(Math.fround(pixel(row, item) * (1 / 255)));
      const flag = flags[row];
      expect([...features.subarray(at + width, at + width + 2)]).toEqual([Number(flag ?? 0.5), flag === null ? 1 : 0]);
    }
  }
});
