import { adam, dense, earlyStopping, type FitOptions, type History, type Model, sequential } from '@lockstep/core';
import { expect, test } from 'vitest';
import { datasetOf, PLAYGROUND } from './support/points.ts';

/** T13, section 2.2.4: stop when validation gets worse while training still gets better. */

/** Sixty points of two clouds that overlap: a large net learns by heart which of them are on the wrong side. */
const TRAIN = datasetOf(PLAYGROUND['gaussian'](60, 1, 2));
const VALIDATION = datasetOf(PLAYGROUND['gaussian'](200, 2, 2));

async function train(options: Partial<FitOptions>): Promise<{ model: Model; history: History }> {
  const layers = [
    dense(48, { activation: 'relu', kernelInitializer: 'heNormal' }),
    dense(48, { activation: 'relu', kernelInitializer: 'heNormal' }),
    dense(1, { activation: 'sigmoid' }),
  ];
  const model = sequential(layers, { inputShape: [2], seed: 1 });
  const history = await model.fit(TRAIN, {
    ...{ loss: 'binaryCrossentropy', optimizer: adam({ learningRate: 0.02 }), metrics: ['accuracy'] },
    ...{ batchSize: 20, epochs: 120, validation: VALIDATION, workers: 1, progress: false },
    ...options,
  });
  return { model, history };
}

const indexOfLeast = (values: readonly number[]): number => values.indexOf(Math.min(...values));

test('T13: early stopping fires on a run that overfits, and restores the best weights', async () => {
  // Left alone, training gets better to the end, and validation worse from some epoch on.
  const whole = (await train({})).history;
  const { loss, valLoss, accuracy, valAccuracy } = whole.metrics;
  const turn = indexOfLeast(valLoss);
  expect(turn).toBeLessThan(loss.length / 2);
  const last = loss.length - 1;
  expect(loss[last]).toBeLessThan(loss[turn] / 2);
  expect(valLoss[last]).toBeGreaterThan(1.5 * valLoss[turn]);
  expect(accuracy[last]).toBeGreaterThan(accuracy[turn]);
  expect(valAccuracy[last]).toBeLessThan(Math.max(...valAccuracy));

  const patience = 8;
  const stopper = earlyStopping({ monitor: 'valLoss', patience, restoreBestWeights: true });
  const { model, history } = await train({ callbacks: [stopper] });
  const best = indexOfLeast(history.metrics['valLoss']);
  expect(history.stoppedBy).toBe('callback');
  expect(history.epochs).toHaveLength(best + 1 + patience);
  expect(history.epochs.length).toBeLessThan(loss.length);
  // Until then it was the same run; now the model has the weights of its best epoch, and its error.
  expect(history.weightsHashes).toEqual(whole.weightsHashes.slice(0, history.epochs.length));
  expect(model.weightsHash()).toBe(whole.weightsHashes[best]);
  const { loss: restored } = await model.evaluate(VALIDATION, { loss: 'binaryCrossentropy' });
  expect(restored).toBeCloseTo(history.metrics['valLoss'][best], 6);
});
