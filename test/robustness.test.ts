import { adam, dense, LockstepError, type Model, sequential, sgd, tensorDataset } from '@lockstep/core';
import { expect, test } from 'vitest';
import { breakingDataset, breakingModel, OPTIONS, WIDTH } from './support/breakingRun.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { catchWarnings } from './support/warnings.ts';

// Runs of so many epochs have losses that go up and down.
const takeWarnings = catchWarnings('LOCKSTEP_LEARNING_RATE');

const LOSS = 'sparseCategoricalCrossentropy';

const data = (): ReturnType<typeof tensorDataset> =>
  tensorDataset({ features: signedNumbers(64 * WIDTH, 1), labels: classNumbers(64, 2, 2), featureShape: [WIDTH] });

function isFinite(model: Model): boolean {
  return model.parameters().every((parameter) => parameter.data.every((value) => Number.isFinite(value)));
}

test.each([1, 2])('a run that diverges never ends well, however many steps it takes, %i workers', async (workers) => {
  const dataset = tensorDataset({
    features: signedNumbers(64 * 4, 3),
    labels: signedNumbers(64, 4),
    featureShape: [4],
  });
  for (let maxSteps = 1; maxSteps <= 6; maxSteps++) {
    const model = sequential([dense(8, { activation: 'relu' }), dense(1)], { inputShape: [4], seed: 1 });
    const options = { loss: 'meanSquaredError', optimizer: sgd({ learningRate: 10 }), batchSize: 16 } as const;
    const outcome = await model.fit(dataset, { ...options, epochs: 10, maxSteps, workers }).then(
      () => 'ended',
      (error: unknown) => (error instanceof LockstepError ? error.code : String(error)),
    );
    expect(outcome).toBe(isFinite(model) && outcome === 'ended' ? 'ended' : 'LOSS_NOT_FINITE');
    if (maxSteps === 6) expect(outcome).toBe('LOSS_NOT_FINITE');
  }
});

test('one batch may hold all of a large dataset, in any number of shards', async () => {
  const rows = 300_000;
  const features = signedNumbers(rows * 2, 5);
  const dataset = tensorDataset({ features, labels: classNumbers(rows, 2, 6), featureShape: [2] });
  const model = sequential([dense(2, { activation: 'softmax' })], { inputShape: [2], seed: 1 });
  const before = process.memoryUsage().heapUsed;
  await model.fit(dataset, { loss: LOSS, batchSize: rows, shards: 4096, workers: 1 });
  // What a step needs per batch length is made for this one length, not for every possible one (which took gigabytes).
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100e6);
});

test.each([1, 2])('an exception in onProgress ends the run with it, %i workers', async (workers) => {
  const reason = new Error('no more display');
  const run = breakingModel().fit(data(), {
    ...OPTIONS,
    epochs: 1_000_000,
    workers,
    callbacks: [
      {
        onProgress() {
          throw reason;
        },
      },
    ],
  });
  await expect(run).rejects.toBe(reason);
});

test.each([1, 2])('an exception in onThreadRestart ends the run with it, %i workers', async (workers) => {
  const reason = new Error('no more display');
  const onThreadRestart = (): never => {
    throw reason;
  };
  const faults = [{ thread: 0, step: 2, action: 'throw' }] as const;
  const options = { ...OPTIONS, epochs: 1_000_000, workers, callbacks: [{ onThreadRestart }], faults };
  await expect(breakingModel().fit(data(), options)).rejects.toBe(reason);
  expect((await takeWarnings()).map(({ code }) => code)).toEqual(['LOCKSTEP_THREAD_REPLACED']);
});

test('progress is reported although every epoch is short', async () => {
  let reports = 0;
  const stop = new AbortController();
  const run = breakingModel().fit(data(), {
    ...OPTIONS,
    epochs: 1_000_000,
    workers: 1,
    signal: stop.signal,
    callbacks: [
      {
        onProgress() {
          if (++reports === 3) stop.abort('enough');
        },
      },
    ],
  });
  await expect(run).rejects.toBe('enough');
});

test('all callbacks hear of the end, and the first error is the one that counts', async () => {
  const heard: string[] = [];
  const first = new Error('first');
  const run = breakingModel().fit(data(), {
    ...OPTIONS,
    workers: 1,
    callbacks: [
      {
        onEpochEnd() {
          throw first;
        },
        onTrainEnd() {
          heard.push('a');
          throw new Error('second');
        },
      },
      {
        onTrainEnd() {
          heard.push('b');
        },
      },
    ],
  });
  await expect(run).rejects.toBe(first);
  expect(heard).toEqual(['a', 'b']);
});

test.each([1, 2])('weights written between epochs are those of the next step, %i workers', async (workers) => {
  const options = { ...OPTIONS, optimizer: sgd({ learningRate: 0.1 }), batchSize: 64, workers };
  const written = breakingModel();
  const fill = (model: Model): void => {
    for (const { data: values } of model.parameters()) values.fill(0.25);
  };
  await written.fit(data(), {
    ...options,
    epochs: 2,
    callbacks: [{ onEpochEnd: ({ epoch }) => (epoch === 1 ? fill(written) : undefined) }],
  });
  const expected = breakingModel();
  fill(expected);
  await expected.fit(data(), { ...options, epochs: 1 });
  expect(written.weightsHash()).toBe(expected.weightsHash());

  const set = breakingModel();
  const weights = set.getWeights();
  for (const values of Object.values(weights)) values.fill(0.25);
  await set.fit(data(), {
    ...options,
    epochs: 2,
    callbacks: [{ onEpochEnd: ({ epoch }) => (epoch === 1 ? set.setWeights(weights) : undefined) }],
  });
  expect(set.weightsHash()).toBe(expected.weightsHash());
});

test('what reads the model works on the weights of the moment when it was called', async () => {
  const model = breakingModel();
  const dataset = data();
  const before = await model.evaluate(dataset, { batchSize: 1 });
  const pending = model.evaluate(dataset, { batchSize: 1 });
  const weights = model.getWeights();
  for (const values of Object.values(weights)) values.fill(3);
  model.setWeights(weights);
  expect(await pending).toEqual(before);
  expect(await model.evaluate(dataset, { batchSize: 1 })).not.toEqual(before);
});

test.each([1, 2])('a signal ends a run whose source hangs, %i workers', async (workers) => {
  const reason = new Error('enough');
  const stop = new AbortController();
  const run = breakingModel().fit(breakingDataset('hangs at a row', 17), { ...OPTIONS, workers, signal: stop.signal });
  setTimeout(() => stop.abort(reason), 100);
  await expect(run).rejects.toBe(reason);
});

test.each([1, 2])('a source that hangs runs into the step timeout, %i workers', async (workers) => {
  const dataset = breakingDataset('hangs at a row', 17);
  const run = breakingModel().fit(dataset, { ...OPTIONS, workers, stepTimeout: 1, maxWorkerRestarts: 0 });
  await expect(run).rejects.toMatchObject({ code: 'STEP_TIMEOUT' });
});

test('the automatic number of workers is one for a tiny model, and never more than there is work for', async () => {
  const tiny = await breakingModel().fit(data(), { ...OPTIONS });
  expect(tiny.workers).toBe(1);
  const large = sequential([dense(512, { activation: 'relu' }), dense(2, { activation: 'softmax' })], {
    inputShape: [WIDTH],
    seed: 1,
  });
  const history = await large.fit(data(), { loss: LOSS, optimizer: adam(), batchSize: 64, workers: 'auto' });
  expect(history.workers).toBeLessThanOrEqual(4);
});
