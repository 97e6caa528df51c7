import { readFileSync } from 'node:fs';
import {
  batchNormalization,
  constant,
  dense,
  dropout,
  earlyStopping,
  type Fault,
  type FitOptions,
  type History,
  l2,
  lbfgs,
  type Model,
  rescaling,
  sequential,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { createDataset, createModel, isRegularized, NETWORKS, type NetworkCase, SHARDS } from './cases.ts';
import { checkpointSteps, temporaryFolder } from './support/folder.ts';
import { catchWarnings } from './support/warnings.ts';

const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

/** What numpy and scipy computed in float64; test/scipy/record.py wrote it, and the file says how. */
interface Recorded {
  readonly scipy: string;
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  readonly features: readonly number[];
  readonly values: readonly number[];
  readonly waves: readonly number[];
  readonly labels: readonly number[];
  readonly start: readonly number[];
  readonly linear: { readonly kernel: readonly number[]; readonly bias: readonly number[]; readonly loss: number };
  readonly ridge: Recorded['linear'];
  readonly logistic: { readonly loss: number; readonly evaluations: number; readonly weights: readonly number[] };
  readonly network: Recorded['logistic'];
}

const recorded = JSON.parse(readFileSync(new URL('./scipy/recorded.json', import.meta.url), 'utf8')) as Recorded;
const { features, inputs, hidden, classes } = recorded;
const featureShape = [inputs];
const valuesOf = (labels: readonly number[]): ReturnType<typeof tensorDataset> =>
  tensorDataset({ features, labels: Float32Array.from(labels), featureShape });

const RUN = { batchSize: 1000, epochs: 500, workers: 1, progress: false } as const;
/** Weights near 1 in float32, of a loss whose gradient is below 1e-5 and whose curvature is near 1. */
const BOUND = 1e-5;

function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(actual[i] - value)));
}

describe('ends where others have found the minimum', () => {
  test.each([
    ['linear', {}],
    ['ridge', { kernelRegularizer: l2(0.1) }],
  ] as const)('%s regression: the solution of the normal equations', async (name, options) => {
    const expected = recorded[name];
    const model = sequential([dense(1, options)], { inputShape: featureShape });
    const fit = { ...RUN, loss: 'meanSquaredError', optimizer: lbfgs({ tolerance: 1e-6 }) } as const;
    const history = await model.fit(valuesOf(recorded.values), fit);
    expect(history.stoppedBy).toBe('convergence');
    expect(history.epochs.length).toBeLessThan(30);
    const { 'dense_1/kernel': kernel, 'dense_1/bias': bias } = model.getWeights();
    expect(largestDifference(kernel, expected.kernel)).toBeLessThan(BOUND);
    expect(largestDifference(bias, expected.bias)).toBeLessThan(BOUND);
    expect(history.metrics.loss.at(-1)).toBeCloseTo(expected.loss, 6);
  });

  test(`softmax regression: the weights of scipy ${recorded.scipy}'s L-BFGS-B, in as many evaluations or so`, async () => {
    const layer = dense(classes, { activation: 'softmax', kernelInitializer: 'zeros', kernelRegularizer: l2(0.01) });
    const model = sequential([layer], { inputShape: featureShape });
    const data = tensorDataset({ features, labels: Int32Array.from(recorded.labels), featureShape });
    const fit = { ...RUN, loss: 'sparseCategoricalCrossentropy', optimizer: lbfgs({ tolerance: 1e-6 }) } as const;
    const history = await model.fit(data, fit);
    expect(history.stoppedBy).toBe('convergence');
    expect(history.metrics.loss.at(-1)).toBeCloseTo(recorded.logistic.loss, 6);
    expect(history.epochs.length).toBeLessThan(2 * recorded.logistic.evaluations);
    // Biases may all be moved by the same number.
    const { 'dense_1/kernel': kernel } = model.getWeights();
    expect(largestDifference(kernel, recorded.logistic.weights.slice(0, inputs * classes))).toBeLessThan(1e-3);
  });

  test('a network with a hidden layer: a loss as low as scipy finds from the same weights', async () => {
    const kernelRegularizer = l2(0.001);
    const layers = [dense(hidden, { activation: 'tanh', kernelRegularizer }), dense(1, { kernelRegularizer })];
    const model = sequential(layers, { inputShape: featureShape });
    let at = 0;
    for (const { data } of model.parameters()) data.set(recorded.start.slice(at, (at += data.length)));
    const fit = { ...RUN, epochs: 3000, loss: 'meanSquaredError', optimizer: lbfgs() } as const;
    const history = await model.fit(valuesOf(recorded.waves), fit);
    expect(history.stoppedBy).toBe('convergence');
    expect(history.metrics.loss.at(-1)).toBeLessThan(recorded.network.loss * 1.001);
  });

  test.each([
    [3, 0.2],
    [0.05, 4],
  ])('a curved valley from (%d, %d): two weights whose product is wanted, and small', async (first, second) => {
    const bend = l2(0.01);
    const layers = [1, 2].map(() => dense(1, { useBias: false, kernelRegularizer: bend }));
    const model = sequential(layers, { inputShape: [1] });
    model.setWeights({ 'dense_1/kernel': [first], 'dense_2/kernel': [second] });
    const data = tensorDataset({ features: [1], labels: Float32Array.of(1), featureShape: [1] });
    const fit = { ...RUN, loss: 'meanSquaredError', optimizer: lbfgs({ tolerance: 1e-6 }) } as const;
    const history = await model.fit(data, fit);
    expect(history.stoppedBy).toBe('convergence');
    // (w₁ w₂ − 1)² + 0.01 (w₁² + w₂²) is least where both are √(1 − 0.01).
    for (const { data: weight } of model.parameters()) expect(weight[0]).toBeCloseTo(Math.sqrt(0.99), 4);
  });
});

/** Networks of every kind that compute the same in every evaluation, some with penalties. */
const SOME: readonly NetworkCase[] = NETWORKS.filter(
  (network, n) =>
    (n % 9 === 2 || isRegularized(network)) &&
    !/dropout|batchNormalization/.test(JSON.stringify(createModel(network, 0).spec)),
);
const ROWS = 50;

function search(network: NetworkCase, options: Partial<FitOptions>, model = createModel(network, 1)): Promise<History> {
  return model.fit(createDataset(network, ROWS, 3, 'some 0'), {
    ...{ loss: network.loss, batchSize: 64, epochs: 30, progress: false },
    ...{ optimizer: lbfgs({ historySize: 3 }), validation: createDataset(network, 20, 9) },
    ...options,
  });
}

const resultOf = ({ epochs, metrics, weightsHash, weightsHashes, steps, stoppedBy }: History): Partial<History> => ({
  ...{ epochs, metrics, weightsHash, weightsHashes, steps, stoppedBy },
});

const NETWORK = NETWORKS[2];

describe('one hash', () => {
  test.each(SOME.map((network, i) => ({ network, shards: SHARDS[i % SHARDS.length], workers: 2 + (i % 2) })))(
    '$network.name, shards $shards, workers $workers',
    async ({ network, shards, workers }) => {
      const alone = await search(network, { shards, workers: 1 });
      expect(resultOf(await search(network, { shards, workers }))).toEqual(resultOf(alone));
      // It moves, and never uphill beyond the rounding of a loss.
      const { loss } = alone.metrics;
      expect(loss[loss.length - 1]).toBeLessThan(loss[0]);
      loss.forEach((value, i) => expect(value).toBeLessThanOrEqual(loss[Math.max(0, i - 1)] * (1 + 2 ** -22)));
    },
  );

  test.each(['start', 'compute', 'computed', 'reduce', 'reduced', 'end'] as const)(
    'threads that break at %s change nothing',
    async (at) => {
      const expected = resultOf(await search(NETWORK, { workers: 1, epochs: 12 }));
      const faults = [0, 1].map((thread): Fault => ({ thread, step: 8, action: thread === 0 ? 'throw' : 'exit', at }));
      const broken = await search(NETWORK, { workers: 2, epochs: 12, faults });
      expect(broken.restarts.length).toBeGreaterThan(0);
      expect(resultOf(broken)).toEqual(expected);
      const inline = await search(NETWORK, { workers: 1, epochs: 12, faults });
      expect(resultOf(inline)).toEqual(expected);
      for (const { code } of await takeWarnings()) expect(code).toBe('LOCKSTEP_THREAD_REPLACED');
    },
  );
});

describe('stopped after any evaluation, it ends the same way', () => {
  test('by a number of steps', async () => {
    const all = 20;
    const expected = resultOf(await search(NETWORK, { workers: 1, epochs: all }));
    // In the middle of line searches too: not every evaluation is accepted.
    expect(new Set(expected.weightsHashes).size).toBeLessThan(all);
    for (let steps = 1; steps < all; steps++) {
      const directory = temporaryFolder();
      const [first, second] = steps % 5 === 0 ? [1, 2] : [1, 1];
      await search(NETWORK, { workers: first, epochs: all, maxSteps: steps, checkpoint: { directory } });
      const fresh = createModel(NETWORK, 1);
      for (const { data } of fresh.parameters()) data.fill(0.123);
      const resumed = { workers: second, epochs: all, checkpoint: { directory }, resume: true };
      expect(resultOf(await search(NETWORK, resumed, fresh)), `after ${steps}`).toEqual(expected);
    }
  });

  test('by a signal: the model has weights that were accepted, and the checkpoint goes on', async () => {
    const directory = temporaryFolder();
    const stop = new AbortController();
    const reason = new Error('enough');
    const hashes: string[] = [];
    const callbacks = [
      {
        onEpochEnd: ({ epoch, weightsHash }: { epoch: number; weightsHash: string }) => {
          hashes.push(weightsHash);
          if (epoch === 9) stop.abort(reason);
        },
      },
    ];
    const model = createModel(NETWORK, 1);
    const run = search(NETWORK, { workers: 2, signal: stop.signal, callbacks, checkpoint: { directory } }, model);
    await expect(run).rejects.toBe(reason);
    expect(model.weightsHash()).toBe(hashes.at(-1));
    expect(checkpointSteps(directory).at(-1)).toBe(9);
    const resumed = await search(NETWORK, { workers: 1, resume: true, checkpoint: { directory } });
    expect(resultOf(resumed)).toEqual(resultOf(await search(NETWORK, { workers: 1 })));
  });

  test('a run that has converged stays as it is', async () => {
    const directory = temporaryFolder();
    const options = { workers: 1, epochs: 500, optimizer: lbfgs({ tolerance: 0.01 }), checkpoint: { directory } };
    const first = await search(NETWORK, options);
    expect(first.stoppedBy).toBe('convergence');
    expect(resultOf(await search(NETWORK, { ...options, epochs: 600, resume: true }))).toEqual(resultOf(first));
  });
});

describe('between evaluations the model has the weights that were accepted last', () => {
  test('callbacks, metrics and validation see these; a batch has the loss that was tried', async () => {
    const model = createModel(NETWORK, 1);
    const train = createDataset(NETWORK, ROWS, 3, 'some 0');
    const validation = createDataset(NETWORK, 20, 9);
    const tried: number[] = [];
    const seen: number[][] = [];
    const history = await search(
      NETWORK,
      {
        ...{ workers: 1, validation, metrics: ['accuracy'] },
        callbacks: [
          {
            onBatchEnd: ({ loss }) => void tried.push(loss),
            onEpochEnd: async () => {
              const own = await model.evaluate(train, { loss: NETWORK.loss });
              seen.push([own.loss, (await model.evaluate(validation, { loss: NETWORK.loss })).loss, own.accuracy]);
            },
          },
        ],
      },
      model,
    );
    const { loss, valLoss, accuracy } = history.metrics;
    expect(seen.map((values) => values[2])).toEqual(accuracy);
    seen.forEach(([own, other], i) => {
      expect(own).toBeCloseTo(loss[i], 5);
      expect(other).toBeCloseTo(valLoss[i], 5);
    });
    const rejected = tried.filter((value, i) => value !== loss[i]);
    expect(rejected.length).toBeGreaterThan(0);
    for (const value of rejected) expect(loss).not.toContain(value);
    expect(model.weightsHash()).toBe(history.weightsHashes.at(-1));
  });

  test('one that sets others lets it begin anew there', async () => {
    const model = createModel(NETWORK, 1);
    const others = createModel(NETWORK, 5).getWeights();
    const onEpochEnd = ({ epoch }: { epoch: number }): void => (epoch === 7 ? model.setWeights(others) : undefined);
    const moved = await search(NETWORK, { workers: 1, callbacks: [{ onEpochEnd }], epochs: 20 }, model);
    const afresh = await search(NETWORK, { workers: 1, epochs: 13 }, createModel(NETWORK, 5));
    expect(moved.metrics.loss.slice(7)).toEqual(afresh.metrics.loss);
    expect(moved.weightsHash).toBe(afresh.weightsHash);
  });

  test('early stopping counts evaluations', async () => {
    const stopping = earlyStopping({ monitor: 'valLoss', patience: 6, restoreBestWeights: true });
    const history = await search(NETWORK, { workers: 1, epochs: 400, callbacks: [stopping] });
    expect(history.stoppedBy).toBe('callback');
    const best = history.metrics.valLoss.indexOf(Math.min(...history.metrics.valLoss));
    expect(history.weightsHash).toBe(history.weightsHashes[best]);
  });
});

describe('losses that are not finite', () => {
  /** The best weight is 1e-20: the first step, of length 1, goes far beyond float32. */
  const data = tensorDataset({ features: [1], labels: Float32Array.of(1), featureShape: [1] });
  const options = { ...RUN, loss: 'meanSquaredError', optimizer: lbfgs() } as const;
  const modelOf = (weight: number): Model => {
    const kernelInitializer = constant(weight);
    return sequential([rescaling(1e20), dense(1, { useBias: false, kernelInitializer })], { inputShape: [1] });
  };

  test.each([1, 2])('of weights that are only tried shorten the step, %i workers', async (workers) => {
    const tried: number[] = [];
    const callbacks = [{ onBatchEnd: ({ loss }: { loss: number }) => void tried.push(loss) }];
    const directory = temporaryFolder();
    const checkpoint = { directory, everySteps: 1 };
    const history = await modelOf(0).fit(data, { ...options, workers, callbacks, checkpoint });
    expect(tried.filter((loss) => !Number.isFinite(loss)).length).toBeGreaterThan(2);
    expect(history.metrics.loss.slice(0, 3)).toEqual([1, 1, 1]);
    expect(history.metrics.loss.at(-1)).toBeLessThan(1e-12);
    expect(history.stoppedBy).toBe('convergence');
  });

  test('of the weights that a run begins with end it, and leave them', async () => {
    const model = modelOf(1);
    const before = model.weightsHash();
    for (const workers of [1, 2]) {
      const run = model.fit(data, { ...options, workers });
      await expect(run).rejects.toMatchObject({ code: 'LOSS_NOT_FINITE', place: 'fit, step 1: loss' });
      expect(model.weightsHash()).toBe(before);
    }
  });
});

test('rows without weight ask for nothing', async () => {
  const model = createModel(NETWORK, 1);
  const options = { ...RUN, loss: NETWORK.loss, optimizer: lbfgs() };
  const history = await model.fit(createDataset(NETWORK, 16, 3, 'all 0'), options);
  expect(history).toMatchObject({
    stoppedBy: 'convergence',
    steps: 1,
    weightsHash: createModel(NETWORK, 1).weightsHash(),
  });
});

describe('what it cannot work with is refused', () => {
  test.each<[string, Partial<FitOptions>]>([
    ['fit.batchSize', { batchSize: 49 }],
    ['fit.accumulateGradBatches', { accumulateGradBatches: 2 }],
    ['fit.gradientClipNorm', { gradientClipNorm: 1 }],
    ['fit.weightAverage', { weightAverage: {} }],
  ])('%s', async (place, options) => {
    const code = place === 'fit.batchSize' ? 'INVALID_OPTION' : 'UNSUPPORTED';
    await expect(search(NETWORK, { ...options, workers: 1 })).rejects.toMatchObject({ code, place });
  });

  test('a search for a learning rate, which it has not', async () => {
    const options = { loss: NETWORK.loss, optimizer: lbfgs() };
    const run = createModel(NETWORK, 1).findLearningRate(createDataset(NETWORK, ROWS, 3), options);
    await expect(run).rejects.toMatchObject({ code: 'UNSUPPORTED', place: 'findLearningRate.optimizer' });
  });

  test.each([
    ['random numbers in training', dropout(0.5), 'without random numbers'],
    ['averages that move in training', batchNormalization(), 'without batchNormalization'],
  ])('%s', async (_, layer, expected) => {
    const model = sequential([layer, dense(4, { activation: 'softmax' })], { inputShape: [7] });
    const run = search(NETWORK, { workers: 1 }, model);
    const answer = {
      code: 'UNSUPPORTED',
      place: 'fit.optimizer',
      expected: expect.stringContaining(expected) as string,
    };
    await expect(run).rejects.toMatchObject(answer);
  });

  test.each([
    [{ historySize: 0 }, 'lbfgs.historySize'],
    [{ tolerance: -1 }, 'lbfgs.tolerance'],
    [{ maxLineSearch: 2.5 }, 'lbfgs.maxLineSearch'],
    [{ learningRate: 0.1 }, 'lbfgs.learningRate'],
    [{ weightDecay: 0.1 }, 'lbfgs.weightDecay'],
  ])('%o', (options, place) => {
    expect(() => lbfgs(options as object)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', place }));
  });
});
