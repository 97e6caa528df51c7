import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cache, concat, type Dataset, generatorDataset, map, type MapOptions, skip } from '@lockstep/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { data, fit, wrong } from './mistakes/subjects.ts';
import { chunkedDataset, chunkedRows } from './support/chunkedDataset.ts';
import { temporaryFolder } from './support/folder.ts';
import { type Answer, option, testMistakes } from './support/mistakes.ts';
import { type Row, rowsOf, sorted } from './support/rowsOf.ts';

const AUGMENT = new URL('support/augment.ts', import.meta.url);
const DESCRIBE = new URL('support/describeRows.ts', import.meta.url);
const noisy = (dataset: Dataset, options: MapOptions = {}): Dataset =>
  map(dataset, AUGMENT, { options: { noise: 0.1 }, ...options });

test('the function is told the row, its number and the epoch, wherever the row lies', async () => {
  const datasets = [chunkedDataset({ chunkRows: [9, 4, 20], waits: true }), chunkedRows(0, 33)];
  for (const dataset of [...datasets, concat(chunkedRows(0, 10), chunkedDataset({ chunkRows: [3, 20], first: 10 }))]) {
    const described = map(dataset, DESCRIBE, { featureShape: [3, 1], label: { width: 2, integer: false } });
    const given = await rowsOf(dataset);
    const expected = given.map(({ features, label, weight }, row) => ({
      ...{ features: [features[0], row, 5], label: [(label as number) / 2, 3], weight },
    }));
    expect(await rowsOf(described, { epoch: 5 })).toEqual(expected);
    expect(sorted(await rowsOf(described, { epoch: 5, seed: 2, windowBytes: 20_000 }))).toEqual(sorted(expected));
    expect(described).toMatchObject({ featureShape: [3, 1], label: { width: 2, integer: false } });
    // A slice numbers the rows of what it is of.
    expect(await rowsOf(skip(described, 30), { epoch: 5 })).toEqual(expected.slice(30));
  }
});

test('random numbers are those of the row in its epoch, in whatever order rows come', async () => {
  const drawn = fc.record({
    seed: fc.nat(),
    epoch: fc.nat(50),
    skip: fc.nat(99),
    batchSize: fc.integer({ min: 1, max: 90 }),
  });
  const dataset = noisy(chunkedDataset({ chunkRows: [30, 40, 30] }));
  await fc.assert(
    fc.asyncProperty(drawn, async ({ seed, epoch, skip: left, batchSize }) => {
      const plain = sorted(await rowsOf(dataset, { epoch }));
      const some = sorted(await rowsOf(dataset, { epoch, seed, batchSize, skip: left, windowBytes: 50_000 }));
      expect(some.length).toBe(100 - left);
      for (const row of some) expect(plain).toContain(row);
    }),
    { numRuns: 10 },
  );
});

test('other epochs, seeds and rows have other numbers, which are as they should be', async () => {
  const dataset = chunkedDataset({ chunkRows: [1000, 1000] });
  const given = await rowsOf(dataset);
  const noise = (rows: readonly Row[]): number[] =>
    rows.flatMap(({ features }, row) => features.map((value, i) => (value - given[row].features[i]) / 0.1));
  const runs = [
    noise(await rowsOf(noisy(dataset))),
    noise(await rowsOf(noisy(dataset), { epoch: 1 })),
    noise(await rowsOf(noisy(dataset, { seed: 1 }))),
  ];
  for (const values of runs) {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    // Six deviations of the mean, and of the variance, of 6,000 normal numbers.
    expect(Math.abs(mean)).toBeLessThan(6 / Math.sqrt(6000));
    expect(Math.abs(variance - 1)).toBeLessThan(6 * Math.sqrt(2 / 6000));
    expect(new Set(values.map((x) => x.toFixed(6))).size).toBeGreaterThan(5900);
  }
  for (const [i, a] of runs.entries()) {
    for (const b of runs.slice(i + 1))
      expect(Math.abs(a.reduce((sum, x, row) => sum + x * b[row], 0) / a.length)).toBeLessThan(6 / Math.sqrt(6000));
  }
});

test('maps of maps, of generators, cached', async () => {
  const generated = generatorDataset(
    function* () {
      for (let row = 0; ; row++) yield { features: [row / 128, 0, 0], label: row % 3 };
    },
    { rows: 20, featureShape: [3], label: 'classIndex' },
  );
  const twice = noisy(noisy(generated), { seed: 1 });
  expect(twice.sequential).toBe(true);
  const rows = await rowsOf(twice);
  expect(await rowsOf(await cache(twice))).toEqual(rows);
  expect(rows).not.toEqual(await rowsOf(noisy(generated)));
});

test('the fingerprint is of the data, the module and all options', () => {
  const dataset = chunkedRows(0, 5);
  const all = [
    ...[
      noisy(dataset),
      noisy(chunkedRows(1, 5)),
      noisy(dataset, { seed: 1 }),
      noisy(dataset, { options: { noise: 0.2 } }),
    ],
    ...[map(dataset, DESCRIBE), noisy(dataset, { featureShape: [1, 3] }), noisy(dataset, { label: 'value' }), dataset],
  ];
  expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(all.length);
  expect(noisy(dataset).fingerprint).toBe(all[0].fingerprint);
});

describe('mistakes', () => {
  const moduleOf = (body: string): URL => {
    const path = join(temporaryFolder(), 'rows.mjs');
    writeFileSync(path, `export function map(row, context) { ${body} }`);
    return pathToFileURL(path);
  };
  const failing =
    (body: string): (() => unknown) =>
    () =>
      fit({ shuffle: false }, map(data(), moduleOf(body)))();
  const answer = (more: Partial<Answer>): Answer => ({
    code: 'DATASET_FAILED',
    place: expect.stringMatching(/^tensorDataset, row 0: map of file:.*rows\.mjs$/) as string,
    ...more,
  });

  testMistakes([
    { title: 'it throws', make: failing('row.labels[0] = 1;'), answer: answer({ received: 'TypeError: ' }) },
    {
      title: 'it forgets a number',
      make: failing('row.output[0] = 1;'),
      answer: answer({ expected: 'finite numbers in output', received: 'NaN in output[1]' }),
    },
    {
      title: 'it reads beyond the end',
      make: failing('for (let i = 0; i < 2; i++) row.output[i] = row.features[i + 1];'),
      answer: answer({ received: 'NaN in output[1]' }),
    },
    {
      title: 'a label that is no integer',
      make: failing('row.output.fill(1); row.outputLabel[0] = 0.5;'),
      answer: answer({ expected: 'integers in outputLabel', received: '0.5 in outputLabel[0]' }),
    },
    {
      title: 'a label that is not written',
      make: () => cache(map(data(), moduleOf('row.output.fill(1);'), { label: { width: 2, integer: false } })),
      answer: answer({ expected: 'finite numbers in outputLabel', received: 'NaN in outputLabel[0]' }),
    },
    {
      title: 'a negative weight',
      make: failing('row.output.fill(1); row.weight = -1;'),
      answer: answer({ received: 'a weight of -1' }),
    },
    {
      title: 'a weight that float32 does not have',
      make: failing('row.output.fill(1); row.weight = 1e39;'),
      answer: answer({ received: 'a weight of 1e+39' }),
    },
    {
      title: 'another array in the place of one',
      make: failing('row.output = [1];'),
      answer: answer({ received: "TypeError: Cannot assign to read only property 'output'" }),
    },
    {
      title: 'a number below none',
      make: failing('row.output.fill(context.random.below());'),
      answer: answer({
        received: 'RangeError: below(bound): bound is a whole number from 1 to 2^32 - 1, not undefined',
      }),
    },
    {
      title: 'it is asynchronous',
      make: failing('return Promise.reject(new Error("late"));'),
      answer: answer({ received: 'a promise', advice: 'generatorDataset' }),
    },
    {
      title: 'a class that the model does not have',
      make: failing('row.output.fill(1); row.outputLabel[0] = 9;'),
      answer: { code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 0', received: '9' },
    },
    { title: 'no dataset', make: () => map(wrong(5), AUGMENT), answer: option('map.dataset') },
    {
      title: 'a function',
      make: () =>
        map(
          data(),
          wrong(() => {}),
        ),
      answer: option('map.module', { advice: "new URL('./augment.mjs', import.meta.url)" }),
    },
    {
      title: 'options that threads cannot be given',
      make: () => map(data(), AUGMENT, { options: { table: new Map() } }),
      answer: option('map.options.table', { received: 'an object of a class' }),
    },
    {
      title: 'an unknown option',
      make: () => map(data(), AUGMENT, wrong({ shape: [2] })),
      answer: option('map.shape'),
    },
    { title: 'no seed', make: () => map(data(), AUGMENT, { seed: -1 }), answer: option('map.seed') },
  ]);
});
