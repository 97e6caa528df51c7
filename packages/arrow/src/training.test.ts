import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchFiller, concat, type Dataset, dense, slice, sequential, sgd } from '@lockstep/core';
import * as arrow from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { arrowDataset } from './arrowDataset.ts';
import type { ArrowDatasetOptions } from './optionTypes.ts';
import { scratchDirectory } from './testing/files.ts';

/** Columns of tables, as they come: with nulls, texts and dates, of which some rows are chosen. */
const folder = scratchDirectory();

const ROWS = 90;
const SPECIES = ['setosa', 'virginica', 'versicolor'];
/** Numbers below `bound`, in a row that looks like chance. */
const scattered = (row: number, bound: number): number => (row * 7919 + (row % 13) * 31) % bound;
const each = <Value>(value: (row: number) => Value): Value[] => Array.from({ length: ROWS }, (_, row) => value(row));

/** A stream with a dictionary, nulls in numbers and texts, bools, dates, lists and weights. */
function writeColumns(to: string): string {
  const list = new arrow.List(new arrow.Field('item', new arrow.Float32(), true));
  const half = ROWS / 2;
  const table = new arrow.Table({
    id: arrow.vectorFromArray(
      each((row) => row),
      new arrow.Int32(),
    ),
    age: arrow.vectorFromArray(
      each((row) => (row % 7 === 0 ? null : scattered(row, 80))),
      new arrow.Int16(),
    ),
    member: arrow.vectorFromArray(
      each((row) => row % 3 === 0),
      new arrow.Bool(),
    ),
    joined: arrow.vectorFromArray(
      each((row) => new Date(86_400_000 * scattered(row, 9000))),
      new arrow.DateDay(),
    ),
    sizes: arrow.vectorFromArray(
      each((row) => [scattered(row, 9), row % 11 === 0 ? null : row / 4]),
      list,
    ),
    city: arrow.vectorFromArray(each((row) => (row % 9 === 0 ? null : ['Bern', 'Graz', 'Ulm'][scattered(row, 3)]))),
    species: arrow.vectorFromArray(each((row) => (row === 50 ? null : SPECIES[scattered(row, 3)]))),
    weight: arrow.vectorFromArray(
      each((row) => 1 + (row % 2)),
      new arrow.Float64(),
    ),
  });
  const parts = [table.slice(0, half), table.slice(half)].flatMap(({ batches }) => batches);
  writeFileSync(to, arrow.tableToIPC(new arrow.Table(parts), 'stream'));
  return to;
}

const OPTIONS: ArrowDatasetOptions = {
  features: [
    { column: 'age', normalize: 'zScore', fillNull: { value: 'mean', indicator: true } },
    'member',
    { column: 'joined', normalize: 'minMax' },
    { column: 'sizes', fillNull: 0, scale: 0.1 },
    { column: 'city', oneHot: true, fillNull: { indicator: true } },
  ],
  label: 'species',
  sampleWeight: 'weight',
  filter: [['id', '!=', 13]],
  onBadRecord: 'skip',
  split: { part: 'train', train: 0.8, test: 0.2, by: 'hash', seed: 4 },
};

const path = writeColumns(join(folder, 'columns.arrow'));
const open = async (changes: Partial<ArrowDatasetOptions> = {}): Promise<Dataset> =>
  arrowDataset(path, { ...OPTIONS, ...changes });

describe('a dataset of all kinds of columns', () => {
  test('has one hash on 1, 2 and 3 workers, another seed of the split another one', async () => {
    const hashes: string[] = [];
    for (const [workers, changes] of [
      [1, {}],
      [2, {}],
      [3, {}],
      [1, { split: { ...OPTIONS.split!, seed: 5 } }],
    ] as const) {
      const data = await open(changes);
      expect(data.featureShape).toEqual([10]);
      const model = sequential([dense(8, { activation: 'relu' }), dense(3, { activation: 'softmax' })], {
        ...{ inputShape: data.featureShape, seed: 1 },
      });
      const fit = {
        loss: 'sparseCategoricalCrossentropy',
        optimizer: sgd({ learningRate: 0.05 }),
        batchSize: 24,
      } as const;
      const { weightsHash } = await model.fit(data, { ...fit, epochs: 2, seed: 2, workers });
      hashes.push(weightsHash);
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes.slice(1, 3)).toEqual([hashes[0], hashes[0]]);
    expect(hashes[3]).not.toBe(hashes[0]);
  });

  test('tells a run how many rows were left out, in slices too', async () => {
    const data = await open();
    const counts = { inFiles: ROWS, filtered: 1, skipped: 1 };
    expect(data).toMatchObject({ rowCounts: counts, description: { rows: counts } });
    const model = sequential([dense(3, { activation: 'softmax' })], { inputShape: data.featureShape, seed: 1 });
    const validation = concat(slice(data, 5, 20), await open({ filter: [] }));
    const fit = { loss: 'sparseCategoricalCrossentropy', batchSize: 24, epochs: 1, workers: 1 } as const;
    const { rows, manifest } = await model.fit(data, { ...fit, validation });
    expect(rows).toEqual({
      train: { inDataset: data.rows, counts },
      validation: { inDataset: validation.rows, counts: { inFiles: 2 * ROWS, filtered: 1, skipped: 2 } },
    });
    expect(manifest.rows).toEqual(rows);
  });

  test('a stopped run goes on to the bits of one that was not', async () => {
    const run = async (options: object): Promise<string> => {
      const data = await open();
      const model = sequential([dense(3, { activation: 'softmax' })], { inputShape: data.featureShape, seed: 1 });
      const fit = { loss: 'sparseCategoricalCrossentropy', batchSize: 24, epochs: 3, seed: 2, workers: 1 } as const;
      return (await model.fit(data, { ...fit, optimizer: sgd({ learningRate: 0.05 }), ...options })).weightsHash;
    };
    const whole = await run({});
    const checkpoint = { directory: join(folder, 'run') };
    const stopped = await run({ checkpoint, maxSteps: 5 });
    expect(stopped).not.toBe(whole);
    expect(readdirSync(checkpoint.directory).join()).toContain('checkpoint-000000000005');
    expect(await run({ checkpoint, resume: true })).toBe(whole);
  });

  test('an epoch has every row once, shuffled or not, in slices too', async () => {
    const data = await arrowDataset(path, {
      ...{ features: [{ column: 'age', fillNull: 0 }], label: 'id', filter: [['id', '!=', 13]] },
    });
    const expected = each((row) => row).filter((row) => row !== 13);
    for (const [dataset, rows] of [
      [data, expected],
      [slice(data, 20, 70), expected.slice(20, 70)],
    ] as const) {
      for (const seed of [null, 3]) {
        const seen = await labelsOf(dataset, seed);
        expect(seed === null ? seen : seen.toSorted((a, b) => a - b)).toEqual(rows);
        if (seed !== null) expect(seen).not.toEqual(rows);
      }
    }
  });
});

/** Class labels of an epoch. */
async function labelsOf(dataset: Dataset, seed: number | null): Promise<number[]> {
  const { chunkRows, windowBytesPerRow, featureShape, rows } = dataset;
  const batchSize = 7;
  const order = { chunkRows, windowBytesPerRow, windowBytes: 1 << 16, seed };
  const filler = await BatchFiller.open({ dataset, batchSize, order, classes: 0 });
  const batch = {
    ...{ features: new Float32Array(batchSize * featureShape[0]), labelKind: 'classIndex' as const },
    ...{ classLabels: new Int32Array(batchSize), valueLabels: new Float32Array(0) },
    sampleWeights: new Float32Array(batchSize),
  };
  const labels: number[] = [];
  filler.startEpoch(0);
  while (labels.length < rows) labels.push(...batch.classLabels.subarray(0, await filler.fill(batch)));
  filler.close();
  return labels;
}
