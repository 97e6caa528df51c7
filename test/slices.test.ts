import { fileURLToPath } from 'node:url';
import { arrowDataset } from '@lockstep/arrow';
import {
  adaptNormalization,
  type Callback,
  type Dataset,
  dense,
  type FitOptions,
  type History,
  modelCheckpoint,
  sequential,
  sgd,
  skip,
  slice,
  take,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { checkpointSteps, temporaryFolder } from './support/folder.ts';
import { option, raised, testMistakes } from './support/mistakes.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { twoChunks } from './support/parallelSource.ts';
import { resultOf, SMALL, smallDataset, smallModel } from './support/resumeRun.ts';
import { rowsOf, sorted } from './support/rowsOf.ts';
import { catchWarnings } from './support/warnings.ts';

/** Parts of datasets, and the options of `fit` that stand on them. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

const DIGITS = fileURLToPath(new URL('../examples/digits/data/digits-train.arrow', import.meta.url));
const digits = (): Promise<Dataset> => arrowDataset(DIGITS, { features: ['pixels'], label: 'digit', scale: 1 / 16 });

const KINDS: readonly { readonly name: string; readonly dataset: () => Promise<Dataset> }[] = [
  { name: 'arrays', dataset: async () => smallDataset() },
  { name: 'an Arrow file', dataset: digits },
  { name: 'two chunks that threads read', dataset: async () => twoChunks(true) },
  { name: 'two chunks that the loader reads', dataset: async () => twoChunks(false) },
];

describe.each(KINDS)('slices of $name', ({ dataset: create }) => {
  test('have the rows between their borders, each once, shuffled or not', async () => {
    const dataset = await create();
    const all = await rowsOf(dataset);
    const { rows } = dataset;
    const third = Math.floor(rows / 3);
    const cuts: readonly (readonly [Dataset, number, number])[] = [
      [take(dataset, 1), 0, 1],
      [take(dataset, third), 0, third],
      [take(dataset, rows + 5), 0, rows],
      [skip(dataset, third), third, rows],
      [slice(dataset, third, rows - 1), third, rows - 1],
      // A slice of a slice.
      [take(skip(slice(dataset, 1, rows), 2), third), 3, 3 + third],
    ];
    for (const [part, begin, end] of cuts) {
      expect(part.rows).toBe(end - begin);
      expect(part.chunkRows.reduce((sum, chunk) => sum + chunk, 0)).toBe(end - begin);
      expect(await rowsOf(part)).toEqual(all.slice(begin, end));
      expect(sorted(await rowsOf(part, { seed: 5 }))).toEqual(sorted(all.slice(begin, end)));
      expect(part.source.parallel ?? false).toBe(dataset.source.parallel ?? false);
    }
    const prints = new Set(cuts.map(([part]) => part.fingerprint));
    expect(prints.size).toBe(cuts.length);
    expect(take(dataset, third).fingerprint).toBe(cuts[1][0].fingerprint);
    expect(take(dataset, rows)).toBe(dataset);
  });
});

const features = signedNumbers(70 * 6, 1);
const labels = classNumbers(70, 3, 2);
const firstRows = (rows: number): Dataset =>
  tensorDataset({ features: features.slice(0, rows * 6), labels: labels.slice(0, rows), featureShape: [6] });

async function fit(dataset: Dataset, options: Partial<FitOptions> = {}): Promise<History> {
  return smallModel().fit(dataset, { ...SMALL, workers: 1, ...options });
}

test('a training on a slice is a training on its rows alone, on any number of workers', async () => {
  const validation = tensorDataset({ features: features.slice(300), labels: labels.slice(50), featureShape: [6] });
  const alone = resultOf(await fit(firstRows(50), { validation }));
  for (const workers of [1, 2]) {
    const options = { validation: skip(smallDataset(), 50), workers };
    expect(resultOf(await fit(take(smallDataset(), 50), options))).toEqual(alone);
  }
  expect(resultOf(await fit(smallDataset(), { validationSplit: 0.285, workers: 1 }))).toEqual(alone);
});

test('threads and the loader gather the same rows of a slice that begins in a chunk', async () => {
  const hashes: string[] = [];
  for (const [parallel, workers] of [
    [true, 1],
    [true, 2],
    [false, 2],
  ] as const) {
    const model = sequential([dense(1)], { inputShape: [1], seed: 1 });
    const options = {
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.1 }),
      batchSize: 8,
      epochs: 60,
    } as const;
    const validation = slice(twoChunks(parallel), 30, 40);
    const history = await model.fit(slice(twoChunks(parallel), 5, 35), { ...options, validation, workers });
    // The labels are a line through the features: only rows that belong together can be learned.
    expect(history.metrics['valLoss'].at(-1)).toBeLessThan(1e-3);
    hashes.push(history.weightsHash);
  }
  expect(new Set(hashes).size).toBe(1);
});

test('errors name the row of the dataset inside', async () => {
  const wrong = tensorDataset({ features, labels: labels.with(30, 7), featureShape: [6] });
  const error = await raised(() => fit(slice(skip(wrong, 5), 20, 40), { shuffle: false }));
  expect(error).toMatchObject({ code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 30' });
});

test('normalization adapts to a slice', async () => {
  const [own, sliced] = await Promise.all([
    adaptNormalization(firstRows(20)),
    adaptNormalization(take(smallDataset(), 20)),
  ]);
  expect(sliced).toEqual(own);
});

test('a run resumes on the same slice, and on no other', async () => {
  const checkpoint = { directory: temporaryFolder() };
  const whole = await fit(smallDataset(), { validationSplit: 0.2 });
  await fit(smallDataset(), { validationSplit: 0.2, checkpoint, maxSteps: 3 });
  const other = fit(smallDataset(), { validationSplit: 0.3, checkpoint, resume: true });
  await expect(other).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
  const resumed = await fit(smallDataset(), { validationSplit: 0.2, checkpoint, resume: true });
  expect(resultOf(resumed)).toEqual(resultOf(whole));
});

describe('overfitBatches', () => {
  test('learns a few batches by heart, in file order, and validates on them', async () => {
    const options = { epochs: 200, optimizer: sgd({ learningRate: 0.5 }) };
    const history = await fit(smallDataset(), { ...options, overfitBatches: 2, validation: smallDataset(20, 5) });
    expect(history.steps).toBe(400);
    expect(history.metrics['valAccuracy'].at(-1)).toBe(1);
    const plain = await fit(firstRows(32), {
      ...options,
      shuffle: false,
      validation: firstRows(32),
    });
    expect(resultOf(history)).toEqual(resultOf(plain));
  });

  test('has no validation where none was asked for', async () => {
    const { metrics } = await fit(smallDataset(), { overfitBatches: 1 });
    expect(Object.keys(metrics).filter((name) => name.startsWith('val'))).toEqual([]);
  });
});

describe('fastDevRun', () => {
  test.each([
    [true, 1],
    [3, 3],
  ])('%s: so many batches of everything, no files, and it says so', async (fastDevRun, batches) => {
    const folder = temporaryFolder();
    let epochs = 0;
    const callbacks: Callback[] = [modelCheckpoint({ path: `${folder}/model` }), { onEpochEnd: () => void epochs++ }];
    const options = { epochs: 9, validation: smallDataset(60, 5), checkpoint: { directory: folder }, resume: true };
    const history = await fit(smallDataset(), { ...options, fastDevRun, callbacks });
    const notice = { code: 'LOCKSTEP_FAST_DEV_RUN', message: expect.stringContaining(`${batches} batch`) as string };
    expect(history).toMatchObject({ steps: batches, epochs: [1], stoppedBy: 'completion', notices: [notice] });
    expect(await takeWarnings()).toMatchObject([notice]);
    expect(epochs).toBe(1);
    expect(checkpointSteps(folder)).toEqual([]);
    const plain = { epochs: 1, validation: take(smallDataset(60, 5), 16 * batches) };
    expect(history.weightsHash).toBe((await fit(take(smallDataset(), 16 * batches), plain)).weightsHash);
    expect(history.metrics).toEqual((await fit(take(smallDataset(), 16 * batches), plain)).metrics);
  });

  test('false is a run like any other', async () => {
    expect((await fit(smallDataset(), { fastDevRun: false })).steps).toBe(10);
  });
});

const one = (options: Record<string, unknown>) => (): unknown => fit(smallDataset(), options);

testMistakes([
  { title: 'no dataset', make: () => take([1, 2] as never, 1), answer: option('take.dataset') },
  { title: 'to take nothing', make: () => take(smallDataset(), 0), answer: option('take.rows', { received: '0' }) },
  { title: 'half a row', make: () => slice(smallDataset(), 0.5, 2), answer: option('slice.begin') },
  { title: 'a negative begin', make: () => slice(smallDataset(), -3, 2), answer: option('slice.begin') },
  {
    title: 'an end behind the last row',
    make: () => slice(smallDataset(), 0, 71),
    answer: option('slice', { expected: 'at most 70', received: '71' }),
  },
  { title: 'no rows between', make: () => slice(smallDataset(), 5, 5), answer: option('slice', { received: '5' }) },
  { title: 'to skip all', make: () => skip(smallDataset(), 70), answer: option('skip', { expected: 'at most 69' }) },
  {
    title: 'a split beside validation data',
    make: one({ validationSplit: 0.2, validation: smallDataset() }),
    answer: option('fit.validationSplit', { received: 'validationSplit and validation' }),
  },
  {
    title: 'all for validation',
    make: one({ validationSplit: 1 }),
    answer: option('fit.validationSplit', { received: '1', advice: 'between 0 and 1' }),
  },
  {
    title: 'a split that leaves nothing to validate with',
    make: one({ validationSplit: 1e-20 }),
    answer: option('fit.validationSplit', { received: '70 to train on, 0 to validate with' }),
  },
  { title: 'no batch to learn by heart', make: one({ overfitBatches: 0 }), answer: option('fit.overfitBatches') },
  {
    title: 'a fast run of text',
    make: one({ fastDevRun: 'yes' }),
    answer: option('fit.fastDevRun', { expected: 'true, false or a number of batches' }),
  },
  {
    title: 'two kinds of trial',
    make: one({ fastDevRun: true, overfitBatches: 1 }),
    answer: option('fit.fastDevRun', { received: 'overfitBatches' }),
  },
]);
