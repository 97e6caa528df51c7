import { adam, earlyStopping, type FitOptions, loadModel, type Model, sgd } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { createDataset, createModel, NETWORKS, type NetworkCase } from './cases.ts';
import { relativeError } from './support/compare.ts';
import { newestCheckpoint, temporaryFolder } from './support/folder.ts';

/** The moving average of the weights: that it is one, and where it is to be found. How it survives is in faults and resume. */

const ROWS = 40;
const BATCH = 8;
const STEPS = ROWS / BATCH;

const network = NETWORKS[2];
const constant = NETWORKS.find(({ name }) => name === 'rescaling and normalization between layers, of two dimensions');

function train(model: Model, of: NetworkCase, options: Partial<FitOptions>): ReturnType<Model['fit']> {
  const optimizer = adam({ learningRate: 0.03 });
  const fit = { loss: of.loss, batchSize: BATCH, epochs: 2, optimizer, workers: 1, progress: false, ...options };
  return model.fit(createDataset(of, ROWS, 2, 'some 0'), fit);
}

describe('the model ends with the average of the weights after every update, from the first on', () => {
  const cases = [network, constant ?? network].flatMap((of) => [
    { of, title: `${of.name}, every batch`, options: {}, every: 1 },
    { of, title: `${of.name}, clipped`, options: { gradientClipNorm: 0.05 }, every: 1 },
    { of, title: `${of.name}, groups of two batches`, options: { accumulateGradBatches: 2 }, every: 2 },
  ]);

  test.each(cases)('$title', async ({ of, options, every }) => {
    const decay = 0.7;
    const model = createModel(of, 1);
    const trained = model.parameters().filter(({ trainable }) => trainable);
    const averages = trained.map(({ data }) => Float64Array.from(data));
    let steps = 0;
    const onBatchEnd = (): void => {
      steps++;
      const inEpoch = ((steps - 1) % STEPS) + 1;
      if (inEpoch % every !== 0 && inEpoch !== STEPS) return;
      for (const [i, { data }] of trained.entries()) {
        for (let j = 0; j < data.length; j++) averages[i][j] = decay * averages[i][j] + (1 - decay) * data[j];
      }
    };
    const fixed = model.parameters().flatMap(({ trainable, data }) => (trainable ? [] : [...data]));
    await train(model, of, { ...options, weightAverage: { decay }, callbacks: [{ onBatchEnd }] });
    expect(steps).toBe(2 * STEPS);
    // Ten times a rounding of 6e-8.
    for (const [i, { name, data }] of trained.entries()) {
      expect(relativeError(data, averages[i]), name).toBeLessThan(1e-6);
    }
    expect(model.parameters().flatMap(({ trainable, data }) => (trainable ? [] : [...data]))).toEqual(fixed);
  });
});

describe('the weights that are trained', () => {
  test('are not changed by it: epochs have the metrics and hashes of a run without', async () => {
    const validation = createDataset(network, 20, 9);
    const without = await train(createModel(network, 1), network, { validation });
    const averaged = await train(createModel(network, 1), network, { validation, weightAverage: {} });
    expect(averaged.metrics).toEqual(without.metrics);
    expect(averaged.weightsHashes).toEqual(without.weightsHashes);
    expect(averaged.weightsHash).not.toBe(without.weightsHash);
  });

  test('are the average with a decay of 0', async () => {
    const without = await train(createModel(network, 1), network, {});
    const averaged = await train(createModel(network, 1), network, { weightAverage: { decay: 0 } });
    expect(averaged.weightsHash).toBe(without.weightsHash);
  });

  test('are in checkpoints, so that a longer run goes on from them', async () => {
    const directory = temporaryFolder();
    const options = { weightAverage: { decay: 0.9 } };
    const checkpoint = { directory };
    const short = await train(createModel(network, 1), network, { ...options, epochs: 1, checkpoint });
    const saved = await loadModel(newestCheckpoint(directory));
    expect(saved.weightsHash()).toBe(short.weightsHashes[0]);
    expect(saved.weightsHash()).not.toBe(short.weightsHash);
    const longer = await train(createModel(network, 1), network, { ...options, epochs: 3, checkpoint, resume: true });
    const whole = await train(createModel(network, 1), network, { ...options, epochs: 3 });
    expect({ ...longer.metrics, hash: longer.weightsHash }).toEqual({ ...whole.metrics, hash: whole.weightsHash });
  });

  test('stay when the run fails', async () => {
    const model = createModel(network, 1);
    const before = { hash: '' };
    const onEpochEnd = ({ epoch, weightsHash }: { epoch: number; weightsHash: string }): void => {
      before.hash = weightsHash;
      if (epoch === 2) throw new Error('enough');
    };
    const run = train(model, network, { epochs: 5, weightAverage: {}, callbacks: [{ onEpochEnd }] });
    await expect(run).rejects.toThrow('enough');
    expect(model.weightsHash()).toBe(before.hash);
  });

  test('are the best ones that early stopping restores, after the average', async () => {
    const hashes: string[] = [];
    const stopping = (): FitOptions['callbacks'] => [
      earlyStopping({ monitor: 'loss', mode: 'max', patience: 2, restoreBestWeights: true }),
      { onEpochEnd: ({ weightsHash }) => void hashes.push(weightsHash) },
    ];
    const model = createModel(network, 1);
    const history = await train(model, network, { epochs: 9, weightAverage: {}, callbacks: stopping() ?? [] });
    expect(history.stoppedBy).toBe('callback');
    expect(history.weightsHash).toBe(hashes[0]);
    expect(model.weightsHash()).toBe(hashes[0]);
  });
});

test('a run that resumes with another decay is refused', async () => {
  const directory = temporaryFolder();
  const run = (decay: number, resume: boolean): ReturnType<Model['fit']> =>
    train(createModel(network, 1), network, { weightAverage: { decay }, checkpoint: { directory }, resume });
  await run(0.9, false);
  await expect(run(0.8, true)).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
});

test.each([{ decay: 1 }, { decay: -0.1 }, { decay: NaN }, { momentum: 0.9 }])(
  '%o is no average of weights',
  async (weightAverage) => {
    const run = train(createModel(network, 1), network, { optimizer: sgd(), weightAverage });
    await expect(run).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      place: expect.stringMatching(/^fit\.weightAverage/),
    });
  },
);
