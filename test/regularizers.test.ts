import { adam, dense, embedding, flatten, l1, l1l2, l2, loadModel, type Model, sequential, sgd } from '@lockstep/core';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDataset, createModel, createRows, isRegularized, NETWORKS } from './cases.ts';
import { batchLoss, oracleOf } from './oracle/denseNetwork.ts';
import { temporaryFolder } from './support/folder.ts';

/** Penalties for weights. Their gradients are checked with all networks of cases.ts, and against PyTorch in pytorch.test.ts. */

const REGULARIZED = NETWORKS.filter(isRegularized);

/** What the model's penalties are, by their definition. */
function penaltyOf(model: Model): number {
  const parameters = new Map(model.parameters().map(({ name, data }) => [name, data]));
  let penalty = 0;
  for (const layer of model.spec.layers) {
    for (const [member, regularizer] of Object.entries(layer)) {
      if (!member.endsWith('Regularizer')) continue;
      const weights = parameters.get(`${layer.name}/${member.slice(0, -'Regularizer'.length)}`) ?? new Float32Array();
      for (const w of weights) penalty += regularizer.l1 * Math.abs(w) + regularizer.l2 * w * w;
    }
  }
  return penalty;
}

test('there are networks with them', () => {
  expect(REGULARIZED).toHaveLength(2);
});

describe.each(REGULARIZED)('$name', (network) => {
  const options = { loss: network.loss, progress: false, workers: 1 } as const;

  test('evaluate, and fit after every epoch, tell the loss with the penalty of the weights as they are', async () => {
    const model = createModel(network, 1);
    const validation = createDataset(network, 20, 7, 'some 0');
    const oracleLoss = (): number => {
      const sampleWeights = Float32Array.from({ length: 20 }, (_, row) => row % 4);
      return batchLoss(oracleOf(model), { ...createRows(network, 20, 7), sampleWeights }, network.loss);
    };
    const expected: number[] = [];
    const { metrics } = await model.fit(createDataset(network, 30, 3), {
      ...{ ...options, validation, batchSize: 8, epochs: 3, optimizer: adam({ learningRate: 0.05 }) },
      callbacks: [{ onEpochEnd: () => void expected.push(oracleLoss()) }],
    });
    metrics.valLoss.forEach((loss, epoch) => expect(loss).toBeCloseTo(expected[epoch], 5));
    expect((await model.evaluate(validation, { loss: network.loss })).loss).toBeCloseTo(oracleLoss(), 5);
    // Far from nothing, or this would test little.
    expect(penaltyOf(model)).toBeGreaterThan(0.05);
  });

  test('the loss of an epoch has the penalty of the weights that each step found, by the weight of its rows', async () => {
    const dataset = createDataset(network, 20, 3, 'some 0');
    const fit = { ...options, batchSize: 8, shuffle: false, optimizer: sgd({ learningRate: 0.3 }) };
    const told: number[] = [];
    const callbacks = [{ onBatchEnd: ({ loss }: { loss: number }) => void told.push(loss) }];
    const { metrics } = await createModel(network, 1).fit(dataset, { ...fit, callbacks });
    const { features, labels } = createRows(network, 20, 3);
    const width = labels.length / 20;
    let [total, weights] = [0, 0];
    for (const [step, begin] of [0, 8, 16].entries()) {
      const end = Math.min(begin + 8, 20);
      const model = createModel(network, 1);
      if (step > 0) await model.fit(dataset, { ...fit, maxSteps: step });
      const sampleWeights = Float32Array.from({ length: end - begin }, (_, row) => (begin + row) % 4);
      const { loss } = await model.gradients({
        ...{ loss: network.loss, sampleWeights, labels: labels.slice(begin * width, end * width) },
        features: features.slice(begin * network.inputs, end * network.inputs),
      });
      const weight = sampleWeights.reduce((sum, one) => sum + one, 0);
      expect(told[step]).toBeCloseTo(loss, 6);
      total += weight * loss;
      weights += weight;
    }
    expect(metrics.loss[0]).toBeCloseTo(total / weights, 6);
  });

  test('a batch of rows without weight moves nothing', async () => {
    const model = createModel(network, 1);
    await model.fit(createDataset(network, 16, 3, 'all 0'), { ...options, batchSize: 8, optimizer: sgd() });
    expect(model.weightsHash()).toBe(createModel(network, 1).weightsHash());
  });

  test('are saved with the model', async () => {
    const path = join(temporaryFolder(), 'model.safetensors');
    const model = createModel(network, 1);
    await model.save(path);
    const loaded = await loadModel(path);
    expect(loaded.spec).toEqual(model.spec);
    const dataset = createDataset(network, 12, 2);
    const fit = { ...options, batchSize: 5, epochs: 2 };
    expect((await loaded.fit(dataset, fit)).weightsHash).toBe((await model.fit(dataset, fit)).weightsHash);
  });
});

test('a penalty of 0 changes no number that is told, and no weight', async () => {
  const network = NETWORKS[0];
  const plain = createModel(network, 1);
  const zero = sequential([dense(2, { activation: 'softmax', kernelRegularizer: l1l2() })], { inputShape: [3] });
  zero.setWeights(plain.getWeights());
  const dataset = createDataset(network, 20, 3);
  const fit = { loss: network.loss, batchSize: 8, epochs: 2, workers: 1, progress: false } as const;
  const [a, b] = [await plain.fit(dataset, fit), await zero.fit(dataset, fit)];
  expect(b.metrics).toEqual(a.metrics);
  expect([...zero.parameters()[0].data]).toEqual([...plain.parameters()[0].data]);
});

test('l1 brings weights that no row asks for to 0 and leaves them near it', async () => {
  // Features of one column only: the other weight has no other gradient than its penalty's.
  const model = sequential([dense(1, { useBias: false, kernelRegularizer: l1(0.5) })], { inputShape: [2] });
  model.setWeights({ 'dense_1/kernel': [1, 0.25] });
  const { gradients, loss } = await model.gradients({ features: [1, 0], labels: [1], loss: 'meanSquaredError' });
  expect(loss).toBe(0.625);
  expect([...gradients['dense_1/kernel']]).toEqual([0.5, 0.5]);
});

describe('what is no regularizer is refused', () => {
  test.each([
    [() => l1(-1), 'l1(factor)', 'a number of at least 0'],
    [() => l2(NaN), 'l2(factor)', 'a number'],
    [() => l1l2({ l1: Infinity }), 'l1l2.l1', 'finite'],
    [() => dense(2, { kernelRegularizer: 'l2' as never }), 'dense.kernelRegularizer', 'l1(factor), l2(factor)'],
    [() => dense(2, { biasRegularizer: 0.01 as never }), 'dense.biasRegularizer', 'l1(factor), l2(factor)'],
    [
      () => embedding(2, 3, { embeddingsRegularizer: { kind: 'l1l2', l1: -1, l2: 0 } }),
      'l1l2.l1',
      'a number of at least 0',
    ],
  ])('%s', (make, place, expected) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', place, expected: expect.stringContaining(expected) }),
    );
  });

  test('and a layer without one has no such member', () => {
    expect(Object.keys(dense(2))).not.toContain('kernelRegularizer');
    expect(Object.keys(flatten())).not.toContain('kernelRegularizer');
    expect(dense(2, { kernelRegularizer: l2() })).toMatchObject({
      kernelRegularizer: { kind: 'l1l2', l1: 0, l2: 0.01 },
    });
  });
});
