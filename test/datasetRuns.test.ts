import { type Dataset, dense, type FitOptions, type History, sequential, sgd } from '@lockstep/core';
import { expect, test } from 'vitest';
import { DATASETS } from './cases.ts';
import { temporaryFolder } from './support/folder.ts';
import { resultOf } from './support/resumeRun.ts';
import { catchWarnings } from './support/warnings.ts';

catchWarnings('LOCKSTEP_IDLE_CORES');

function fit(dataset: Dataset, options: Partial<FitOptions>): Promise<History> {
  const layers = [dense(9, { activation: 'relu' }), dense(3, { activation: 'softmax' })];
  return sequential(layers, { inputShape: [3], seed: 3 }).fit(dataset, {
    ...{ loss: 'sparseCategoricalCrossentropy', optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
    ...{ batchSize: 16, epochs: 2, seed: 8, validation: dataset, progress: false, ...options },
  });
}

test.each(DATASETS)('$name: one hash, inline, and in threads from the middle of an epoch on', async ({ create }) => {
  const whole = await fit(await create(), { workers: 1 });
  const checkpoint = { directory: temporaryFolder() };
  // Five steps an epoch.
  expect((await fit(await create(), { workers: 1, checkpoint, maxSteps: 7 })).steps).toBe(7);
  const resumed = await fit(await create(), { workers: 2, checkpoint, resume: true });
  expect(resumed.resumedFrom).not.toBeNull();
  expect(resultOf(resumed)).toEqual(resultOf(whole));
  expect(whole.weightsHashes[0]).not.toBe(whole.weightsHashes[1]);
});
