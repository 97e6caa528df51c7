import { type BatchEnd, dense, type FitOptions, type History, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';

/** T8, sections 2.6.2 to 2.6.5: batch, stochastic and mini-batch gradient descent are one mechanism with three batch sizes. */

const ROWS = 1000;
/** Row r has the feature 1 and the label r. */
const DATA = tensorDataset({
  features: Array.from({ length: ROWS }, () => 1),
  labels: Float32Array.from({ length: ROWS }, (_, row) => row),
  featureShape: [1],
});

/**
 * One weight, ŷ = w. The mean squared error of a batch has the derivative 2(w − mean of its labels), so that a step of
 * learning rate 0.5 sets w to that mean: it tells which rows the step has seen.
 */
async function train(options: Partial<FitOptions>): Promise<{ history: History; w: number }> {
  const model = sequential([dense(1, { useBias: false, kernelInitializer: 'zeros' })], { inputShape: [1] });
  const history = await model.fit(DATA, {
    ...{ loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0.5 }), shuffle: false, workers: 1, progress: false },
    ...options,
  });
  return { history, w: model.parameters()[0].data[0] };
}

/** Rows of each of the first `steps` steps, from the means that they leave behind, each beginning where the last one ended. */
async function batchSizes(batchSize: number, steps: number): Promise<number[]> {
  const sizes: number[] = [];
  let first = 0;
  for (let step = 1; step <= steps; step++) {
    const { w } = await train({ batchSize, maxSteps: step });
    const rows = Math.round(2 * (w - first) + 1);
    sizes.push(rows);
    first += rows;
  }
  return sizes;
}

describe('T8: batches', () => {
  test('1,000 examples at batch size 256 are 4 steps an epoch, of 256, 256, 256 and 232', async () => {
    expect((await train({ batchSize: 256 })).history.steps).toBe(4);
    expect(await batchSizes(256, 4)).toEqual([256, 256, 256, 232]);
  });

  test('callbacks hear of each of them, with the error of its examples', async () => {
    const heard: { readonly batch: number; readonly loss: number }[] = [];
    const callbacks = [{ onBatchEnd: ({ batch, loss }: BatchEnd) => void heard.push({ batch, loss }) }];
    // So small a learning rate leaves w at 0: the error of a batch is the mean of its squared labels.
    await train({ batchSize: 256, callbacks, optimizer: sgd({ learningRate: 1e-30 }) });
    expect(heard.map(({ batch }) => batch)).toEqual([1, 2, 3, 4]);
    for (const [i, { loss }] of heard.entries()) {
      const labels = Array.from({ length: ROWS }, (_, row) => row).slice(256 * i, 256 * (i + 1));
      const mean = labels.reduce((sum, label) => sum + label ** 2, 0) / labels.length;
      expect(loss / mean).toBeCloseTo(1, 6);
    }
  });

  test.each([
    [32, 32],
    [64, 16],
    [128, 8],
    [256, 4],
  ])('batch size %i: %i steps an epoch', async (batchSize, steps) => {
    expect((await train({ batchSize, epochs: 3 })).history.steps).toBe(3 * steps);
  });

  test('batch gradient descent: all examples, one step an epoch', async () => {
    const { history, w } = await train({ batchSize: ROWS });
    expect(history.steps).toBe(1);
    expect(w).toBeCloseTo((ROWS - 1) / 2, 3);
  });

  test('stochastic gradient descent: one example a step', async () => {
    expect((await train({ batchSize: 1 })).history.steps).toBe(ROWS);
    expect(await batchSizes(1, 3)).toEqual([1, 1, 1]);
  });

  test('an epoch is one pass: shuffled, every example is seen once', async () => {
    // With a learning rate so small that w stays 0, the error of an epoch is the mean of the squared labels.
    const { history } = await train({
      batchSize: 64,
      shuffle: true,
      epochs: 2,
      optimizer: sgd({ learningRate: 1e-30 }),
    });
    const mean = Array.from({ length: ROWS }, (_, row) => row ** 2).reduce((sum, square) => sum + square) / ROWS;
    for (const loss of history.metrics['loss']) expect(loss / mean).toBeCloseTo(1, 6);
  });
});
