/** Files that pyarrow has written, recorded by test/pyarrow/record.py with the values that went in. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { arrowDataset, type ArrowDatasetOptions, describeArrowFile } from '@lockstep/arrow';
import { LockstepError } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { readDataset } from './support/readDataset.ts';

type Value = number | string | null;
/** For each column, for each row, the numbers or the text. */
type Columns = Readonly<Record<string, readonly (readonly Value[])[]>>;

const pathOf = (name: string): string => fileURLToPath(new URL(`pyarrow/${name}`, import.meta.url));
const { rows, columns, dictionaries } = JSON.parse(readFileSync(pathOf('expected.json'), 'utf8')) as {
  readonly rows: number;
  readonly columns: Columns;
  readonly dictionaries: Columns;
};
const isText = (name: string): boolean => columns[name].some(([value]) => typeof value === 'string');
const numbers = Object.keys(columns).filter((name) => !isText(name));
const texts = Object.keys(columns).filter(isText);

/** What a dataset makes of a column of numbers with `fillNull: { value: 0, indicator: true }`. */
const filled = (values: readonly Value[]): number[] => [
  ...values.map((value) => Math.fround(Number(value ?? 0))),
  ...values.map((value) => Number(value === null)),
];
const ids = (count: number): Float32Array => Float32Array.from({ length: count }, (_, row) => row);
const numbersOf = (names: readonly string[]): ArrowDatasetOptions => ({
  features: names.map((column) => ({ column, fillNull: { value: 0, indicator: true } })),
  label: 'id',
});

test.each([
  { file: 'types.arrow', compression: 'none' },
  { file: 'types.arrows', compression: 'none' },
  { file: 'types-lz4.arrow', compression: 'LZ4' },
  { file: 'types-zstd.arrows', compression: 'ZSTD' },
])('every type of numbers, with nulls and without: $file', async ({ file, compression }) => {
  expect(await describeArrowFile(pathOf(file))).toMatchObject({ rows, compression, recordBatches: 4 });
  const read = await readDataset(await arrowDataset(pathOf(file), numbersOf(numbers)));
  expect(read.valueLabels).toEqual(ids(rows));
  const width = read.features.length / rows;
  for (let row = 0; row < rows; row++) {
    const expected = numbers.flatMap((name) => filled(columns[name][row]));
    expect(Array.from(read.features.subarray(row * width, (row + 1) * width)), `row ${row}`).toEqual(expected);
  }
});

test('numbers that are read in place', async () => {
  const names = numbers.filter((name) => columns[name].flat().every((value) => value !== null) && name !== 'flags');
  expect(names.length).toBeGreaterThan(20);
  const read = await readDataset(await arrowDataset(pathOf('types.arrow'), { features: names, label: 'id' }));
  const expected = Array.from({ length: rows }, (_, row) => {
    return names.flatMap((name) => columns[name][row].map((value) => Math.fround(Number(value))));
  });
  expect(Array.from(read.features)).toEqual(expected.flat());
});

test.each(['types.arrow', 'types.arrows', 'types-lz4.arrow', 'types-zstd.arrows'])(
  'dictionaries of texts: %s',
  async (file) => {
    const features = texts.map((column) => ({ column, oneHot: true, fillNull: { indicator: true } }) as const);
    const dataset = await arrowDataset(pathOf(file), { features, label: 'id' });
    const read = await readDataset(dataset);
    const width = read.features.length / rows;
    const vocabulary = ['', 'apple', 'fig', 'pear', 'Äpfel'];
    expect(dataset.description.columns[0].vocabulary).toEqual(vocabulary);
    for (let row = 0; row < rows; row++) {
      const expected = texts.flatMap((name) =>
        [...vocabulary, null].map((text) => Number(columns[name][row][0] === text)),
      );
      expect(Array.from(read.features.subarray(row * width, (row + 1) * width)), `row ${row}`).toEqual(expected);
    }
  },
);

test.each(['deltas.arrows', 'replaced.arrows'])('a dictionary that changes from batch to batch: %s', async (file) => {
  const dataset = await arrowDataset(pathOf(file), { features: ['id'], label: 'text' });
  const { valueLabels } = await readDataset(dataset);
  const { vocabulary } = dataset.description.columns[1];
  expect(Array.from(valueLabels, (label) => [vocabulary![label]])).toEqual(dictionaries[file]);
});

test.each(['legacy.arrow', 'legacy.arrows'])('the format of 2019: %s', async (file) => {
  const names = ['int16_null', 'list', 'float64'];
  const read = await readDataset(await arrowDataset(pathOf(file), numbersOf(names)));
  const expected = Array.from({ length: rows }, (_, row) => names.flatMap((name) => filled(columns[name][row])));
  expect(Array.from(read.features)).toEqual(expected.flat());
});

test.each(['types.arrow', 'types-lz4.arrow'])('decimals, plain texts and views of texts: %s', async (file) => {
  // `decimal` holds 0.00, 1.00 and so on; `plain` the texts of `text8`; `view` each five times, '' for a null.
  const features = ['decimal', { column: 'plain', embeddingIndex: true, fillNull: '' } as const];
  const dataset = await arrowDataset(pathOf(file), {
    features,
    label: { column: 'view', vocabulary: 'firstAppearance' },
  });
  const read = await readDataset(dataset);
  const [, plain, view] = dataset.description.columns.map(({ vocabulary }) => vocabulary!);
  for (let row = 0; row < rows; row++) {
    const text = String(columns['text8'][row][0] ?? '');
    expect(read.features[2 * row]).toBe(row);
    expect(plain[read.features[2 * row + 1]]).toBe(text);
    expect(view[read.valueLabels[row]]).toBe(text.repeat(5));
  }
});

describe('what cannot be used is told', () => {
  const cases: [string, string, string, RegExp][] = [
    ['empty.arrow', 'float64', 'INVALID_DATA', /at least one row, received none/],
    ['no-rows.arrows', 'float64', 'INVALID_DATA', /at least one row, received none/],
    ['run-ends.arrow', 'ends', 'UNSUPPORTED', /received a column of type RunEndEncoded/],
    ['types.arrow', 'struct', 'COLUMN_TYPE', /column "struct".*received Struct/],
    ['types.arrow', 'nothing', 'COLUMN_TYPE', /column "nothing".*received Null/],
  ];
  test.each(cases)('%s, %s: %s', async (file, feature, code, message) => {
    const error: unknown = await arrowDataset(pathOf(file), { features: [feature], label: 'id' }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(LockstepError);
    expect((error as LockstepError).code).toBe(code);
    expect((error as LockstepError).message).toMatch(message);
    expect((error as LockstepError).place).toContain(file);
  });

  test('a null among the texts of a dictionary', async () => {
    const error = arrowDataset(pathOf('null-text.arrow'), { features: ['id'], label: 'text' });
    await expect(error).rejects.toMatchObject({
      code: 'COLUMN_HAS_NULLS',
      place: expect.stringContaining('dictionary batch 0'),
    });
  });
});
