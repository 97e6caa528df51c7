import { cache, concat, type Dataset, generatorDataset, map, skip } from '@lockstep/core';
import { chunkedDataset, chunkedRows } from '../support/chunkedDataset.ts';

/** A dataset of 70 rows of three features and a class of three. */
export interface DatasetCase {
  readonly name: string;
  readonly create: () => Dataset | Promise<Dataset>;
}

const ROWS = 70;
const AUGMENT = new URL('../support/augment.ts', import.meta.url);
const augmented = (dataset: Dataset): Dataset => map(dataset, AUGMENT, { options: { noise: 0.2 }, seed: 5 });

/** Rows that are others in each epoch. */
const generated = (rows: number): Dataset =>
  generatorDataset(
    async function* (epoch) {
      for (let row = 0; ; row++) {
        // Some rows have to be waited for.
        if (row % 9 === 0) await Promise.resolve();
        yield { features: [row / 128, Math.fround(((row * 7 + epoch) % 23) / 23), epoch], label: (row + epoch) % 3 };
      }
    },
    { rows, featureShape: [3], label: 'classIndex', windowRows: 30 },
  );

const chunked = (first: number): Dataset => chunkedDataset({ chunkRows: [9, 14, 7], first, waits: first > 0 });

/** A new dataset adds a line here, and so comes under the check for one hash, inline, in threads and across a resume. */
export const DATASETS: readonly DatasetCase[] = [
  { name: 'arrays, one behind the other', create: () => concat(chunkedRows(0, 50), chunkedRows(50, 20)) },
  { name: 'chunks and arrays', create: () => concat(chunked(0), chunkedRows(30, 10), chunked(40)) },
  { name: 'what was cached', create: () => cache(concat(chunked(0), chunkedRows(30, 40))) },
  { name: 'a generator', create: () => generated(ROWS) },
  { name: 'a part of generators, one behind the other', create: () => skip(concat(generated(40), generated(40)), 10) },
  { name: 'augmented rows of chunks', create: () => augmented(concat(chunked(0), chunkedRows(30, 40))) },
  { name: 'augmented rows of a generator', create: () => augmented(generated(ROWS)) },
];
