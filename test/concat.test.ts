import { concat, skip, take, tensorDataset } from '@lockstep/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { data, fit, wrong } from './mistakes/subjects.ts';
import { type Chunked, chunkedDataset, chunkedRows } from './support/chunkedDataset.ts';
import { option, raised, testMistakes } from './support/mistakes.ts';
import { rowsOf, sorted } from './support/rowsOf.ts';

const parts = fc.array(
  fc.record({
    chunkRows: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    parallel: fc.boolean(),
    waits: fc.boolean(),
    inArrays: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

test('any datasets, one behind the other: their order, each row once where it is shuffled, and slices', async () => {
  const drawn = fc.record({ parts, seed: fc.nat(), windowBytes: fc.integer({ min: 1, max: 40_000 }), cut: fc.nat() });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ parts: kinds, seed, windowBytes, cut }) => {
      let first = 0;
      const datasets = kinds.map(({ inArrays, ...kind }) => {
        const dataset = chunkedDataset({ ...kind, first } satisfies Chunked);
        const made = inArrays ? chunkedRows(first, dataset.rows) : dataset;
        first += dataset.rows;
        return made;
      });
      const all = concat(...datasets);
      const plain = await rowsOf(chunkedRows(0, first));
      expect(await rowsOf(all, { windowBytes })).toEqual(plain);
      const shuffled = await rowsOf(all, { windowBytes, seed });
      expect(sorted(shuffled)).toEqual(sorted(plain));
      const skipped = cut % first;
      expect(await rowsOf(all, { windowBytes, seed, skip: skipped })).toEqual(shuffled.slice(skipped));
      expect(await rowsOf(take(skip(all, skipped), 5))).toEqual(plain.slice(skipped, skipped + 5));
      expect(all.source.parallel ?? false).toBe(kinds.every(({ parallel, inArrays }) => parallel || inArrays));
    }),
    { numRuns: 20 },
  );
});

test('arrays are shuffled as one; other parts, another fingerprint', async () => {
  const [a, b, c] = [chunkedRows(0, 40), chunkedRows(40, 40), chunkedRows(80, 1)];
  const mixed = (await rowsOf(concat(a, b), { seed: 2 })).slice(0, 40).map(({ features }) => features[0] < 40 / 128);
  expect(new Set(mixed).size).toBe(2);
  const prints = [concat(a, b), concat(b, a), concat(a, b, c), concat(a, c)].map(({ fingerprint }) => fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
  expect(concat(a, b).fingerprint).toBe(concat(a, b).fingerprint);
  expect(concat(a)).toBe(a);
});

test('errors name the row of the part', async () => {
  const bad = tensorDataset({ features: [1, 2, 3, 4], labels: [0, 7], featureShape: [2] });
  const error = await raised(fit({ shuffle: false }, concat(data(), bad)));
  expect(error).toMatchObject({ code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 1' });
});

testMistakes([
  { title: 'nothing to join', make: () => concat(), answer: option('concat.datasets', { expected: 'at least one' }) },
  { title: 'a list of datasets', make: () => concat(wrong([data()])), answer: option('concat.datasets.0') },
  {
    title: 'rows of another shape',
    make: () => concat(data(), data({ features: [1, 2, 3, 4, 5, 6], featureShape: [3] })),
    answer: option('concat: dataset 1', { expected: 'the feature shape of dataset 0, [2]', received: '[3]' }),
  },
  {
    title: 'numbers beside classes',
    make: () => concat(data(), data({ labels: Float32Array.of(0, 1) })),
    answer: option('concat: dataset 1', {
      expected: '1 integer value a row',
      received: '1 floating-point value a row',
    }),
  },
]);
