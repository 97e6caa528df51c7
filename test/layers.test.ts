import { join } from 'node:path';
import {
  activation,
  adamW,
  adaptNormalization,
  categoryEncoding,
  compilePlan,
  dense,
  embedding,
  flatten,
  layerNormalization,
  layOutModel,
  loadModel,
  type LockstepError,
  type Model,
  normalization,
  randomNormal,
  rescaling,
  reshape,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { createModel, NETWORKS } from './cases.ts';
import { relativeError } from './support/compare.ts';
import { temporaryFolder } from './support/folder.ts';
import { raised } from './support/mistakes.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';

/** What the tables of cases.ts do not say: numbers by hand, constants, adaptation, sums in several blocks. */

describe('numbers by hand', () => {
  test('layer normalization', async () => {
    const model = sequential([layerNormalization({ epsilon: 1e-6 })], { inputShape: [4] });
    model.setWeights({ 'layerNormalization_1/gamma': [1, 2, 1, 1], 'layerNormalization_1/beta': [0, 0, 10, 0] });
    // Mean 2.5, variance 1.25; a row of one number has no deviation.
    const d = Math.sqrt(1.25);
    const expected = [-1.5 / d, -1 / d, 0.5 / d + 10, 1.5 / d, 0, 0, 10, 0];
    const outputs = await model.predict([1, 2, 3, 4, 7, 7, 7, 7]);
    for (const [i, value] of expected.entries()) expect(outputs[i]).toBeCloseTo(value, 5);
  });

  test('rescaling of bytes, and by columns', async () => {
    const scale = Math.fround(1 / 255);
    const bytes = sequential([rescaling(1 / 255)], { inputShape: [3] });
    expect(Array.from(await bytes.predict([0, 51, 255]))).toEqual([0, Math.fround(51 * scale), 1]);
    const columns = sequential([rescaling([2, 0.5], [1, -1])], { inputShape: [2] });
    expect(Array.from(await columns.predict([3, 4, 0, 8]))).toEqual([7, 1, 1, 3]);
  });

  test('layers that compute nothing', async () => {
    const model = sequential([flatten(), activation('linear'), reshape([2, 2])], { inputShape: [4] });
    expect(Array.from(await model.predict([1, 2, 3, 4]))).toEqual([1, 2, 3, 4]);
  });

  test('categories', async () => {
    const encode = (mode: 'oneHot' | 'multiHot' | 'count', inputs: number): Promise<Float32Array> =>
      sequential([categoryEncoding({ categories: 3, mode })], { inputShape: [inputs] }).predict([2, 0, 2, 2]);
    expect(Array.from(await encode('oneHot', 1))).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1]);
    expect(Array.from(await encode('multiHot', 2))).toEqual([1, 0, 1, 0, 0, 1]);
    expect(Array.from(await encode('count', 2))).toEqual([1, 0, 1, 0, 0, 2]);
  });

  test('an embedding picks rows of its table', async () => {
    const model = sequential([embedding(3, 2), flatten()], { inputShape: [2] });
    model.setWeights({ 'embedding_1/embeddings': [1, 2, 3, 4, 5, 6] });
    expect(Array.from(await model.predict([2, 0, 1, 1]))).toEqual([5, 6, 1, 2, 3, 4, 3, 4]);
  });
});

describe('indices that are not in the table', () => {
  test.each([7, -1, 0.5])(
    '%f gives NaN for its row alone, and ends a fit before anything is changed',
    async (wrong) => {
      const layers = [embedding(7, 3), flatten(), dense(4, { activation: 'relu' }), dense(1)];
      const model = sequential(layers, { inputShape: [2] });
      const features = Float32Array.of(1, 2, 6, wrong);
      const outputs = await model.predict(features);
      expect(outputs[0]).not.toBeNaN();
      expect(outputs[1]).toBeNaN();
      const before = model.weightsHash();
      const data = tensorDataset({ features: [1, 2, 6, wrong], labels: [0.5, 1], featureShape: [2] });
      const error = await raised(() => model.fit(data, { loss: 'meanSquaredError', workers: 1, progress: false }));
      expect((error as LockstepError).code).toBe('LOSS_NOT_FINITE');
      expect((error as LockstepError).advice).toContain('embedding');
      expect(model.weightsHash()).toBe(before);
    },
  );
});

describe('constants are parameters that are not trained', () => {
  const create = (): Model =>
    sequential([normalization({ mean: [1, -2, 0.5], variance: [4, 0, 0.25] }), rescaling(2), dense(1)], {
      inputShape: [3],
    });
  const data = tensorDataset({
    ...{ features: signedNumbers(60, 1), labels: signedNumbers(20, 2), featureShape: [3] },
  });

  test('they are listed, counted and hashed, and no gradient is told for them', async () => {
    const model = create();
    const constants = model.parameters().filter(({ trainable }) => !trainable);
    expect(constants.map(({ name, data: values }) => [name, Array.from(values)])).toEqual([
      ['normalization_1/mean', [1, -2, 0.5]],
      ['normalization_1/variance', [4, 1, 0.25]],
      ['rescaling_2/scale', [2]],
      ['rescaling_2/offset', [0]],
    ]);
    expect(model.summary()).toContain('Trainable params: 4\nNon-trainable params: 8');
    const { gradients } = await model.gradients({
      ...{ features: signedNumbers(6, 3), labels: [1, 2], loss: 'meanSquaredError' },
    });
    expect(Object.keys(gradients)).toEqual(['dense_3/kernel', 'dense_3/bias']);
    const before = model.weightsHash();
    constants[0].data[0] += 1;
    expect(model.weightsHash()).not.toBe(before);
  });

  test.each([
    { name: 'each batch', options: {} },
    { name: 'clipped, of two batches', options: { gradientClipNorm: 0.1, accumulateGradBatches: 2 } },
  ])('weight decay and updates leave them alone: $name', async ({ options }) => {
    const model = create();
    const before = model.getWeights();
    await model.fit(data, {
      ...{
        loss: 'meanSquaredError',
        optimizer: adamW({ weightDecay: 0.1 }),
        batchSize: 7,
        workers: 2,
        progress: false,
      },
      ...options,
    });
    const after = model.getWeights();
    for (const { name, trainable } of model.parameters()) {
      if (trainable) expect(after[name], name).not.toEqual(before[name]);
      else expect(after[name], name).toEqual(before[name]);
    }
  });

  test('they are saved and loaded, as they are now', async () => {
    const model = create();
    model.parameters()[0].data[1] = 0.75;
    const path = join(temporaryFolder(), 'model.safetensors');
    await model.save(path);
    const loaded = await loadModel(path);
    expect(loaded.weightsHash()).toBe(model.weightsHash());
    expect(await loaded.predict([1, 2, 3])).toEqual(await model.predict([1, 2, 3]));
  });
});

describe('adaptNormalization', () => {
  test('brings columns to mean 0 and variance 1, far from 0 too, over many batches', async () => {
    const rows = 3001;
    const features = signedNumbers(rows * 3, 4);
    for (let row = 0; row < rows; row++) {
      features[row * 3] = 10_000 + features[row * 3];
      features[row * 3 + 2] = 5;
    }
    const dataset = tensorDataset({ features, labels: new Float32Array(rows), featureShape: [3] });
    const model = sequential([await adaptNormalization(dataset, { name: 'scale' })], { inputShape: [3] });
    expect(model.spec.layers[0].name).toBe('scale');
    const outputs = await model.predict(features);
    for (const column of [0, 1]) {
      const own = Array.from({ length: rows }, (_, row) => outputs[row * 3 + column]);
      const mean = own.reduce((a, b) => a + b, 0) / rows;
      const variance = own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / rows;
      // A float32 mean near 10,000 is off by up to 5e-4, a thousandth of the deviation.
      expect(Math.abs(mean)).toBeLessThan(1e-3);
      expect(Math.abs(variance - 1)).toBeLessThan(1e-5);
    }
    expect(outputs[2]).toBe(0);
  });

  test('by the last dimension of rows of two', async () => {
    const dataset = tensorDataset({ features: [1, 10, 3, 30, 1, 10, 3, 30], labels: [0, 1], featureShape: [2, 2] });
    const layer = await adaptNormalization(dataset);
    expect(layer).toMatchObject({ kind: 'normalization', mean: [2, 20], variance: [1, 100] });
  });
});

describe('an embedding in several blocks', () => {
  /** Of 32 Ki numbers: two blocks of 10 entries and one of 3. */
  const [entries, width, rows] = [23, 3000, 37];
  const features = Float32Array.from(classNumbers(rows, entries - 1, 8));
  const labels = signedNumbers(rows * width, 9);

  test.each([1, 2, 5, 37])('is summed over %d shards', async (shards) => {
    const model = sequential([embedding(entries, width, { embeddingsInitializer: randomNormal() }), flatten()], {
      inputShape: [1],
    });
    const table = model.getWeights()['embedding_1/embeddings'];
    const expected = new Float64Array(table.length);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < width; i++) {
        const at = features[row] * width + i;
        expected[at] += (2 * (table[at] - labels[row * width + i])) / width / rows;
      }
    }
    const { gradients } = await model.gradients({ features, labels, loss: 'meanSquaredError', shards });
    expect(relativeError(gradients['embedding_1/embeddings'], expected)).toBeLessThan(1e-6);
  });

  test('with one hash for any number of workers', async () => {
    const hashes = [1, 2, 3].map(async (workers) => {
      const model = sequential([embedding(entries, width), flatten()], { inputShape: [1] });
      const data = tensorDataset({ features, labels, featureShape: [1] });
      const options = { optimizer: sgd({ learningRate: 100 }), shards: 3, batchSize: 16, epochs: 2, workers };
      return (await model.fit(data, { loss: 'meanSquaredError', progress: false, ...options })).weightsHash;
    });
    expect(new Set(await Promise.all(hashes)).size).toBe(1);
  });
});

/** Kernels whose rows lie apart read up to 28 bytes behind vectors and the last rows of their inputs. */
test('what lies last in the memory is the scratch of the threads, which no kernel takes for an input', () => {
  for (const network of NETWORKS) {
    const { spec } = createModel(network, 1);
    const begin = layOutModel(spec).end;
    const request = {
      spec,
      loss: null,
      optimizer: null,
      batchSize: 5,
      shards: 2,
      slots: 1,
      threads: 2,
      begin,
    } as const;
    const { memory } = compilePlan({ ...request, purpose: 'predict' });
    expect(memory.regions.at(-1)?.name).toBe('scratch of 2 threads');
    expect(memory.end - (memory.regions.at(-1)?.offset ?? 0)).toBeGreaterThanOrEqual(64);
  }
});
