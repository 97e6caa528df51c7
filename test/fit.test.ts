import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Callback,
  type Dataset,
  dense,
  type EpochMetrics,
  type FitOptions,
  loadModel,
  type Model,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { catchWarnings } from './support/warnings.ts';

// Batches are small here, whatever the number of threads.
catchWarnings('LOCKSTEP_IDLE_CORES');

const INPUTS = 6;
const CLASSES = 3;
const LOSS = 'sparseCategoricalCrossentropy';

function createModel(seed = 1): Model {
  return sequential([dense(8, { activation: 'relu' }), dense(CLASSES, { activation: 'softmax' })], {
    ...{ inputShape: [INPUTS], seed },
  });
}

function createDataset(rows: number, seed = 5): Dataset {
  const features = signedNumbers(rows * INPUTS, seed);
  return tensorDataset({ features, labels: classNumbers(rows, CLASSES, seed + 1), featureShape: [INPUTS] });
}

const OPTIONS = {
  loss: LOSS,
  optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }),
  workers: 1,
  progress: false,
} as const;

/** Hash of a fresh model after a run. */
async function hashOf(rows: number, options: Partial<FitOptions>): Promise<string> {
  return (await createModel().fit(createDataset(rows), { ...OPTIONS, ...options })).weightsHash;
}

describe('epochs and steps', () => {
  test('1,000 rows at batch 256 are 4 steps an epoch, of 256, 256, 256 and 232 rows', async () => {
    const features = signedNumbers(1000 * INPUTS, 5);
    const labels = classNumbers(1000, CLASSES, 6);
    const dataset = tensorDataset({ features, labels, featureShape: [INPUTS] });
    const options = { ...OPTIONS, optimizer: sgd({ learningRate: 0.1 }), batchSize: 256, shuffle: false };
    const model = createModel();
    let steps = 0;
    const onTrainBegin: Callback['onTrainBegin'] = (begin) => void (steps = begin.steps);
    const history = await model.fit(dataset, { ...options, callbacks: [{ onTrainBegin }] });
    expect({ steps, total: history.steps }).toEqual({ steps: 4, total: 4 });

    // The same by hand: plain gradient descent over exactly these slices, weights moved in float64 and rounded once.
    const byHand = createModel();
    for (const [begin, end] of [
      [0, 256],
      [256, 512],
      [512, 768],
      [768, 1000],
    ]) {
      const slice = { features: features.slice(begin * INPUTS, end * INPUTS), labels: labels.slice(begin, end) };
      const { gradients } = await byHand.gradients({ ...slice, loss: LOSS });
      for (const { name, data } of byHand.parameters())
        data.forEach((value, i) => (data[i] = value - 0.1 * gradients[name][i]));
    }
    const expected = byHand.getWeights();
    for (const { name, data } of model.parameters()) {
      const difference = Math.max(...data.map((value, i) => Math.abs(value - expected[name][i])));
      // Four float32 updates of weights below 1, each rounded to 6e-8, by two slightly different routes.
      expect(difference, name).toBeLessThan(1e-6);
    }
  });

  test('one number an epoch in every metric', async () => {
    const history = await createModel().fit(createDataset(50), {
      ...{ ...OPTIONS, epochs: 3, batchSize: 16, metrics: ['accuracy'], validation: createDataset(20, 9) },
    });
    expect(history.epochs).toEqual([1, 2, 3]);
    expect(Object.keys(history.metrics)).toEqual(['loss', 'accuracy', 'valLoss', 'valAccuracy']);
    for (const values of Object.values(history.metrics)) {
      expect(values).toHaveLength(3);
      expect(values.every(Number.isFinite)).toBe(true);
    }
    expect(history).toMatchObject({ steps: 12, workers: 1, shards: 1 });
    expect(history.weightsHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    { maxSteps: 1, epochs: [1], steps: 1 },
    { maxSteps: 4, epochs: [1], steps: 4 },
    { maxSteps: 6, epochs: [1, 2], steps: 6 },
    { maxSteps: 100, epochs: [1, 2, 3], steps: 12 },
  ])('maxSteps $maxSteps of 3 epochs of 4 steps', async ({ maxSteps, epochs, steps }) => {
    const model = createModel();
    const history = await model.fit(createDataset(50), { ...OPTIONS, batchSize: 16, epochs: 3, maxSteps });
    expect({ epochs: history.epochs, steps: history.steps }).toEqual({ epochs, steps });
  });

  test('a batch size above the number of rows is one batch of all rows', async () => {
    expect(await hashOf(20, { batchSize: 500 })).toBe(await hashOf(20, { batchSize: 20 }));
  });

  test('an optimizer may come from JSON, its defaults left out', async () => {
    expect(await hashOf(20, { optimizer: JSON.parse('{"kind":"sgd"}') })).toBe(await hashOf(20, { optimizer: sgd() }));
  });

  test('shuffling, its seed, and the epoch change the order; nothing else does', async () => {
    const shuffled = await hashOf(50, { batchSize: 8, seed: 4 });
    expect(await hashOf(50, { batchSize: 8, seed: 4 })).toBe(shuffled);
    expect(await hashOf(50, { batchSize: 8, seed: 5 })).not.toBe(shuffled);
    expect(await hashOf(50, { batchSize: 8, shuffle: false })).not.toBe(shuffled);
  });

  test('rows of weight 0 are as good as absent', async () => {
    const features = signedNumbers(16 * INPUTS, 5);
    const labels = classNumbers(16, CLASSES, 6);
    const sampleWeights = Float32Array.from(labels, (_, row) => (row < 10 ? 1 : 0));
    const all = tensorDataset({ features, labels, sampleWeights, featureShape: [INPUTS] });
    const ten = tensorDataset({
      ...{ features: features.slice(0, 10 * INPUTS), labels: labels.slice(0, 10), featureShape: [INPUTS] },
    });
    const options = { ...OPTIONS, batchSize: 16, shuffle: false };
    const [first, second] = [createModel(), createModel()];
    await first.fit(all, options);
    await second.fit(ten, options);
    expect(await first.evaluate(all)).toEqual(await second.evaluate(ten));
  });
});

describe('validation and predictions', () => {
  test('validation metrics are those of evaluate on the weights of that epoch', async () => {
    const model = createModel();
    const validation = createDataset(37, 9);
    const evaluated: EpochMetrics[] = [];
    const onEpochEnd: Callback['onEpochEnd'] = async () => void evaluated.push(await model.evaluate(validation));
    const history = await model.fit(createDataset(50), {
      ...{ ...OPTIONS, epochs: 3, batchSize: 16, metrics: ['accuracy'], validation, callbacks: [{ onEpochEnd }] },
    });
    expect(history.metrics['valAccuracy']).toEqual(evaluated.map(({ accuracy }) => accuracy));
    for (const [i, { loss }] of evaluated.entries()) {
      // Summed in float64 over other batches: 37 rows at once instead of 16.
      expect(history.metrics['valLoss'][i]).toBeCloseTo(loss, 12);
    }
  });

  test('evaluation gives the same numbers on any number of threads', async () => {
    const model = createModel();
    const dataset = createDataset(101, 9);
    const alone = await model.evaluate(dataset, { batchSize: 32 });
    expect(await model.evaluate(dataset, { batchSize: 32, workers: 3 })).toEqual(alone);
    expect(Object.keys(alone)).toEqual(['loss', 'accuracy']);
  });

  test('rows of predictions are probabilities, and agree with evaluate', async () => {
    const model = createModel();
    const rows = 300;
    const features = signedNumbers(rows * INPUTS, 5);
    const labels = classNumbers(rows, CLASSES, 6);
    const predictions = await model.predict(features);
    expect(predictions).toHaveLength(rows * CLASSES);
    let correct = 0;
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const probabilities = [...predictions.subarray(row * CLASSES, (row + 1) * CLASSES)];
      expect(Math.abs(probabilities.reduce((a, b) => a + b) - 1)).toBeLessThan(1e-6);
      expect(Math.min(...probabilities)).toBeGreaterThanOrEqual(0);
      if (probabilities.indexOf(Math.max(...probabilities)) === labels[row]) correct++;
      loss -= Math.log(probabilities[labels[row]]);
    }
    const metrics = await model.evaluate(tensorDataset({ features, labels, featureShape: [INPUTS] }));
    expect(metrics['accuracy']).toBe(correct / rows);
    expect(metrics['loss']).toBeCloseTo(loss / rows, 5);
  });

  test('predictions do not depend on how many rows are asked for at once', async () => {
    const model = createModel();
    const features = signedNumbers(300 * INPUTS, 5);
    const all = await model.predict(features);
    expect(await model.predict(features.subarray(257 * INPUTS))).toEqual(all.subarray(257 * CLASSES));
    expect(await model.predict([])).toHaveLength(0);
    // Many at a time share the model's memory.
    const sizes = [1, 300, 7, 256, 64, 299];
    const together = await Promise.all(sizes.map((rows) => model.predict(features.subarray(0, rows * INPUTS))));
    for (const [i, rows] of sizes.entries()) expect(together[i]).toEqual(all.subarray(0, rows * CLASSES));
  });
});

describe('labels', () => {
  test.each([
    { title: 'plain numbers', labels: [3e9, -3e9] },
    { title: 'unsigned integers', labels: Uint32Array.of(3_000_000_000, 4_000_000_000) },
    { title: 'small integers', labels: [3, -4] },
  ])('that are values keep their size: $title', async ({ labels }) => {
    const model = sequential([dense(1, { kernelInitializer: 'zeros' })], { inputShape: [1] });
    const { loss } = await model.gradients({ features: [1, 1], labels, loss: 'meanSquaredError' });
    const expected = (labels[0] ** 2 + labels[1] ** 2) / 2;
    expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-6);
  });
});

describe('callbacks', () => {
  test.each([1, 2])('are called in order, one after the other, with %i workers', async (workers) => {
    const calls: string[] = [];
    const named = (name: string): Callback => ({
      onTrainBegin: ({ epochs, steps }) => void calls.push(`${name} begins ${epochs} × ${steps}`),
      async onEpochEnd({ epoch, metrics }) {
        calls.push(`${name} is told of ${epoch} with ${Object.keys(metrics).join()}`);
        await Promise.resolve();
        calls.push(`${name} has done ${epoch}`);
      },
      onTrainEnd: () => void calls.push(`${name} ends`),
    });
    await createModel().fit(createDataset(20), {
      ...{ ...OPTIONS, workers, batchSize: 8, epochs: 2, callbacks: [named('a'), named('b')] },
    });
    const epoch = (n: number): string[] =>
      ['a', 'b'].flatMap((name) => [`${name} is told of ${n} with loss`, `${name} has done ${n}`]);
    expect(calls).toEqual(['a begins 2 × 3', 'b begins 2 × 3', ...epoch(1), ...epoch(2), 'a ends', 'b ends']);
  });

  test('one that throws ends the run with its error, and the model can train again', async () => {
    const model = createModel();
    const failure = new Error('from the callback');
    let ended = 0;
    const callbacks: Callback[] = [{ onEpochEnd: () => Promise.reject(failure), onTrainEnd: () => void ended++ }];
    await expect(model.fit(createDataset(20), { ...OPTIONS, epochs: 3, callbacks })).rejects.toBe(failure);
    expect(ended).toBe(1);
    expect((await model.fit(createDataset(20), OPTIONS)).steps).toBe(1);
  });

  test.each([1, 2])(
    'may evaluate, predict and take gradients without changing the run, %i workers',
    async (workers) => {
      const undisturbed = createModel();
      const options = { ...OPTIONS, workers, epochs: 3, batchSize: 8, validation: createDataset(12, 9) };
      const expected = await undisturbed.fit(createDataset(40), options);
      const model = createModel();
      const features = signedNumbers(1000 * INPUTS, 3);
      const seen: string[] = [];
      const callbacks: Callback[] = [
        {
          async onEpochEnd() {
            seen.push(model.weightsHash());
            // More rows than the run's batch: the model's memory has to grow while the run's threads are attached to it.
            await model.predict(features);
            await model.evaluate(createDataset(600, 2), { batchSize: 500 });
            await model.gradients({ features, labels: classNumbers(1000, CLASSES, 1), loss: LOSS });
            expect(model.weightsHash()).toBe(seen.at(-1));
          },
        },
      ];
      const history = await model.fit(createDataset(40), { ...options, callbacks });
      expect(history.weightsHash).toBe(expected.weightsHash);
      expect(history.metrics).toEqual(expected.metrics);
      expect(new Set(seen).size).toBe(3);
      expect(seen.at(-1)).toBe(history.weightsHash);
    },
  );
});

describe('stopping and refusing', () => {
  test.each([1, 2])('a signal stops the run between two steps, %i workers', async (workers) => {
    const model = createModel();
    const controller = new AbortController();
    const reason = new Error('enough');
    const options = { ...OPTIONS, workers, batchSize: 4, epochs: 1000 };
    let epochs = 0;
    const onEpochEnd: Callback['onEpochEnd'] = ({ epoch }) => {
      epochs = epoch;
      // From a timer, so that it falls into the middle of an epoch.
      if (epoch === 3) setTimeout(() => controller.abort(reason), 1);
    };
    const run = model.fit(createDataset(200), { ...options, callbacks: [{ onEpochEnd }], signal: controller.signal });
    await expect(run).rejects.toBe(reason);
    // The weights are those after some number of whole steps of the epoch in which it stopped.
    const hashes: string[] = [];
    for (let steps = epochs * 50; steps <= (epochs + 1) * 50; steps++) {
      hashes.push(await hashOf(200, { ...options, workers: 1, maxSteps: steps }));
    }
    expect(hashes).toContain(model.weightsHash());
    // The method tells steps apart.
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('a signal that has already fired starts nothing', async () => {
    const model = createModel();
    const before = model.weightsHash();
    const run = model.fit(createDataset(20), { ...OPTIONS, signal: AbortSignal.abort('no') });
    await expect(run).rejects.toBe('no');
    expect(model.weightsHash()).toBe(before);
  });

  test('while a model is trained, another fit and new weights are refused', async () => {
    const model = createModel();
    const running = model.fit(createDataset(20), { ...OPTIONS, epochs: 2 });
    await expect(model.fit(createDataset(20), OPTIONS)).rejects.toMatchObject({ code: 'BUSY', place: 'fit' });
    expect(() => model.setWeights(model.getWeights())).toThrow(
      expect.objectContaining({ code: 'BUSY', place: 'setWeights' }),
    );
    expect((await running).steps).toBe(2);
    expect((await model.fit(createDataset(20), OPTIONS)).steps).toBe(1);
  });
});

describe('weights', () => {
  test('are copied out and in, by name', () => {
    const [first, second] = [createModel(1), createModel(2)];
    expect(second.weightsHash()).not.toBe(first.weightsHash());
    const weights = first.getWeights();
    expect(Object.keys(weights)).toEqual(['dense_1/kernel', 'dense_1/bias', 'dense_2/kernel', 'dense_2/bias']);
    second.setWeights(weights);
    expect(second.weightsHash()).toBe(first.weightsHash());
    weights['dense_1/bias'][0] = 7;
    expect(first.getWeights()['dense_1/bias'][0]).toBe(0);
  });

  test('are refused whole when one does not fit', () => {
    const model = createModel();
    const before = model.weightsHash();
    const weights = model.getWeights();
    const { 'dense_2/bias': _, ...missing } = weights;
    for (const wrong of [missing, { ...weights, 'dense_1/bias': new Float32Array(3) }, { ...weights, other: [1] }]) {
      expect(() => model.setWeights(wrong)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
    }
    expect(model.weightsHash()).toBe(before);
  });

  test('parameters are views: written values are used', async () => {
    const model = sequential([dense(1, { name: 'sum' })], { inputShape: [2] });
    for (const { data } of model.parameters()) data.fill(2);
    expect(model.parameters().map(({ name, shape, trainable }) => ({ name, shape, trainable }))).toEqual([
      { name: 'sum/kernel', shape: [2, 1], trainable: true },
      { name: 'sum/bias', shape: [1], trainable: true },
    ]);
    expect([...(await model.predict([3, 4, 0, 1]))]).toEqual([16, 4]);
  });

  test('a saved model is loaded with the same bits and trains on alike', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-fit-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'model.safetensors');
    const model = createModel();
    await model.fit(createDataset(30), OPTIONS);
    await model.save(path);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
    const loaded = await loadModel(path);
    expect(loaded.weightsHash()).toBe(model.weightsHash());
    expect(loaded.spec).toEqual(model.spec);
    expect(loaded.summary()).toBe(model.summary());
    const [one, other] = [await model.fit(createDataset(30), OPTIONS), await loaded.fit(createDataset(30), OPTIONS)];
    expect(other.weightsHash).toBe(one.weightsHash);
  });
});

describe('what people see', () => {
  test("the textbook's network 4-5-5-3 has 25, 30 and 18 parameters, 73 in all", () => {
    const model = sequential(
      [dense(5, { activation: 'relu' }), dense(5, { activation: 'relu' }), dense(3, { activation: 'softmax' })],
      { inputShape: [4] },
    );
    expect(model.countParams()).toBe(73);
    const lines = model.summary().split('\n');
    const rows = lines.filter((line) => line.includes('(dense)')).map((line) => line.trim().split(/\s{2,}/));
    expect(rows).toEqual([
      ['dense_1 (dense)', '(batch, 5)', '25'],
      ['dense_2 (dense)', '(batch, 5)', '30'],
      ['dense_3 (dense)', '(batch, 3)', '18'],
    ]);
    expect(lines).toContain('Total params: 73');
    expect(lines).toContain('Trainable params: 73');
    expect(lines).toContain('Non-trainable params: 0');
  });

  test.each([
    { isTTY: false, progress: undefined, shown: false },
    { isTTY: true, progress: undefined, shown: true },
    { isTTY: true, progress: false, shown: false },
    { isTTY: false, progress: true, shown: true },
  ])('terminal $isTTY, progress $progress: shown $shown', async ({ isTTY, progress, shown }) => {
    const written: string[] = [];
    const { write, isTTY: was } = process.stderr;
    onTestFinished(() => void Object.assign(process.stderr, { write, isTTY: was }));
    Object.assign(process.stderr, { isTTY, write: (text: string) => written.push(text) > 0 });
    const { progress: _, ...options } = OPTIONS;
    await createModel().fit(createDataset(20), { ...options, ...(progress === undefined ? {} : { progress }) });
    expect(written.join('').includes('epoch 1/1')).toBe(shown);
  });
});
