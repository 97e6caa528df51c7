import { join } from 'node:path';
import {
  adamW,
  batchNormalization,
  type BatchNormalizationOptions,
  compilePlan,
  decodeSafetensors,
  dense,
  dropout,
  type FitOptions,
  layOutModel,
  loadModel,
  type LockstepError,
  type Model,
  type PlanRequest,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { statistics } from './oracle/trainingLayers.ts';
import { newestCheckpoint, temporaryFolder } from './support/folder.ts';
import { raised } from './support/mistakes.ts';
import { signedNumbers } from './support/numbers.ts';
import { catchWarnings } from './support/warnings.ts';

// One shard leaves other threads without rows, on purpose.
catchWarnings('LOCKSTEP_IDLE_CORES');

/** What the tables of cases.ts do not say: the averages, the cut, and what has nothing to do with either. */

const INPUTS = 3;
const ROWS = 100;
const MOMENTUM = 0.6;
/** Columns far from each other. */
const features = signedNumbers(ROWS * INPUTS, 5).map((value, at) => value * (1 + (at % INPUTS)) + 2 * (at % INPUTS));
const labels = signedNumbers(ROWS, 6);
const dataset = tensorDataset({ features, labels, featureShape: [INPUTS] });

/** The statistics are those of the data, whatever the weights are. */
function createModel(options: BatchNormalizationOptions = {}): Model {
  const layers = [batchNormalization({ momentum: MOMENTUM, name: 'norm', ...options }), dropout(0.2), dense(1)];
  return sequential(layers, { inputShape: [INPUTS], seed: 2 });
}

const FIT = {
  ...{ loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0.01 }), shuffle: false, workers: 1, progress: false },
  ...{ batchSize: 40, epochs: 2 },
} as const satisfies FitOptions;

async function averagesAfter(options: Partial<FitOptions> = {}): Promise<readonly Float32Array[]> {
  const model = createModel();
  await model.fit(dataset, { ...FIT, ...options });
  const weights = model.getWeights();
  return [weights['norm/movingMean'], weights['norm/movingVariance']];
}

/** The definition, in double precision: by steps, each the mean over its shards by their rows. */
function expectedAverages(batchSize: number, shardRows: number, steps: number): readonly [number[], number[]] {
  const rows = Array.from({ length: ROWS }, (_, row) => Array.from(features.slice(row * INPUTS, (row + 1) * INPUTS)));
  let mean = [0, 0, 0];
  let variance = [1, 1, 1];
  const perEpoch = Math.ceil(ROWS / batchSize);
  for (let step = 0; step < steps; step++) {
    const begin = (step % perEpoch) * batchSize;
    const batch = rows.slice(begin, begin + batchSize);
    const merged = { mean: [0, 0, 0], variance: [0, 0, 0] };
    for (let at = 0; at < batch.length; at += shardRows) {
      const shard = batch.slice(at, at + shardRows);
      const own = statistics(shard, INPUTS);
      for (let j = 0; j < INPUTS; j++) {
        merged.mean[j] += (shard.length / batch.length) * own.mean[j];
        merged.variance[j] += (shard.length / batch.length) * own.variance[j];
      }
    }
    const move = (old: readonly number[], by: readonly number[]): number[] =>
      old.map((value, j) => MOMENTUM * value + (1 - MOMENTUM) * by[j]);
    mean = move(mean, merged.mean);
    variance = move(variance, merged.variance);
  }
  return [mean, variance];
}

describe('the moving averages', () => {
  test.each([
    { batchSize: 40, shards: 'auto', shardRows: 40 },
    { batchSize: 40, shards: 3, shardRows: 16 },
    { batchSize: 64, shards: 5, shardRows: 16 },
    // 100 rows in two pieces, of whole blocks of eight.
    { batchSize: 100, shards: 'auto', shardRows: 56 },
    { batchSize: 100, shards: 1, shardRows: 104 },
    // The last batch has one row.
    { batchSize: 33, shards: 2, shardRows: 24 },
  ] as const)('are those of all steps, batch $batchSize, shards $shards', async ({ batchSize, shards, shardRows }) => {
    const steps = 2 * Math.ceil(ROWS / batchSize);
    const found = await averagesAfter({ batchSize, shards });
    for (const [i, values] of expectedAverages(batchSize, shardRows, steps).entries()) {
      for (const [j, value] of values.entries()) expect(Math.abs(found[i][j] - value), `${i} ${j}`).toBeLessThan(3e-6);
    }
  });

  const plain = averagesAfter({ shards: 3 });
  test.each([
    { name: 'threads', options: { workers: 3 } },
    { name: 'accumulation', options: { accumulateGradBatches: 2 } },
    { name: 'clipping', options: { gradientClipNorm: 1e-3, workers: 2 } },
    { name: 'clipping of several batches', options: { gradientClipNorm: 1e-3, accumulateGradBatches: 2 } },
    { name: 'weight decay and another optimizer', options: { optimizer: adamW({ weightDecay: 0.5 }) } },
    { name: 'a validation', options: { validation: dataset, workers: 2 } },
  ])('have nothing to do with $name', async ({ options }) => {
    expect(await averagesAfter({ shards: 3, ...options })).toEqual(await plain);
  });

  test('are what predictions are made with, and no gradient moves them', async () => {
    const model = createModel({ epsilon: 0.25 });
    await model.fit(dataset, FIT);
    const before = model.weightsHash();
    const loss = 'meanSquaredError';
    const [still, training] = await Promise.all(
      [false, true].map((how) => model.gradients({ features, labels, loss, training: how })),
    );
    expect(model.weightsHash()).toBe(before);
    expect(Object.keys(still.gradients)).toEqual(['norm/gamma', 'norm/beta', 'dense_3/kernel', 'dense_3/bias']);
    expect(still.loss).not.toBe(training.loss);
    // Of all 100 rows at once, and of shards of them in training.
    expect(still.loss).toBeCloseTo((await model.evaluate(dataset)).loss, 6);
    const weights = model.getWeights();
    const row = [0.5, 3, -1];
    let output = weights['dense_3/bias'][0];
    for (const [j, value] of row.entries()) {
      const deviation = Math.sqrt(weights['norm/movingVariance'][j] + 0.25);
      const x = (value - weights['norm/movingMean'][j]) / deviation;
      output += (weights['norm/gamma'][j] * x + weights['norm/beta'][j]) * weights['dense_3/kernel'][j];
    }
    expect((await model.predict(row))[0]).toBeCloseTo(output, 5);
  });

  test('stand in files and checkpoints, and no optimizer keeps anything for them', async () => {
    const directory = temporaryFolder();
    const model = createModel();
    await model.fit(dataset, { ...FIT, optimizer: adamW(), accumulateGradBatches: 2, checkpoint: { directory } });
    const path = join(directory, 'model.safetensors');
    await model.save(path);
    expect((await loadModel(path)).getWeights()).toEqual(model.getWeights());
    const checkpoint = newestCheckpoint(directory);
    const names = decodeSafetensors(readFileSync(checkpoint), checkpoint).tensors.map(({ name }) => name);
    expect(names.filter((name) => name.includes('moving'))).toEqual(['norm/movingMean', 'norm/movingVariance']);
    expect(names.filter((name) => name.startsWith('optimizer/') && name.includes('gamma'))).toHaveLength(3);
    expect(model.summary()).toContain('Trainable params: 10\nNon-trainable params: 6');
  });

  test.each([1, 2])('stay as they were where a gradient is not finite, %i workers', async (workers) => {
    // The loss is far from the largest float32, and the gradient of the kernel beyond it.
    const model = createModel();
    const start = { ...model.getWeights(), 'norm/gamma': [1e30, 1e30, 1e30], 'dense_3/kernel': [1e-30, 1e-30, 1e-30] };
    model.setWeights(start);
    const before = model.weightsHash();
    const far = tensorDataset({ features, labels: labels.map(() => 1e15), featureShape: [INPUTS] });
    const error = await raised(() => model.fit(far, { ...FIT, shards: 3, gradientClipNorm: 1, workers }));
    expect((error as LockstepError).code).toBe('LOSS_NOT_FINITE');
    expect(model.weightsHash()).toBe(before);
  });
});

describe('a model that has it', () => {
  const { spec } = createModel();
  const planOf = (batchSize: number, shards: number | 'auto', purpose: PlanRequest['purpose'] = 'train') => {
    const loss = purpose === 'predict' ? null : ({ kind: 'meanSquaredError' } as const);
    const optimizer = purpose === 'train' ? sgd() : null;
    const request = { spec, purpose, loss, optimizer, batchSize, shards, slots: 1, threads: 2 } as const;
    return compilePlan({ ...request, begin: layOutModel(spec).end });
  };

  test('has shards of 64 rows at most, in whole blocks of eight, and in training alone', () => {
    const cuts = ([1, 8, 33, 64, 65, 100, 128, 1000, 60_000] as const).map((batchSize) => {
      const { shardRows, shardCount } = planOf(batchSize, 'auto');
      return [batchSize, shardRows, shardCount];
    });
    // Worked out by hand from the rule: pieces as equal as blocks allow.
    expect(cuts).toEqual([
      ...[
        [1, 8, 1],
        [8, 8, 1],
        [33, 40, 1],
        [64, 64, 1],
        [65, 40, 2],
        [100, 56, 2],
        [128, 64, 2],
        [1000, 64, 16],
        [60_000, 64, 938],
      ],
    ]);
    expect(planOf(50, 3)).toMatchObject({ shardRows: 24, shardCount: 3, wholeShards: true });
    expect(planOf(50, 50)).toMatchObject({ shardRows: 8, shardCount: 7 });
    for (const purpose of ['predict', 'evaluate', 'gradients'] as const)
      expect(planOf(300, 'auto', purpose)).toMatchObject({ shardRows: 150, shardCount: 2, wholeShards: false });
  });

  test('has one hash for any number of workers, and another for another cut', async () => {
    const many = tensorDataset({ features: signedNumbers(900, 8), labels: signedNumbers(300, 9), featureShape: [3] });
    const hashOf = async (workers: number, shards: number | 'auto'): Promise<string> => {
      const layers = [dense(30, { activation: 'relu' }), batchNormalization(), dropout(0.4), dense(1)];
      const model = sequential(layers, { inputShape: [3], seed: 4 });
      return (await model.fit(many, { ...FIT, batchSize: 200, shards, workers, validation: many })).weightsHash;
    };
    const hashes = await Promise.all([1, 2, 3].map((workers) => hashOf(workers, 'auto')));
    expect(new Set(hashes).size).toBe(1);
    expect(await hashOf(2, 4)).toBe(hashes[0]);
    expect(await hashOf(2, 1)).not.toBe(hashes[0]);
  });

  test('may have no other parameters, and a batch of one row, which becomes beta', async () => {
    const model = sequential([batchNormalization({ center: false, scale: false, momentum: 0 })], { inputShape: [2] });
    const data = tensorDataset({ features: [3, 4, 5, 7], labels: [1, 1, 1, 1], featureShape: [2] });
    await model.fit(data, { ...FIT, batchSize: 2, epochs: 1 });
    expect(model.getWeights()).toEqual({
      'batchNormalization_1/movingMean': Float32Array.of(4, 5.5),
      'batchNormalization_1/movingVariance': Float32Array.of(1, 2.25),
    });
    const history = await model.fit(data, { ...FIT, batchSize: 1, epochs: 1 });
    expect(history.metrics.loss).toEqual([1]);
  });
});
