import { dense, sequential, sgd } from '@lockstep/core';
import { expect, test } from 'vitest';
import { twoChunks } from './support/parallelSource.ts';

test('threads gather the rows that the labels belong to, from data of several chunks', async () => {
  const runs = [true, false].flatMap((parallel) => [1, 2, 3].map((workers) => ({ parallel, workers })));
  const results = [];
  for (const { parallel, workers } of runs) {
    const model = sequential([dense(1)], { inputShape: [1], seed: 1 });
    const history = await model.fit(twoChunks(parallel), {
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.1 }),
      batchSize: 8,
      epochs: 40,
      validation: twoChunks(parallel),
      workers,
      seed: 3,
    });
    results.push({ hash: history.weightsHash, loss: history.metrics['valLoss']?.at(-1) });
  }
  expect(new Set(results.map(({ hash }) => hash)).size).toBe(1);
  // The labels are a line through the features: only rows that belong together can be learned.
  for (const { loss } of results) expect(loss).toBeLessThan(1e-3);
});
