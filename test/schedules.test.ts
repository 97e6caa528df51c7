import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adam,
  cosineDecay,
  dense,
  exponentialDecay,
  type FitOptions,
  type History,
  piecewiseConstantDecay,
  reduceLearningRateOnPlateau,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { signedNumbers } from './support/numbers.ts';

const [ROWS, INPUTS] = [36, 5];
const data = tensorDataset({
  features: signedNumbers(ROWS * INPUTS, 1),
  labels: signedNumbers(ROWS, 2),
  featureShape: [INPUTS],
});

function run(options: Omit<FitOptions, 'loss'>): Promise<History> {
  const model = sequential([dense(40, { activation: 'relu' }), dense(1)], { inputShape: [INPUTS], seed: 3 });
  return model.fit(data, { loss: 'meanSquaredError', batchSize: 10, epochs: 4, progress: false, ...options });
}

/** One weight and one row: w ← w − rate · 2(w − 1), which plain arithmetic follows step for step. */
test('every update has the rate of its number', async () => {
  const one = tensorDataset({ features: [1], labels: [1.5], featureShape: [1] });
  const model = sequential([dense(1, { useBias: false, kernelInitializer: 'zeros' })], { inputShape: [1] });
  const weights: number[] = [];
  const rates: number[] = [];
  await model.fit(one, {
    ...{ loss: 'meanSquaredError', epochs: 6, progress: false },
    optimizer: sgd({ learningRate: piecewiseConstantDecay({ boundaries: [1, 3], values: [0.25, 0.125, 0.0625] }) }),
    callbacks: [
      {
        onEpochEnd({ learningRate }) {
          weights.push(model.parameters()[0].data[0]);
          rates.push(learningRate);
        },
      },
    ],
  });
  let weight = 0;
  const expected = [0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625].map((rate) => (weight -= rate * 2 * (weight - 1.5)));
  // Powers of two: exact in float32.
  expect(weights).toEqual(expected);
  expect(rates).toEqual([0.25, 0.125, 0.125, 0.0625, 0.0625, 0.0625]);
});

describe('schedules and resuming', () => {
  const optimizers = {
    'cosine decay and adam': adam({ learningRate: cosineDecay({ initialLearningRate: 0.02, decaySteps: 13 }) }),
    'step decay and momentum': sgd({
      momentum: 0.9,
      learningRate: exponentialDecay({ initialLearningRate: 0.05, decaySteps: 3, decayRate: 0.7, staircase: true }),
    }),
  };
  test.each(Object.entries(optimizers))('%s: one hash for any threads and stops', async (_, optimizer) => {
    const whole = await run({ optimizer, workers: 1 });
    expect((await run({ optimizer, workers: 2 })).weightsHash).toBe(whole.weightsHash);
    const directory = temporaryFolder();
    for (const [index, maxSteps] of [3, 4, 9, 16].entries()) {
      const history = await run({
        optimizer,
        workers: 1 + (index % 2),
        maxSteps,
        checkpoint: { directory },
        resume: true,
      });
      if (maxSteps === 16) expect(history.weightsHash).toBe(whole.weightsHash);
    }
  });

  test('updates are counted, not batches', async () => {
    const learningRate = piecewiseConstantDecay({ boundaries: [0], values: [0.1, 0.01] });
    const rates: number[] = [];
    const onEpochEnd = ({ learningRate: next }: { learningRate: number }): void => void rates.push(next);
    await run({
      ...{ optimizer: sgd({ learningRate }), accumulateGradBatches: 4, epochs: 2 },
      callbacks: [{ onEpochEnd }],
    });
    // Four batches an epoch are one update.
    expect(rates).toEqual([0.01, 0.01]);
  });
});

describe('reduceLearningRateOnPlateau', () => {
  /** The loss of a run that does not learn: its rate is far too small. */
  const still = { optimizer: sgd({ learningRate: 1e-12 }), epochs: 9 } as const;

  async function ratesOf(options: Parameters<typeof reduceLearningRateOnPlateau>[0]): Promise<number[]> {
    const rates: number[] = [];
    const record = {
      onEpochEnd: ({ learningRate }: { learningRate: number }) => void rates.push(learningRate / 1e-12),
    };
    await run({ ...still, callbacks: [record, reduceLearningRateOnPlateau({ monitor: 'loss', ...options })] });
    return rates.map((rate) => Math.round(rate * 1e6) / 1e6);
  }

  test('waits, reduces, cools down and stops at the least', async () => {
    expect(await ratesOf({ factor: 0.5, patience: 2 })).toEqual([1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
    expect(await ratesOf({ factor: 0.5, patience: 1, cooldown: 2 })).toEqual([
      1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625,
    ]);
    expect(await ratesOf({ factor: 0.5, patience: 1, minLearningRate: 0.3e-12 })).toEqual([
      1, 1, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3,
    ]);
  });

  test('a run that is stopped and resumed has the rates of one that is not', async () => {
    const options = { optimizer: sgd({ learningRate: 0.01 }), epochs: 8 } as const;
    const callback = () => reduceLearningRateOnPlateau({ monitor: 'loss', patience: 1, minDelta: 1, factor: 0.3 });
    const whole = await run({ ...options, workers: 1, callbacks: [callback()] });
    expect(whole.weightsHash).not.toBe((await run({ ...options, workers: 1 })).weightsHash);
    const directory = temporaryFolder();
    let last: History | null = null;
    for (const maxSteps of [4, 10, 19, 32]) {
      last = await run({
        ...options,
        workers: 2,
        callbacks: [callback()],
        maxSteps,
        checkpoint: { directory },
        resume: true,
      });
    }
    expect(last?.weightsHash).toBe(whole.weightsHash);
  });
});

function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lockstep-schedules-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
