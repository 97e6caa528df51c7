import { adam, cosineDecay, dense, sequential } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { datasetOf, PLAYGROUND } from './support/points.ts';

/** T15, figures 2.9, 2.10 and 2.23: the data sets of TensorFlow Playground, from x and y alone. As many points are for the test. */
const CASES = [
  { name: 'gaussian', hidden: [2], noise: 0.3, epochs: 10 },
  { name: 'circle', hidden: [4], noise: 0.3, epochs: 60 },
  { name: 'xor', hidden: [6], noise: 0.2, epochs: 60 },
  { name: 'spiral', hidden: [16, 16], noise: 0.15, epochs: 150 },
] as const;
const [POINTS, BATCH] = [500, 10];

describe('T15: small nets are right about at least 95 % of points that they have not seen', () => {
  test.each(CASES)('$name, hidden layers $hidden', async ({ name, hidden, noise, epochs }) => {
    const [train, unseen] = [1, 2].map((seed) => datasetOf(PLAYGROUND[name](POINTS, seed, noise)));
    const layers = [
      ...hidden.map((units) => dense(units, { activation: 'tanh' })),
      dense(1, { activation: 'sigmoid' }),
    ];
    const model = sequential(layers, { inputShape: [2], seed: 3 });
    const learningRate = cosineDecay({ initialLearningRate: 0.02, decaySteps: (epochs * POINTS) / BATCH });
    const options = { loss: 'binaryCrossentropy', optimizer: adam({ learningRate }), batchSize: BATCH } as const;
    await model.fit(train, { ...options, epochs, workers: 1, progress: false });
    expect((await model.evaluate(unseen))['accuracy']).toBeGreaterThanOrEqual(0.95);
  });
});
