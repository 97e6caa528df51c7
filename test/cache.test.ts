import { cache, concat, readInOrder, tensorDataset } from '@lockstep/core';
import { expect, test } from 'vitest';
import { data, wrong } from './mistakes/subjects.ts';
import { chunkedDataset, chunkedRows } from './support/chunkedDataset.ts';
import { option, testMistakes } from './support/mistakes.ts';
import { rowsOf } from './support/rowsOf.ts';

const chunked = (): ReturnType<typeof chunkedDataset> => chunkedDataset({ chunkRows: [900, 700, 900], waits: true });

test('rows that are wide are read a few at once', async () => {
  const features = new Float32Array(5 * 2 ** 20).map((_, i) => i >> 20);
  const dataset = tensorDataset({ features, labels: [0, 1, 2, 3, 4], featureShape: [2 ** 20] });
  const read: number[][] = [];
  for await (const { rows, batch } of readInOrder(dataset)) {
    read.push([rows, batch.features.length / 2 ** 20, batch.features[0]]);
  }
  expect(read).toEqual([
    [2, 2, 0],
    [2, 2, 2],
    [1, 2, 4],
  ]);
});

test('rows of chunks are arrays from then on, with the fingerprint of what they hold', async () => {
  const seen: number[] = [];
  const cached = await cache(chunked(), { onProgress: (done, rows) => void seen.push(done, rows) });
  const plain = chunkedRows(0, 2500);
  for (const seed of [null, 4]) expect(await rowsOf(cached, { seed })).toEqual(await rowsOf(plain, { seed }));
  expect(cached.source.parallel).toBe(true);
  expect(cached.fingerprint).toBe(plain.fingerprint);
  expect(cached).toMatchObject({ rows: 2500, featureShape: [3], label: { width: 1, integer: true } });
  expect(seen).toEqual([1024, 2500, 2048, 2500, 2500, 2500]);
});

test('several labels, and labels that are no integers', async () => {
  const features = [1, 2, 3, 4];
  for (const labels of [[1, 2, 3, 4, 5, 6], Float32Array.of(0.5, -1)]) {
    const plain = concat(
      tensorDataset({ features, labels, featureShape: [2, 1] }),
      tensorDataset({ features, labels, featureShape: [2, 1] }),
    );
    const cached = await cache(plain);
    expect(await rowsOf(cached)).toEqual(await rowsOf(plain));
    expect([cached.label, cached.featureShape]).toEqual([plain.label, plain.featureShape]);
  }
});

test('the event loop is free meanwhile', async () => {
  const rows = 200_000;
  const large = chunkedDataset({ chunkRows: [rows / 2, rows / 2] });
  let turns = 0;
  let next = setImmediate(function turn() {
    turns++;
    next = setImmediate(turn);
  });
  await cache(large);
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(3);
});

testMistakes([
  { title: 'no dataset', make: () => cache(wrong('train.arrow')), answer: option('cache.dataset') },
  {
    title: 'no number of bytes',
    make: () => cache(data(), { maxBytes: wrong('1 GB') }),
    answer: option('cache.maxBytes'),
  },
  {
    title: 'an unknown option',
    make: () => cache(data(), wrong({ maxbytes: 5 })),
    answer: option('cache.maxbytes', { advice: 'maxBytes' }),
  },
  {
    title: 'more rows than there may be',
    make: () => cache(chunked(), { maxBytes: 40_000 }),
    answer: {
      ...{ code: 'MEMORY_EXCEEDED', place: 'cache', expected: 'at most 39.1 KiB (`maxBytes`)' },
      ...{ received: '48.8 KiB for 2500 rows', advice: 'lockstep convert' },
    },
  },
]);
