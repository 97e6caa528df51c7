import {
  dense,
  type FitOptions,
  type History,
  type Model,
  perceptron,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { raised } from '../support/mistakes.ts';
import { catchWarnings } from '../support/warnings.ts';
import { datasetOf, type Points, pointsOf, XOR } from './support/points.ts';

// Twelve rows are too few for three threads, and it says so.
catchWarnings('LOCKSTEP_IDLE_CORES');

/** T1, section 2.1: one neuron, z = Σ xᵢwᵢ + b, the Heaviside step, and learning from mistakes. */

/**
 * Applicants to the college squad: two results in [0, 1], and whether they were accepted, which is where they add up to more
 * than 1.
 */
const SQUAD = pointsOf([
  [0.9, 0.7, 1],
  [0.2, 0.3, 0],
  [0.7, 0.9, 1],
  [0.4, 0.1, 0],
  [0.8, 0.5, 1],
  [0.1, 0.6, 0],
  [0.5, 0.8, 1],
  [0.5, 0.3, 0],
  [0.9, 0.2, 1],
  [0.3, 0.4, 0],
  [0.6, 0.6, 1],
  [0.2, 0.7, 0],
]);

/** The weights of the two features, then the bias. */
const weightsOf = (model: Model): number[] => model.parameters().flatMap(({ data }) => [...data]);

async function train(model: Model, points: Points, options: FitOptions): Promise<History> {
  const usual = {
    optimizer: sgd({ learningRate: 1 }),
    batchSize: 1,
    metrics: ['accuracy'],
    workers: 1,
    progress: false,
  } as const;
  return model.fit(datasetOf(points), { ...usual, ...options });
}

/** Rows that were answered wrongly as training went on: each is one update. */
function updatesOf({ metrics }: History, { labels }: Points): number {
  return metrics['accuracy'].reduce((sum, accuracy) => sum + Math.round((1 - accuracy) * labels.length), 0);
}

/** The textbook's loop in float64, on mini-batches of `rows`: predict, error = y − ŷ, w += α · mean of error · x. */
function learn({ features, labels }: Points, rate: number, rows: number, epochs: number): number[] {
  const weights = [0, 0, 0];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let first = 0; first < labels.length; first += rows) {
      const batch = labels.slice(first, first + rows).map((label, i) => {
        const x = [features[2 * (first + i)], features[2 * (first + i) + 1], 1];
        const prediction = x.reduce((sum, value, j) => sum + value * weights[j], 0) > 0 ? 1 : 0;
        return { x, error: label - prediction };
      });
      for (let j = 0; j < 3; j++) {
        weights[j] += (rate * batch.reduce((sum, { x, error }) => sum + error * x[j], 0)) / batch.length;
      }
    }
  }
  return weights;
}

describe('T1: the perceptron', () => {
  test('starts at 0 and answers 0 or 1', async () => {
    const model = perceptron({ inputs: 2 });
    expect(weightsOf(model)).toEqual([0, 0, 0]);
    model.setWeights({ 'perceptron/kernel': [1, 1], 'perceptron/bias': [-1] });
    expect([...(await model.predict([0.9, 0.7, 0.2, 0.3, 0.5, 0.5]))]).toEqual([1, 0, 0]);
  });

  test.each([1, 5, SQUAD.labels.length])('learns by w += α · error · x, in batches of %i rows', async (batchSize) => {
    for (const epochs of [1, 2, 7]) {
      const model = perceptron({ inputs: 2 });
      await train(model, SQUAD, { optimizer: sgd({ learningRate: 0.5 }), batchSize, epochs, shuffle: false });
      const expected = learn(SQUAD, 0.5, batchSize, epochs);
      for (const [i, weight] of weightsOf(model).entries()) expect(weight).toBeCloseTo(expected[i], 5);
    }
  });

  test('the bias is a weight on an input that is always 1', async () => {
    const withBias = perceptron({ inputs: 2 });
    await train(withBias, SQUAD, { epochs: 20 });
    const layer = dense(1, { activation: 'step', kernelInitializer: 'zeros', useBias: false });
    const withoutBias = sequential([layer], { inputShape: [3] });
    const features = SQUAD.labels.flatMap((_, row) => [...SQUAD.features.slice(2 * row, 2 * row + 2), 1]);
    const data = tensorDataset({ features, labels: Uint8Array.from(SQUAD.labels), featureShape: [3] });
    await withoutBias.fit(data, { optimizer: sgd({ learningRate: 1 }), batchSize: 1, epochs: 20, progress: false });
    const learned = weightsOf(withoutBias);
    for (const [i, weight] of weightsOf(withBias).entries()) expect(learned[i]).toBeCloseTo(weight, 5);
  });

  test('converges on the college squad, in no more updates than Novikoff (1962) allows', async () => {
    const model = perceptron({ inputs: 2 });
    const history = await train(model, SQUAD, { epochs: 100 });
    // Of rows (x, y, 1): the longest, and the least distance to the plane x + y - 1 = 0.
    const rows = SQUAD.labels.map((_, row) => SQUAD.features.slice(2 * row, 2 * row + 2));
    const longest = Math.max(...rows.map(([x, y]) => x * x + y * y + 1));
    const margin = Math.min(...rows.map(([x, y]) => Math.abs(x + y - 1))) / Math.sqrt(3);
    const updates = updatesOf(history, SQUAD);
    expect(updates).toBeGreaterThan(0);
    expect(updates).toBeLessThanOrEqual(longest / margin ** 2);
    // It ended with many epochs without a mistake, in which nothing changed.
    expect(history.metrics['accuracy'].slice(-20)).toEqual(Array.from({ length: 20 }, () => 1));
    expect(new Set(history.weightsHashes.slice(-20)).size).toBe(1);
    expect([...(await model.predict([...SQUAD.features]))]).toEqual(SQUAD.labels);
    expect(await model.evaluate(datasetOf(SQUAD))).toEqual({ loss: 0, accuracy: 1 });
  });

  test('never gets XOR right: no epoch, no weights', async () => {
    const model = perceptron({ inputs: 2 });
    let best = 0;
    const onEpochEnd = async (): Promise<void> => {
      best = Math.max(best, (await model.evaluate(datasetOf(XOR)))['accuracy']);
    };
    const history = await train(model, XOR, { epochs: 200, callbacks: [{ onEpochEnd }] });
    expect(Math.max(...history.metrics['accuracy'])).toBeLessThan(1);
    expect(best).toBeLessThanOrEqual(0.75);
    // It goes on making mistakes, and so goes on changing.
    expect(new Set(history.weightsHashes.slice(-20)).size).toBeGreaterThan(1);
  });

  test('is the same on any number of threads', async () => {
    const hashes: string[] = [];
    for (const workers of [1, 2, 3]) {
      const model = perceptron({ inputs: 2, kernelInitializer: 'glorotUniform', seed: 3 });
      hashes.push((await train(model, SQUAD, { epochs: 5, batchSize: 5, workers })).weightsHash);
    }
    expect(new Set(hashes).size).toBe(1);
  });

  test('goes on from a checkpoint to the same weights', async () => {
    const run = { epochs: 4, batchSize: 5, optimizer: sgd({ learningRate: 0.5, momentum: 0.5 }) } as const;
    const whole = await train(perceptron({ inputs: 2 }), SQUAD, run);
    const checkpoint = { directory: temporaryFolder() };
    await train(perceptron({ inputs: 2 }), SQUAD, { ...run, checkpoint, maxSteps: 4 });
    const resumed = await train(perceptron({ inputs: 2 }), SQUAD, { ...run, checkpoint, resume: true });
    expect(resumed.resumedFrom).not.toBeNull();
    expect(resumed.weightsHash).toBe(whole.weightsHash);
  });

  test('no other loss can teach it, and its loss can teach no other model', async () => {
    const squared = train(perceptron({ inputs: 2 }), SQUAD, { loss: 'meanSquaredError', metrics: [] });
    expect(await raised(() => squared)).toMatchObject({
      ...{ code: 'UNSUPPORTED', place: 'fit.loss' },
      advice: expect.stringContaining('Leave the loss out') as string,
    });
    const other = train(sequential([dense(1)], { inputShape: [2] }), SQUAD, { loss: 'perceptron' });
    expect(await raised(() => other)).toMatchObject({
      ...{ code: 'UNSUPPORTED', place: 'fit.loss', received: expect.stringContaining('linear') as string },
      advice: expect.stringContaining("activation: 'step'") as string,
    });
  });
});
