import { adam, dense, perceptron, sequential, sgd } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { clusterInTriangle, datasetOf } from './support/points.ts';

/** T2, sections 2.1.3 and 2.2: one line cannot split nonlinear data; three neurons draw three lines, a triangle. */

const TRAIN = clusterInTriangle(200, 1);
const TEST = clusterInTriangle(200, 2);

describe('T2: a cluster inside a triangle', () => {
  test('no line splits it: the perceptron stays far from right', async () => {
    const model = perceptron({ inputs: 2 });
    const options = { optimizer: sgd({ learningRate: 0.1 }), batchSize: 1, metrics: ['accuracy'] } as const;
    const history = await model.fit(datasetOf(TRAIN), { ...options, epochs: 50, workers: 1, progress: false });
    expect(Math.max(...history.metrics['accuracy'])).toBeLessThan(0.8);
    expect((await model.evaluate(datasetOf(TEST)))['accuracy']).toBeLessThan(0.8);
  });

  test('three hidden neurons separate it, also points that they have not seen', async () => {
    const layers = [dense(3, { activation: 'sigmoid' }), dense(1, { activation: 'sigmoid' })];
    const model = sequential(layers, { inputShape: [2], seed: 1 });
    const options = { loss: 'binaryCrossentropy', optimizer: adam({ learningRate: 0.1 }), batchSize: 50 } as const;
    await model.fit(datasetOf(TRAIN), { ...options, epochs: 200, workers: 1, progress: false });
    expect((await model.evaluate(datasetOf(TRAIN)))['accuracy']).toBe(1);
    expect((await model.evaluate(datasetOf(TEST)))['accuracy']).toBeGreaterThan(0.98);
  });

  test('two hidden neurons do not', async () => {
    const layers = [dense(2, { activation: 'sigmoid' }), dense(1, { activation: 'sigmoid' })];
    const model = sequential(layers, { inputShape: [2], seed: 1 });
    const options = { loss: 'binaryCrossentropy', optimizer: adam({ learningRate: 0.1 }), batchSize: 50 } as const;
    await model.fit(datasetOf(TRAIN), { ...options, epochs: 200, workers: 1, progress: false });
    expect((await model.evaluate(datasetOf(TRAIN)))['accuracy']).toBeLessThan(0.95);
  });
});
