import { join } from 'node:path';
import { expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { FeatureOptions } from './optionTypes.ts';
import { integers, lockstepError, readAll, scratchDirectory } from './testing/files.ts';
import { writeArrow } from './convert/writeArrow.ts';

const directory = scratchDirectory();
const ROWS = [700, 1, 413];
const COLUMNS = [
  { name: 'bytes', kind: 'uint8', listSize: 5 },
  { name: 'small', kind: 'int16' },
  { name: 'double', kind: 'float64' },
  { name: 'long', kind: 'int64' },
  { name: 'one', kind: 'float32' },
  { name: 'other', kind: 'float32' },
  { name: 'label', kind: 'uint8' },
] as const;

const MAKE = {
  uint8: (numbers: number[]) => Uint8Array.from(numbers),
  int16: (numbers: number[]) => Int16Array.from(numbers),
  int64: (numbers: number[]) => BigInt64Array.from(numbers, (value) => BigInt(value) * 2n ** 45n + 1n),
  float64: (numbers: number[]) => Float64Array.from(numbers, (value) => value / 7),
  float32: (numbers: number[]) => Float32Array.from(numbers, (value) => value / 7),
};

async function write(name: string): Promise<string> {
  const next = integers(5);
  const batches = ROWS.map((rows) =>
    COLUMNS.map((column) => {
      const count = rows * ('listSize' in column ? column.listSize : 1);
      const numbers = Array.from({ length: count }, () => next(250) - (column.kind === 'uint8' ? 0 : 100));
      return MAKE[column.kind](numbers);
    }),
  );
  const path = join(directory, name);
  await writeArrow(path, [...COLUMNS], batches);
  return path;
}

test('numbers whose statistics are beyond a double are refused', async () => {
  const path = join(directory, 'extreme.arrow');
  const columns = [
    { name: 'far', kind: 'float64' },
    { name: 'near', kind: 'float64' },
    { name: 'y', kind: 'float32' },
  ] as const;
  await writeArrow(path, columns, [
    [Float64Array.of(1.7e308, -1.7e308), Float64Array.of(0, 5e-324), Float32Array.of(0, 1)],
  ]);
  for (const feature of [
    { column: 'far', normalize: 'minMax' },
    { column: 'far', normalize: 'zScore' },
    { column: 'near', normalize: 'minMax' },
  ] as const) {
    const error = await lockstepError(() => arrowDataset(path, { features: [feature], label: 'y' }));
    expect(error.code).toBe('INVALID_DATA');
    expect(error.place).toContain(`column "${feature.column}"`);
  }
});

const kindsOf = (data: { readonly windows?: { readonly runs: readonly { readonly kind: string }[] } }): string[] =>
  data.windows!.runs.map(({ kind }) => kind);

test('numbers without nulls are normalised from their own kinds, to the bits of numbers that were prepared', async () => {
  const path = await write('several.arrow');
  const normalize = 'zScore' as const;
  const features: FeatureOptions[] = [
    { column: 'bytes', normalize: 'minMax' },
    ...[
      { column: 'small', normalize },
      { column: 'double', normalize },
      { column: 'long', scale: 2 ** -50 },
    ],
    ...[
      { column: 'one', normalize },
      { column: 'other', scale: 0.1 },
    ],
  ];
  for (const part of [undefined, 'train', 'test'] as const) {
    const split = part === undefined ? {} : { split: { train: 0.6, validation: 0.2, test: 0.2, part } };
    const plain = await arrowDataset(path, { features, label: 'label', ...split });
    expect(plain.windows!.decodes).toBe(false);
    expect(kindsOf(plain)).toEqual(['uint8', 'float32']);
    // Asking for what stands for nulls, of which there are none, prepares all columns.
    const filled = features.map((feature, i) =>
      i === 0 ? { ...(feature as object), fillNull: 0 } : feature,
    ) as FeatureOptions[];
    const prepared = await arrowDataset(path, { features: filled, label: 'label', ...split });
    expect(prepared.windows!.decodes).toBe(true);
    expect(plain.description.columns).toEqual(prepared.description.columns);
    expect(await readAll(plain, 'classIndex')).toEqual(await readAll(prepared, 'classIndex'));
    expect(plain.fingerprint).not.toBe(prepared.fingerprint);
  }
});

test('scalar columns of one kind keep it, each with terms of its own', async () => {
  const path = await write('alike.arrow');
  const data = await arrowDataset(path, {
    features: [
      { column: 'one', normalize: 'zScore' },
      { column: 'other', scale: 0.1 },
    ],
    label: 'label',
  });
  const [{ mean, standardDeviation }] = data.description.columns.map(({ statistics }) => statistics!);
  expect(data.windows!.runs).toEqual([
    { kind: 'float32', width: 2, subtract: [mean[0], 0], factor: [1 / standardDeviation[0], 0.1] },
  ]);
  const raw = await readAll(await arrowDataset(path, { features: ['one', 'other'], label: 'label' }));
  const { features } = await readAll(data);
  const expected = raw.features.map((value, i) =>
    i % 2 === 0 ? (value - mean[0]) * (1 / standardDeviation[0]) : value * 0.1,
  );
  expect(features).toEqual(expected);
});
