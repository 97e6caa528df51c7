import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  BatchFiller,
  type Dataset,
  dense,
  type FitOptions,
  generatorDataset,
  type GeneratorDatasetOptions,
  type History,
  newBatch,
  type RowGenerator,
  sequential,
  slice,
  take,
} from '@lockstep/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wrong } from './mistakes/subjects.ts';
import { temporaryFolder } from './support/folder.ts';
import { GENERATED, generatedArrays, generatedBatch, generatedRow } from './support/generatedRows.ts';
import { type Answer, option, raised, testMistakes } from './support/mistakes.ts';
import { rowsOf, sorted } from './support/rowsOf.ts';
import { catchWarnings } from './support/warnings.ts';

catchWarnings('LOCKSTEP_IDLE_CORES', 'LOCKSTEP_THREAD_REPLACED');

/** Rows without end, one by one; counts its calls, its rows and how often it was told to stop. */
function counted(): { generator: RowGenerator; counts: { calls: number; rows: number; returns: number } } {
  const counts = { calls: 0, rows: 0, returns: 0 };
  return {
    counts,
    *generator(epoch) {
      counts.calls++;
      try {
        for (let row = 0; ; row++) {
          counts.rows++;
          yield generatedRow(row, epoch);
        }
      } finally {
        counts.returns++;
      }
    },
  };
}

const plain: RowGenerator = counted().generator;

/** `size`: rows at once; 0 for one by one. `waits`: whether it has to be waited for. */
function generatorOf(size: number, waits: boolean): RowGenerator {
  const yielded = (row: number, epoch: number): ReturnType<typeof generatedBatch> | ReturnType<typeof generatedRow> =>
    size === 0 ? generatedRow(row, epoch) : generatedBatch(row, size, epoch);
  if (waits) {
    return async function* (epoch) {
      for (let row = 0; ; row += Math.max(1, size)) {
        await new Promise((resolve) => setImmediate(resolve));
        yield yielded(row, epoch);
      }
    };
  }
  return function* (epoch) {
    for (let row = 0; ; row += Math.max(1, size)) yield yielded(row, epoch);
  };
}

test('rows or batches, waited for or not: in their order, shuffled in windows, from any place, and slices', async () => {
  const drawn = fc.record({
    ...{ size: fc.integer({ min: 0, max: 40 }), waits: fc.boolean(), rows: fc.integer({ min: 1, max: 90 }) },
    ...{ windowRows: fc.integer({ min: 1, max: 100 }), epoch: fc.nat(9), seed: fc.nat(), cut: fc.nat() },
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ size, waits, rows, windowRows, epoch, seed, cut }) => {
      const dataset = generatorDataset(generatorOf(size, waits), { ...GENERATED, rows, windowRows });
      const all = await rowsOf(generatedArrays(rows, epoch));
      expect(await rowsOf(dataset, { epoch })).toEqual(all);
      const shuffled = await rowsOf(dataset, { epoch, seed });
      for (let row = 0; row < rows; row += windowRows) {
        const [own, given] = [shuffled, all].map((some) => sorted(some.slice(row, row + windowRows)));
        expect(own).toEqual(given);
      }
      const skip = cut % rows;
      expect(await rowsOf(dataset, { epoch, seed, skip })).toEqual(shuffled.slice(skip));
      expect(await rowsOf(slice(dataset, skip, rows), { epoch })).toEqual(all.slice(skip));
    }),
    { numRuns: 25 },
  );
});

test('it is asked for the ring and the window, and nothing more', async () => {
  const { generator, counts } = counted();
  const dataset = generatorDataset(generator, { ...GENERATED, rows: 100_000, windowRows: 50 });
  const { chunkRows, windowBytesPerRow } = dataset;
  const order = { chunkRows, windowBytesPerRow, windowBytes: 2 ** 26, seed: null, sequential: true };
  const filler = await BatchFiller.open({ dataset, batchSize: 10, order, classes: 0 });
  filler.startEpoch(0);
  expect(counts.calls).toBe(0);
  await filler.fill(newBatch(dataset, 10));
  // However long nobody reads.
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(counts.rows).toBeLessThanOrEqual(50 + 1024 + 1);
  expect(counts.rows).toBeGreaterThanOrEqual(50);
  filler.close();
  await until(() => counts.returns === 1);
});

const TRAINING = {
  ...{ loss: 'sparseCategoricalCrossentropy', batchSize: 16, epochs: 2, seed: 8, progress: false },
} as const satisfies FitOptions;

function fit(dataset: Dataset, options: Partial<FitOptions> = {}): Promise<History> {
  const layers = [dense(9, { activation: 'relu' }), dense(3, { activation: 'softmax' })];
  return sequential(layers, { inputShape: [2], seed: 3 }).fit(dataset, { ...TRAINING, workers: 1, ...options });
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(done()).toBe(true);
}

const options = { ...GENERATED, windowRows: 30 };
const large = { ...options, rows: 100_000 };

describe('a generator is told when nothing more is wanted', () => {
  test.each([1, 2])('when a run is aborted, with %d workers', async (workers) => {
    const { generator, counts } = counted();
    const abort = new AbortController();
    const onBatchEnd = (): void => abort.abort(new Error('enough'));
    const run = fit(generatorDataset(generator, large), { workers, signal: abort.signal, callbacks: [{ onBatchEnd }] });
    await expect(run).rejects.toThrow('enough');
    await until(() => counts.returns === 1);
    expect(counts.calls).toBe(1);
  });

  test('when a run ends, and when it fails', async () => {
    const { generator, counts } = counted();
    const dataset = generatorDataset(generator, options);
    expect((await fit(dataset, { validation: take(dataset, 20) })).steps).toBe(10);
    await until(() => counts.returns === 4);
    const onBatchEnd = (): never => {
      throw new Error('a callback fails');
    };
    const failing = fit(generatorDataset(generator, large), { callbacks: [{ onBatchEnd }] });
    await expect(failing).rejects.toThrow('a callback fails');
    await until(() => counts.returns === 5);
    expect(counts.calls).toBe(5);
  });

  test("when the loader's thread breaks: another asks for the same rows", async () => {
    const { generator, counts } = counted();
    const dataset = generatorDataset(generator, options);
    const faults = [{ thread: 'loader', step: 3, action: 'exit' } as const];
    const broken = await fit(dataset, { workers: 2, faults });
    expect(broken.restarts).toHaveLength(1);
    expect(broken.weightsHash).toBe((await fit(dataset)).weightsHash);
    await until(() => counts.returns === counts.calls);
  });

  test('and keeps no process alive that has ended its work', () => {
    const program = `
      import { BatchFiller, generatorDataset, newBatch } from '@lockstep/core';
      const rows = function* () { for (;;) yield { features: [1, 2], label: 0 }; };
      const dataset = generatorDataset(rows, { rows: 9000, windowRows: 100, featureShape: [2], label: 'classIndex' });
      const order = { ...dataset, windowBytes: 1, seed: null };
      const filler = await BatchFiller.open({ dataset, batchSize: 4, order, classes: 0 });
      filler.startEpoch(0);
      // And is not closed.
      console.log(await filler.fill(newBatch(dataset, 4)));`;
    const args = ['--conditions=lockstep-source', '--input-type=module', '--eval', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '4\n', stderr: '' });
  });
});

describe('what goes wrong in a generator is said, with the row', () => {
  /** A generator whose row 40 is this. */
  const with40 = (row: unknown): RowGenerator =>
    function* (epoch) {
      for (let i = 0; ; i++) yield i === 40 ? wrong(row) : generatedRow(i, epoch);
    };
  const answer = (code: Answer['code'], part: string, more: Partial<Answer> = {}): Answer => ({
    ...{ code, place: `generatorDataset "sines", epoch 0${part}` },
    ...more,
  });
  const named = { ...options, name: 'sines' };
  const run =
    (generator: RowGenerator, more: Partial<FitOptions> = {}): (() => unknown) =>
    () =>
      fit(generatorDataset(generator, named), { maxWorkerRestarts: 0, ...more });
  test('at whatever length', async () => {
    const long: RowGenerator = () => {
      throw new RangeError('\u0001'.repeat(9999));
    };
    await expect(run(long)()).rejects.toMatchObject({
      code: 'DATASET_FAILED',
      place: 'generatorDataset "sines", epoch 0',
    });
  });

  const breaks: RowGenerator = async function* (epoch) {
    yield generatedBatch(0, 37, epoch);
    await Promise.resolve();
    throw new RangeError('no more rows today');
  };

  testMistakes([
    {
      title: 'it throws',
      make: run(breaks),
      answer: answer('DATASET_FAILED', ', row 37', { received: 'RangeError: no more rows today, at ' }),
    },
    {
      title: 'it throws, and threads read',
      make: run(breaks, { workers: 2 }),
      answer: answer('DATASET_FAILED', ', row 37', { received: 'RangeError: no more rows today, at ' }),
    },
    {
      title: 'it throws when it is called',
      make: run(() => {
        throw new TypeError('no connection');
      }),
      answer: answer('DATASET_FAILED', '', { received: 'TypeError: no connection' }),
    },
    {
      title: 'it gives nothing',
      make: run(wrong(() => {})),
      answer: answer('INVALID_DATA', '', { received: 'nothing', advice: 'function*' }),
    },
    {
      title: 'it ends early',
      make: run(function* (epoch) {
        yield generatedBatch(0, 69, epoch);
      }),
      answer: answer('INVALID_DATA', '', { expected: '70 rows', received: 'only 69' }),
    },
    {
      title: 'a row that is a list',
      make: run(with40([[1, 2], 0])),
      answer: answer('INVALID_DATA', ', row 40', { received: 'Array' }),
    },
    {
      title: 'a row without a label',
      make: run(with40({ features: [1, 2] })),
      answer: option('generatorDataset "sines", epoch 0, row 40: label', { received: 'nothing' }),
    },
    {
      title: 'too many features',
      make: run(with40({ features: [1, 2, 3], label: 0 })),
      answer: answer('SHAPE_MISMATCH', ', row 40: features', { expected: '2 numbers', received: '3 numbers' }),
    },
    {
      title: 'nested features',
      make: run(with40({ features: [[1, 2]], label: 0 })),
      answer: answer('SHAPE_MISMATCH', ', row 40: features', { advice: 'features.flat()' }),
    },
    {
      title: 'features that are texts',
      make: run(with40({ features: ['1', '2'], label: 0 })),
      answer: answer('INVALID_DATA', ', row 40: features[0]', { received: '"1"' }),
    },
    {
      title: 'NaN',
      make: run(with40({ features: [1, NaN], label: 0 })),
      answer: answer('INVALID_DATA', ', row 40', { expected: 'a finite number as feature 1', received: 'NaN' }),
    },
    {
      title: 'a label that is no integer',
      make: run(with40({ features: [1, 2], label: 0.5 })),
      answer: answer('INVALID_DATA', ', row 40', { received: '0.5', advice: "label: 'value'" }),
    },
    {
      title: 'a negative weight',
      make: run(with40({ features: [1, 2], label: 0, weight: -1 })),
      answer: answer('INVALID_DATA', ', row 40', { received: '-1' }),
    },
    {
      title: 'labels for other rows',
      make: run(with40({ features: [1, 2, 3, 4], labels: [0] })),
      answer: answer('SHAPE_MISMATCH', ', row 40: labels', {
        expected: '2 numbers, for 2 rows',
        received: '1 numbers',
      }),
    },
    {
      title: 'a class that the model does not have',
      make: run(with40({ features: [1, 2], label: 3 }), { shuffle: false }),
      answer: answer('LABEL_OUT_OF_RANGE', ', row 40', { received: '3' }),
    },
  ]);

  test.each([1, 2])('it never yields, with %d workers', async (workers) => {
    const never: RowGenerator = async function* (epoch) {
      yield generatedBatch(0, 20, epoch);
      await new Promise(() => {});
    };
    const error = await raised(run(never, { workers, stepTimeout: 0.5 }));
    expect(error).toMatchObject({ code: 'STEP_TIMEOUT' });
  });

  testMistakes([
    {
      title: 'rows instead of a function',
      make: () => generatorDataset(wrong([1, 2]), options),
      answer: option('generatorDataset.generator', { expected: 'a function' }),
    },
    {
      title: 'no rows',
      make: () => generatorDataset(plain, { ...options, rows: 0 }),
      answer: option('generatorDataset.rows'),
    },
    {
      title: 'no number of rows',
      make: () => generatorDataset(plain, wrong({ featureShape: [2], label: 'value' })),
      answer: option('generatorDataset.rows', { received: 'nothing' }),
    },
    {
      title: 'an unknown kind of label',
      make: () => generatorDataset(plain, { ...options, label: wrong('class') }),
      answer: option('generatorDataset.label', { expected: "'classIndex', 'value' or" }),
    },
    {
      title: 'a shape that is a number',
      make: () => generatorDataset(plain, { ...options, featureShape: wrong(2) }),
      answer: option('generatorDataset.featureShape'),
    },
    {
      title: 'a path',
      make: () => generatorDataset('./rows.mjs', options),
      answer: option('generatorDataset.generator', { advice: 'import.meta.url' }),
    },
    {
      title: 'a module that is not there',
      make: () => generatorDataset(new URL('nowhere.mjs', import.meta.url), options),
      answer: option('generatorDataset.generator', { advice: 'cannot be read' }),
    },
  ]);
});

describe('a generator in a module', () => {
  const module = (content: string): URL => {
    const path = join(temporaryFolder(), 'rows.mjs');
    writeFileSync(path, content);
    return pathToFileURL(path);
  };

  test("runs in the loader's thread, and gives the rows that a function gives", async () => {
    const dataset = generatorDataset(new URL('support/generatedRows.ts', import.meta.url), options);
    const inline = generatorDataset(plain, options);
    const hash = (await fit(inline)).weightsHash;
    expect((await fit(dataset)).weightsHash).toBe(hash);
    expect((await fit(dataset, { workers: 2 })).weightsHash).toBe(hash);
    expect(await rowsOf(dataset, { seed: 3, skip: 33 })).toEqual(await rowsOf(inline, { seed: 3, skip: 33 }));
  });

  test('is known by what it holds', () => {
    const prints = ['export const rows = 1;', 'export const rows = 2;'].map(
      (text) => generatorDataset(module(text), options).fingerprint,
    );
    const own = [{}, { name: 'a' }, { version: 2 }, { windowRows: 31 }, { rows: 71 }].map(
      (more) => generatorDataset(plain, { ...options, ...more } satisfies GeneratorDatasetOptions).fingerprint,
    );
    expect(new Set([...prints, ...own]).size).toBe(7);
    expect(generatorDataset(plain, options).fingerprint).toBe(own[0]);
  });

  testMistakes([
    {
      title: 'exports no function',
      make: () => fit(generatorDataset(module('export const row = 1;'), options)),
      answer: { code: 'DATASET_FAILED', place: 'generatorDataset', expected: 'a function `rows`', received: 'row' },
    },
    {
      title: 'cannot be imported',
      make: () => fit(generatorDataset(module("throw new Error('not today');"), options), { workers: 2 }),
      answer: { code: 'DATASET_FAILED', place: 'generatorDataset', received: 'Error: not today' },
    },
    {
      title: 'has changed since the dataset was made',
      make: () => {
        const url = module('export function rows() {}');
        const dataset = generatorDataset(url, options);
        writeFileSync(url, 'export function rows() { return []; }');
        return fit(dataset);
      },
      answer: { code: 'FILE_CHANGED', place: expect.stringContaining('rows.mjs') as string },
    },
  ]);
});
