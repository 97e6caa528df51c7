import {
  compilePlan,
  dense,
  dropout,
  type FitOptions,
  layOutModel,
  type Model,
  type PlanRequest,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { dropoutNumber } from './oracle/trainingLayers.ts';
import { checkpointSteps, temporaryFolder } from './support/folder.ts';
import { signedNumbers } from './support/numbers.ts';
import { catchWarnings } from './support/warnings.ts';

// Small batches leave threads without work, on purpose.
catchWarnings('LOCKSTEP_IDLE_CORES');

/**
 * A model from whose weight the masks can be read. Row r of the data is 1 in columns of its own and 0 elsewhere, its label is far
 * away, and the gradient of the absolute error is a sign: so each update moves the weights of the row's columns by 1 / (1 - rate)
 * where nothing was dropped, and by nothing where it was, whatever the weights are. Sums over rows have one term that is not 0, so
 * no way of cutting a batch rounds them otherwise.
 */
const ROWS = 48;
const OWN = 20;
const BATCH = 20;
const STEPS = Math.ceil(ROWS / BATCH);

function maskModel(...rates: readonly [number, number?][]): Model {
  const layers = rates.map(([rate, seed]) => dropout(rate, seed === undefined ? {} : { seed }));
  return sequential([...layers, dense(1, { kernelInitializer: 'zeros', useBias: false, name: 'masks' })], {
    inputShape: [ROWS * OWN],
  });
}

const features = new Float32Array(ROWS * ROWS * OWN);
for (let row = 0; row < ROWS; row++) features.fill(1, (row * ROWS + row) * OWN, (row * ROWS + row + 1) * OWN);
const dataset = tensorDataset({ features, labels: new Float32Array(ROWS).fill(1e6), featureShape: [ROWS * OWN] });

/** How far each weight has been moved: for each row of the data its own columns. */
async function movement(model: Model, options: Partial<FitOptions> = {}): Promise<Float32Array> {
  await model.fit(dataset, {
    ...{ loss: 'meanAbsoluteError', optimizer: sgd({ learningRate: 1 }), batchSize: BATCH, progress: false },
    ...{ shuffle: false, seed: 11, workers: 1 },
    ...options,
  });
  return model.getWeights()['masks/kernel'];
}

/** What it must be after an epoch, by the definition of the numbers: the mean over a batch of what is kept. */
function expected(layers: readonly { readonly rate: number; readonly seed: number }[]): Float32Array {
  return Float32Array.from({ length: ROWS * OWN }, (_, at) => {
    const row = Math.floor(at / OWN);
    const step = Math.floor(row / BATCH);
    let kept = 1;
    for (const [layer, { rate, seed }] of layers.entries()) {
      const isDropped = dropoutNumber({ seed, layer, step }, row % BATCH, at) < Math.fround(rate) * 2 ** 32;
      kept = isDropped ? 0 : Math.fround(kept * Math.fround(1 / (1 - Math.fround(rate))));
    }
    return Math.fround(kept * Math.fround(1 / Math.min(BATCH, ROWS - step * BATCH)));
  });
}

describe('a mask is a function of seed, step, layer, row and column', () => {
  test('of one layer, and of two with seeds of their own', async () => {
    expect(await movement(maskModel([0.3]))).toEqual(expected([{ rate: 0.3, seed: 11 }]));
    expect(await movement(maskModel([0.5], [0.25, 2 ** 53 - 1]))).toEqual(
      expected([
        { rate: 0.5, seed: 11 },
        { rate: 0.25, seed: 2 ** 53 - 1 },
      ]),
    );
  });

  const whole = movement(maskModel([0.4]));
  test.each([
    { workers: 2, shards: 1 },
    { workers: 3, shards: 'auto' },
    { workers: 1, shards: 7 },
    { workers: 3, shards: 20 },
  ] as const)('whatever the cut and the threads: %o', async (options) => {
    expect(await movement(maskModel([0.4]), options)).toEqual(await whole);
  });

  test('and a validation on the way changes none', async () => {
    const two = await movement(maskModel([0.4]), { epochs: 2 });
    expect(await movement(maskModel([0.4]), { epochs: 2, validation: dataset, workers: 2 })).toEqual(two);
    // Of another epoch the masks are others.
    expect(two).not.toEqual((await whole).map((value) => 2 * value));
  });

  test('nor does a resume, at any step', async () => {
    for (let steps = 1; steps < STEPS; steps++) {
      const directory = temporaryFolder();
      await movement(maskModel([0.4]), { checkpoint: { directory }, maxSteps: steps, workers: 2 });
      expect(checkpointSteps(directory)).toEqual([steps]);
      const resumed = await movement(maskModel([0.4]), { checkpoint: { directory }, resume: true });
      expect(resumed, `after ${steps}`).toEqual(await whole);
    }
  });

  test('another seed gives others', async () => {
    const other = await movement(maskModel([0.4]), { seed: 12 });
    const same = other.filter((value, at) => value === other[0] && value === other[at]).length;
    expect(same).toBeLessThan(other.length);
    expect(other).toEqual(expected([{ rate: 0.4, seed: 12 }]));
  });

  test('a layer with a seed of its own drops the same in every run', async () => {
    const [one, two] = [3, 4].map((seed) => movement(maskModel([0.4, 7]), { seed }));
    expect(await one).toEqual(await two);
  });

  test.each([0.05, 0.5, 0.9])('of %f of the numbers', async (rate) => {
    const moved = await movement(maskModel([rate]));
    const share = moved.filter((value) => value === 0).length / moved.length;
    // Five deviations of a mean of so many draws.
    expect(Math.abs(share - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / moved.length));
  });
});

describe('outside training', () => {
  const model = sequential([dropout(0.9)], { inputShape: [6] });
  const rows = signedNumbers(60, 3);

  test('it changes no bit of predictions, evaluations and gradients', async () => {
    expect(await model.predict(rows)).toEqual(rows);
    const labels = signedNumbers(60, 4);
    const data = tensorDataset({ features: rows, labels, featureShape: [6] });
    const plain = sequential([dense(6, { name: 'last' })], { inputShape: [6], seed: 1 });
    const dropped = sequential([dropout(0.5), dense(6, { name: 'last' }), dropout(0.5)], { inputShape: [6], seed: 1 });
    expect(await dropped.evaluate(data, { workers: 2 })).toEqual(await plain.evaluate(data));
    const batch = { features: rows, labels, loss: 'meanSquaredError' } as const;
    expect(await dropped.gradients(batch)).toEqual(await plain.gradients(batch));
    expect(await dropped.gradients({ ...batch, training: true })).not.toEqual(await plain.gradients(batch));
  });

  test('nor of validations in a run', async () => {
    const data = tensorDataset({ features: rows, labels: signedNumbers(60, 4), featureShape: [6] });
    const trained = sequential([dropout(0.5), dense(6)], { inputShape: [6], seed: 1 });
    const history = await trained.fit(data, {
      ...{ loss: 'meanSquaredError', validation: data, batchSize: 4, epochs: 2, progress: false },
    });
    expect((await trained.evaluate(data, { batchSize: 4 })).loss).toBe(history.metrics.valLoss.at(-1));
  });

  test('it is no part of the plan, and neither is a rate of 0 in training', () => {
    const spec = sequential([dense(3), dropout(0.5), dense(2), dropout(0)], { inputShape: [4] }).spec;
    const request = { spec, batchSize: 8, shards: 'auto', slots: 1, threads: 1, begin: layOutModel(spec).end } as const;
    const regionsOf = (more: Pick<PlanRequest, 'purpose' | 'loss' | 'optimizer'>): string[] =>
      compilePlan({ ...request, ...more })
        .memory.regions.map(({ name }) => name)
        .filter((name) => name.startsWith('output of'));
    const computing = ['output of dense_1', 'output of dense_3'];
    expect(regionsOf({ purpose: 'predict', loss: null, optimizer: null })).toEqual(computing);
    const loss = { kind: 'meanSquaredError' } as const;
    expect(regionsOf({ purpose: 'evaluate', loss, optimizer: null })).toEqual(computing);
    expect(regionsOf({ purpose: 'gradients', loss, optimizer: null })).toEqual(computing);
    expect(regionsOf({ purpose: 'train', loss, optimizer: sgd() })).toEqual([
      computing[0],
      'output of dropout_2',
      computing[1],
    ]);
  });
});
