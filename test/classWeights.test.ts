import { fileURLToPath } from 'node:url';
import { arrowDataset } from '@lockstep/arrow';
import {
  adam,
  BatchFiller,
  type ClassWeights,
  type Dataset,
  dense,
  type FitOptions,
  type History,
  type Loss,
  type Model,
  sequential,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { raised } from './support/mistakes.ts';
import { catchWarnings } from './support/warnings.ts';

/** Weights of classes are weights of rows, said by class: a run with the ones is to the bit a run with the others. */
catchWarnings('LOCKSTEP_IDLE_CORES', 'LOCKSTEP_THREAD_REPLACED');

const INPUTS = 4;
const ROWS = 45;

interface Case {
  readonly name: string;
  readonly outputs: number;
  readonly activation: 'linear' | 'sigmoid' | 'softmax';
  readonly loss: Loss;
  /** The label of a row of a class. */
  readonly label: (own: number) => number | readonly number[];
  readonly classWeights: ClassWeights;
}

/** No multiples of a power of two: products with weights of rows are rounded. */
const CASES: readonly Case[] = [
  {
    name: 'class indices',
    ...{ outputs: 3, activation: 'softmax', loss: 'sparseCategoricalCrossentropy' },
    label: (own) => own,
    classWeights: { 0: 0.3, 2: 5 },
  },
  {
    name: 'one-hot labels',
    ...{ outputs: 3, activation: 'softmax', loss: 'categoricalCrossentropy' },
    label: (own) => [0, 1, 2].map((other) => (other === own ? 1 : 0)),
    classWeights: [0, 1.7, 0.9],
  },
  {
    name: 'a yes or no',
    ...{ outputs: 1, activation: 'sigmoid', loss: 'binaryCrossentropy' },
    label: (own) => own % 2,
    classWeights: { 1: 7.1 },
  },
  {
    name: 'margins',
    ...{ outputs: 1, activation: 'linear', loss: 'hinge' },
    label: (own) => 2 * (own % 2) - 1,
    classWeights: [0.4, 1.1],
  },
];

const CLASSES = classNumbers(ROWS, 3, 7);

/** `sampleWeights`: of the rows, beside what their classes weigh. */
function datasetOf({ label }: Case, sampleWeights?: ArrayLike<number>): Dataset {
  return tensorDataset({
    features: signedNumbers(ROWS * INPUTS, 3),
    labels: Array.from(CLASSES, label).flat(),
    featureShape: [INPUTS],
    ...(sampleWeights === undefined ? {} : { sampleWeights }),
  });
}

/** What the rows weigh by their classes. */
function weightsOf({ outputs, classWeights }: Case, sampleWeights?: ArrayLike<number>): Float32Array {
  const byClass = classWeights as Readonly<Record<number, number>>;
  return Float32Array.from(
    CLASSES,
    (own, row) => (sampleWeights?.[row] ?? 1) * (byClass[outputs === 1 ? own % 2 : own] ?? 1),
  );
}

function modelOf({ outputs, activation }: Case): Model {
  return sequential([dense(6, { activation: 'tanh' }), dense(outputs, { activation })], {
    ...{ inputShape: [INPUTS], seed: 4 },
  });
}

function train(one: Case, dataset: Dataset, options: Partial<FitOptions>): Promise<History> {
  const more = {
    optimizer: adam({ learningRate: 0.03 }),
    metrics: ['accuracy', 'f1'],
    batchSize: 12,
    epochs: 2,
  } as const;
  return modelOf(one).fit(dataset, { loss: one.loss, ...more, progress: false, ...options });
}

const resultOf = ({ weightsHash, metrics }: History): unknown => ({ weightsHash, metrics });

const OWN_WEIGHTS = signedNumbers(ROWS, 11).map(Math.abs);

describe.each(CASES)('$name', (one) => {
  const { classWeights } = one;
  const validation = datasetOf(one);

  test.each([
    { title: 'rows of one weight', sampleWeights: undefined, options: { workers: 1 } },
    { title: 'rows of their own weights', sampleWeights: OWN_WEIGHTS, options: { workers: 1 } },
    { title: 'on two workers', sampleWeights: OWN_WEIGHTS, options: { workers: 2 } },
    {
      title: 'groups of batches, clipped',
      ...{ sampleWeights: undefined, options: { workers: 1, accumulateGradBatches: 3, gradientClipNorm: 0.1 } },
    },
  ])('$title', async ({ sampleWeights, options }) => {
    const byClass = await train(one, datasetOf(one, sampleWeights), { ...options, classWeights, validation });
    const byRow = datasetOf(one, weightsOf(one, sampleWeights));
    // Validation data have none, so the metrics are the same too.
    expect(resultOf(byClass)).toEqual(resultOf(await train(one, byRow, { ...options, workers: 1, validation })));
    const without = await train(one, datasetOf(one, sampleWeights), { ...options, workers: 1, validation });
    expect(byClass.weightsHash).not.toBe(without.weightsHash);
  });

  test('the loader breaks', async () => {
    const faults = [{ thread: 'loader', step: 2, action: 'throw' }] as const;
    const broken = await train(one, datasetOf(one), { classWeights, workers: 2, faults });
    expect(broken.restarts).toHaveLength(1);
    expect(resultOf(broken)).toEqual(resultOf(await train(one, datasetOf(one), { classWeights, workers: 1 })));
  });
});

test('however they are written, it is one run', async () => {
  const [one] = CASES;
  const hashes: string[] = [];
  for (const classWeights of [{ 0: 0.3, 2: 5 }, { 2: 5, 0: 0.3, 1: 1 }, [0.3, 1, 5], Float64Array.of(0.3, 1, 5)]) {
    const { weightsHash, manifest } = await train(one, datasetOf(one), { classWeights, workers: 1 });
    hashes.push(`${weightsHash} ${manifest.configurationHash}`);
  }
  expect(new Set(hashes).size).toBe(1);
  const { manifest } = await train(one, datasetOf(one), { classWeights: { 1: 1 }, workers: 1 });
  expect(manifest.configuration).toEqual((await train(one, datasetOf(one), { workers: 1 })).manifest.configuration);
});

test('a learning rate is looked for with them', async () => {
  const [one] = CASES;
  const { loss, classWeights } = one;
  const search = (data: Dataset, more: { readonly classWeights?: ClassWeights }): Promise<unknown> =>
    modelOf(one).findLearningRate(data, { loss, batchSize: 12, steps: 8, ...more });
  const byClass = await search(datasetOf(one), { classWeights });
  expect(byClass).toEqual(await search(datasetOf(one, weightsOf(one)), {}));
  expect(byClass).not.toEqual(await search(datasetOf(one), {}));
});

test('rows of files', async () => {
  const path = fileURLToPath(new URL('../examples/digits/data/digits-test.arrow', import.meta.url));
  const files = await arrowDataset(path, { features: ['pixels'], label: 'digit', scale: 1 / 16 });
  const { features, labels } = await readAll(files);
  const sampleWeights = Float32Array.from(labels, (label) => (label === 3 ? 4 : 1));
  const arrays = tensorDataset({ features, labels, sampleWeights, featureShape: [64] });
  const digits = (): Model => sequential([dense(10, { activation: 'softmax' })], { inputShape: [64], seed: 1 });
  const options = { loss: 'sparseCategoricalCrossentropy', shuffle: false, progress: false } as const;
  const byClass = await digits().fit(files, { ...options, classWeights: { 3: 4 }, workers: 2 });
  expect(byClass.weightsHash).toBe((await digits().fit(arrays, { ...options, workers: 1 })).weightsHash);
});

test.each([1, 2])('a label between no and yes is of no class, %i workers', async (workers) => {
  const dataset = tensorDataset({ features: [1, 2, 3], labels: [0, 1, 0.5], featureShape: [1] });
  const model = sequential([dense(1, { activation: 'sigmoid' })], { inputShape: [1] });
  const options = { loss: 'binaryCrossentropy', shuffle: false, progress: false, workers } as const;
  await model.fit(dataset, options);
  expect(await raised(() => model.fit(dataset, { ...options, classWeights: [1, 2] }))).toMatchObject({
    ...{ code: 'LABEL_OUT_OF_RANGE', place: 'tensorDataset, row 2', received: '0.5' },
  });
});

/** All rows, in the order of the file. */
async function readAll(dataset: Dataset): Promise<{ features: Float32Array; labels: Int32Array }> {
  const { rows, chunkRows, windowBytesPerRow } = dataset;
  const order = { chunkRows, windowBytesPerRow, windowBytes: Infinity, seed: null };
  const filler = await BatchFiller.open({ dataset, batchSize: rows, order, classes: 0 });
  const batch = {
    ...{ features: new Float32Array(rows * 64), classLabels: new Int32Array(rows), valueLabels: new Float32Array(0) },
    ...{ labelKind: 'classIndex' as const, sampleWeights: new Float32Array(rows) },
  };
  filler.startEpoch(0);
  await filler.fill(batch);
  filler.close();
  return { features: batch.features, labels: batch.classLabels };
}
