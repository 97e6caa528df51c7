import {
  type Callback,
  type Dataset,
  dense,
  type EvaluateOptions,
  type Fault,
  type FaultPoint,
  type History,
  type Loss,
  type Metric,
  type Model,
  precision,
  recall,
  sequential,
  sgd,
  tensorDataset,
  topKAccuracy,
} from '@lockstep/core';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from './support/folder.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { catchWarnings } from './support/warnings.ts';

/** Metrics are the same to the last bit on any number of threads, whatever breaks, and after a resumption. */

// Batches are small here, whatever the number of threads.
catchWarnings('LOCKSTEP_IDLE_CORES', 'LOCKSTEP_THREAD_REPLACED');

const ERRORS: readonly Metric[] = ['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'r2'];

const INPUTS = 5;

interface Setting {
  readonly name: string;
  readonly outputs: number;
  readonly activation: 'linear' | 'sigmoid' | 'softmax';
  readonly loss: Loss;
  readonly labels: (rows: number, seed: number) => Int32Array | Float32Array;
  readonly metrics: readonly Metric[];
  /** Where threads break: in the first epoch, and in the evaluation after it. */
  readonly breaksAt: readonly [FaultPoint, FaultPoint];
}

/** Every tally once at least. */
const SETTINGS: readonly Setting[] = [
  {
    name: 'classes',
    ...{ outputs: 4, activation: 'softmax', loss: 'sparseCategoricalCrossentropy' },
    labels: (rows, seed) => classNumbers(rows, 4, seed),
    metrics: ['accuracy', topKAccuracy({ k: 2 }), 'f1', 'precision', recall({ average: 'weighted' })],
    breaksAt: ['start', 'end'],
  },
  {
    name: 'a yes or no',
    ...{ outputs: 1, activation: 'sigmoid', loss: 'binaryCrossentropy' },
    labels: (rows, seed) => classNumbers(rows, 2, seed),
    metrics: ['auc', precision({ threshold: 0.4 }), 'recall', 'meanSquaredError', 'r2', 'accuracy'],
    breaksAt: ['computed', 'compute'],
  },
  {
    name: 'numbers',
    ...{ outputs: 2, activation: 'linear', loss: 'huber' },
    labels: (rows, seed) => signedNumbers(2 * rows, seed),
    metrics: ERRORS,
    breaksAt: ['end', 'computed'],
  },
];

function modelOf({ outputs, activation }: Setting): Model {
  return sequential([dense(7, { activation: 'relu' }), dense(outputs, { activation })], {
    inputShape: [INPUTS],
    seed: 2,
  });
}

/** Weights that are no multiples of one another: sums of them are rounded. */
function dataFor(
  setting: Setting,
  rows: number,
  seed: number,
  weights = signedNumbers(rows, seed + 2).map(Math.abs),
): Dataset {
  return tensorDataset({
    features: signedNumbers(rows * INPUTS, seed),
    labels: setting.labels(rows, seed + 1),
    sampleWeights: weights,
    featureShape: [INPUTS],
  });
}

function fitOf(setting: Setting, more: Partial<Parameters<Model['fit']>[1]>): Promise<History> {
  return modelOf(setting).fit(dataFor(setting, 61, 5), {
    ...{
      loss: setting.loss,
      metrics: setting.metrics,
      optimizer: sgd({ learningRate: 0.1 }),
      batchSize: 14,
      epochs: 2,
    },
    ...{ validation: dataFor(setting, 27, 9), progress: false },
    ...more,
  });
}

const resultOf = ({ metrics, weightsHash, epochs }: History): unknown => ({ metrics, weightsHash, epochs });

describe.each(SETTINGS)('$name: the same to the last bit', (setting) => {
  let alone: History;
  beforeAll(async () => {
    alone = await fitOf(setting, { workers: 1 });
  });

  test.each([2, 3])('on %i workers', async (workers) => {
    expect(resultOf(await fitOf(setting, { workers }))).toEqual(resultOf(alone));
    const { metrics } = alone;
    for (const values of Object.values(metrics)) expect(values.every(Number.isFinite)).toBe(true);
  });

  test('the weights are those of a run without metrics', async () => {
    const { weightsHash, metrics } = await fitOf(setting, { workers: 1, metrics: [] });
    expect(weightsHash).toBe(alone.weightsHash);
    expect(metrics['loss']).toEqual(alone.metrics['loss']);
  });

  test('stopped in the middle of an epoch and taken up again', async () => {
    for (const maxSteps of [2, 7]) {
      const checkpoint = { directory: temporaryFolder() };
      await fitOf(setting, { workers: 1, maxSteps, checkpoint });
      const resumed = await fitOf(setting, { workers: 2, checkpoint, resume: true });
      expect(resumed.resumedFrom).not.toBeNull();
      expect(resultOf(resumed), `after ${maxSteps} steps`).toEqual(resultOf(alone));
    }
  });

  test('threads break', async () => {
    const faults = [0, 1].flatMap((thread): Fault[] => [
      { thread, step: 1, action: 'throw', at: setting.breaksAt[0] },
      { thread, step: 6, action: 'throw', at: setting.breaksAt[1] },
    ]);
    for (const workers of [1, 2]) {
      const broken = await fitOf(setting, { workers, faults, maxWorkerRestarts: 8 });
      expect(broken.restarts.length, `${workers} workers`).toBeGreaterThan(0);
      expect(resultOf(broken), `${workers} workers`).toEqual(resultOf(alone));
    }
  });

  test('evaluate says what fit says of the validation data', async () => {
    const model = modelOf(setting);
    const ends: Readonly<Record<string, number>>[] = [];
    const onEpochEnd: Callback['onEpochEnd'] = ({ metrics }) => void ends.push(metrics);
    const validation = dataFor(setting, 27, 9);
    await model.fit(dataFor(setting, 61, 5), {
      ...{ loss: setting.loss, metrics: setting.metrics, validation, progress: false, callbacks: [{ onEpochEnd }] },
    });
    // Blocks of eight rows begin anew with each batch: the same batches give the same sums.
    const found = await model.evaluate(validation, { loss: setting.loss, metrics: setting.metrics, batchSize: 32 });
    for (const [name, value] of Object.entries(found)) {
      expect(ends[0][`val${name[0].toUpperCase()}${name.slice(1)}`], name).toBe(value);
    }
  });
});

test('counts do not depend on the order of rows', async () => {
  const rows = 40;
  const permutations = fc.shuffledSubarray(
    Array.from({ length: rows }, (_, i) => i),
    { minLength: rows, maxLength: rows },
  );
  const setting = fc.constantFrom(...SETTINGS.slice(0, 2));
  const draws = fc.tuple(setting, permutations, fc.integer({ min: 1, max: rows }), fc.boolean());
  await fc.assert(
    fc.asyncProperty(draws, async ([drawn, order, batchSize, weighted]) => {
      const features = signedNumbers(rows * INPUTS, 5);
      const labels = drawn.labels(rows, 6);
      const weights = Array.from({ length: rows }, (_, i) => (weighted ? (i % 7) / 4 : 1));
      const evaluate = (by: readonly number[]): Promise<unknown> => {
        const data = tensorDataset({
          features: by.flatMap((row) => [...features.subarray(row * INPUTS, (row + 1) * INPUTS)]),
          labels: by.map((row) => labels[row]),
          ...{ sampleWeights: by.map((row) => weights[row]), featureShape: [INPUTS] },
        });
        // Sums of errors and of the loss are rounded; these are not.
        const metrics = drawn.metrics.filter((metric) => metric !== 'meanSquaredError' && metric !== 'r2');
        const options: EvaluateOptions = { loss: drawn.loss, metrics, batchSize };
        const model = modelOf(drawn);
        return Promise.all([
          model.evaluate(data, options).then((found) => ({ ...found, loss: null })),
          model.confusionMatrix(data, { batchSize, loss: drawn.loss }),
        ]);
      };
      expect(await evaluate(order)).toEqual(await evaluate(order.toSorted((a, b) => a - b)));
    }),
    { numRuns: 30 },
  );
});

describe('what there is nothing to say of', () => {
  const SETTING = SETTINGS[1];

  test('auc of rows that are all a yes is not a number, recall of none is 0', async () => {
    const features = signedNumbers(10 * INPUTS, 1);
    const of = (label: number): Dataset =>
      tensorDataset({ features, labels: new Uint8Array(10).fill(label), featureShape: [INPUTS] });
    const model = modelOf(SETTING);
    expect((await model.evaluate(of(1), { metrics: ['auc'] }))['auc']).toBeNaN();
    expect(await model.evaluate(of(0), { metrics: ['recall', 'f1'] })).toMatchObject({ recall: 0, f1: 0 });
  });

  test('rows without any weight', async () => {
    const model = modelOf(SETTING);
    const found = await model.evaluate(dataFor(SETTING, 9, 3, new Float32Array(9)), {
      metrics: ['meanSquaredError', 'r2'],
    });
    expect(found).toEqual({ loss: NaN, meanSquaredError: NaN, r2: NaN });
  });

  test('rows whose outputs are not numbers are wrong, and have no answer', async () => {
    const model = modelOf(SETTINGS[0]);
    model.parameters()[0].data.fill(NaN);
    const data = dataFor(SETTINGS[0], 20, 3, new Float32Array(20).fill(1));
    const metrics = ['accuracy', topKAccuracy({ k: 3 }), 'precision', 'recall'] as const;
    expect(await model.evaluate(data, { metrics })).toMatchObject({
      accuracy: 0,
      topKAccuracy: 0,
      precision: 0,
      recall: 0,
    });
    expect((await model.confusionMatrix(data)).flat().every((count) => count === 0)).toBe(true);
  });
});
