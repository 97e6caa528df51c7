import { type FitOptions, type Model, sgd } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import {
  createDataset,
  createModel,
  createRows,
  createWeights,
  differsInTraining,
  isRegularized,
  NETWORKS,
  type NetworkCase,
  OPTIMIZERS,
  updateOptions,
  type Weighting,
  withoutAverages,
} from './cases.ts';
import { distanceFromKinks, type OracleBatch, oracleOf, STEP } from './oracle/denseNetwork.ts';
import { clipped, clippedByParameter, globalNorm, gradientOfGroup, type OracleGradients } from './oracle/updates.ts';
import { relativeError } from './support/compare.ts';

/** Accumulated and clipped gradients against a scalar network in float64 (test/oracle), one update after the other. */

/** A power of two, so that dividing what a weight has moved by it is exact. */
const RATE = 1 / 16;

/**
 * As in gradients.test.ts, and for the rounding of the weight that moves: 6e-8 of its size, up to 1, on a movement of a
 * sixteenth of a gradient of 0.05 or more (compare.ts).
 */
const BOUND = 1e-5 + 6e-8 / RATE / 0.05;

/** Six batches of six rows and one of four. */
const ROWS = 40;
const BATCH = 6;
const STEPS = Math.ceil(ROWS / BATCH);

const OPTIONS = {
  optimizer: sgd({ learningRate: RATE }),
  batchSize: BATCH,
  shuffle: false,
  workers: 1,
  progress: false,
};

/** How the gradients of a training become updates. */
interface Ways extends Pick<FitOptions, 'accumulateGradBatches' | 'gradientClipNorm'> {
  /** Of each parameter: an option of the optimizer. */
  readonly clipNorm?: number;
}

interface Training {
  readonly network: NetworkCase;
  readonly weighting: Weighting;
  readonly options: Ways;
  /** Of which the updates are checked. */
  readonly epochs: 1 | 2;
}

/** The model after so many steps, in a run that goes no further. */
async function modelAfter({ network, weighting, options }: Training, steps: number): Promise<Model> {
  const model = createModel(network, 1);
  if (steps === 0) return model;
  const dataset = createDataset(network, ROWS, 2, weighting);
  const { clipNorm, ...others } = options;
  const optimizer = sgd({ learningRate: RATE, clipNorm });
  const run = { ...OPTIONS, optimizer, loss: network.loss, ...others, epochs: 2, maxSteps: steps };
  const history = await model.fit(dataset, run);
  expect(history.steps).toBe(steps);
  return model;
}

/** Batch of a step; both epochs are in file order. */
function batchOf({ network, weighting }: Training, step: number): OracleBatch {
  const training = differsInTraining(createModel(network, 1)) ? { seed: 0, step } : undefined;
  const { features, labels } = createRows(network, ROWS, 2);
  const width = labels.length / ROWS;
  const begin = (step % STEPS) * BATCH;
  const end = Math.min(begin + BATCH, ROWS);
  return {
    features: features.subarray(begin * network.inputs, end * network.inputs),
    labels: labels.subarray(begin * width, end * width),
    sampleWeights: createWeights(ROWS, weighting)?.subarray(begin, end),
    training,
  };
}

/** What the weights have moved by, as a gradient. */
function movement(before: Model, after: Model): OracleGradients {
  const weights = after.getWeights();
  return Object.fromEntries(
    Object.entries(withoutAverages(before.getWeights())).map(([name, values]) => [
      name,
      Float64Array.from(values, (value, i) => (value - weights[name][i]) / RATE),
    ]),
  );
}

/** Steps after which weights are updated: every k-th of an epoch, and its last. */
function updatesOf(k: number, epochs: number): number[] {
  return Array.from({ length: epochs * STEPS }, (_, i) => i + 1).filter((step) => {
    const inEpoch = ((step - 1) % STEPS) + 1;
    return inEpoch % k === 0 || inEpoch === STEPS;
  });
}

/** Checks every update, each from the weights that the one before has left. Returns the norms met. */
async function checkUpdates(training: Training): Promise<number[]> {
  const { accumulateGradBatches: k = 1, gradientClipNorm = Infinity, clipNorm = Infinity } = training.options;
  const norms: number[] = [];
  let before = await modelAfter(training, 0);
  let done = 0;
  for (const update of updatesOf(k, training.epochs)) {
    const oracle = oracleOf(before);
    const batches = Array.from({ length: update - done }, (_, i) => batchOf(training, done + i));
    // A premise of central differences, see gradients.test.ts.
    for (const batch of batches) expect(distanceFromKinks(oracle, batch)).toBeGreaterThan(5 * STEP);
    const gradients = gradientOfGroup(oracle, batches, training.network.loss);
    norms.push(globalNorm(gradients));
    const expected = clippedByParameter(clipped(gradients, gradientClipNorm), clipNorm);
    // Until the group is complete, nothing moves.
    for (let steps = done + 1; steps < update; steps++) {
      const between = withoutAverages((await modelAfter(training, steps)).getWeights());
      expect(between, `after step ${steps}`).toEqual(withoutAverages(before.getWeights()));
    }
    const after = await modelAfter(training, update);
    for (const [name, values] of Object.entries(movement(before, after))) {
      // What is not trained has no gradient, and stays.
      const gradient = name in expected ? expected[name] : values.map(() => 0);
      expect(relativeError(values, gradient), `${name} after step ${update}`).toBeLessThan(BOUND);
    }
    [before, done] = [after, update];
  }
  return norms;
}

/**
 * The networks of one of four tables. The oracle takes a second for some of them, so each but the stacks of dense layers in
 * front is in one table only.
 */
function networksOf(table: number): readonly NetworkCase[] {
  return NETWORKS.filter((_, n) => n < 6 || n % 4 === table);
}

/** Updates of two epochs for the stacks in front, of one for each other network. */
function epochsOf(network: NetworkCase): 1 | 2 {
  return NETWORKS.indexOf(network) < 6 ? 2 : 1;
}

/** Both ways of a table for the stacks in front, one for each other network. */
function someOf(network: NetworkCase, ways: readonly [number, number]): readonly number[] {
  const n = NETWORKS.indexOf(network);
  return n < 6 ? ways : [ways[(n >> 2) % 2]];
}

describe('the gradient of an update is the weighted mean over all rows of its batches', () => {
  const cases = networksOf(0).flatMap((network, n) =>
    someOf(network, [2, 3]).map((k) => ({
      network,
      k,
      weighting: (['none', 'some 0', 'first 0'] as const)[(n + k) % 3],
      title: `${network.name}, ${k} batches`,
    })),
  );
  test.each(cases)('$title, weights: $weighting', async ({ network, k, weighting }) => {
    const epochs = epochsOf(network);
    const norms = await checkUpdates({ network, weighting, options: { accumulateGradBatches: k }, epochs });
    expect(norms).toHaveLength(epochs * Math.ceil(STEPS / k));
  });

  test('more batches than an epoch has are one update at its end', async () => {
    const options = { accumulateGradBatches: 100 };
    const training = { network: NETWORKS[2], weighting: 'some 0', options, epochs: 2 } as const;
    expect(await checkUpdates(training)).toHaveLength(2);
  });

  test('a mean of the means of batches would be seen', async () => {
    const training = { network: NETWORKS[2], weighting: 'some 0', options: {}, epochs: 2 } as const;
    const oracle = oracleOf(createModel(training.network, 1));
    const batches = [STEPS - 2, STEPS - 1].map((step) => batchOf(training, step));
    const right = gradientOfGroup(oracle, batches, training.network.loss);
    const means = batches.map((batch) => gradientOfGroup(oracle, [batch], training.network.loss));
    for (const [name, values] of Object.entries(right)) {
      const wrong = values.map((_, i) => (means[0][name][i] + means[1][name][i]) / 2);
      expect(relativeError(wrong, values)).toBeGreaterThan(100 * BOUND);
    }
  });
});

describe('accumulated batches have the bits of one batch that is cut into as many shards', () => {
  // A penalty is rounded once a batch; masks and statistics are those of a step, and here are two steps, there is one.
  const exact = networksOf(1).filter(
    (network) => !isRegularized(network) && !differsInTraining(createModel(network, 4)),
  );
  const cases = exact.flatMap((network, n) =>
    someOf(network, [2, 3]).map((k) => ({
      network,
      k,
      optimizer: OPTIMIZERS[(n + k) % OPTIMIZERS.length],
      title: `${k} of them, ${network.name}`,
    })),
  );
  // The same products, the same sums, and one division by the weight of all rows.
  test.each(cases)('$title, $optimizer.name', async ({ network, k, optimizer }) => {
    const [several, one] = [createModel(network, 4), createModel(network, 4)];
    const dataset = createDataset(network, 8 * k * 2, 5, 'some 0');
    const options = { ...OPTIONS, loss: network.loss, optimizer: optimizer.create(), epochs: 2 };
    await several.fit(dataset, { ...options, batchSize: 8, shards: 1, accumulateGradBatches: k });
    await one.fit(dataset, { ...options, batchSize: 8 * k, shards: k });
    expect(several.weightsHash()).toBe(one.weightsHash());
    expect(several.weightsHash()).not.toBe(createModel(network, 4).weightsHash());
  });
});

describe('a gradient whose global norm is too large is scaled down to it', () => {
  const cases = networksOf(2).flatMap((network, n) =>
    someOf(network, [1, 3]).map((k) => ({
      network,
      k,
      weighting: n % 2 === 0 ? ('none' as const) : ('some 0' as const),
      title: network.name,
    })),
  );
  test.each(cases)('$title, $k batches an update', async ({ network, k, weighting }) => {
    // Below the norms of some of the updates, above those of others.
    const free = { network, weighting, options: { accumulateGradBatches: k }, epochs: epochsOf(network) };
    const norms = (await checkUpdates(free)).toSorted((a, b) => a - b);
    for (const clip of [norms[0] / 10, norms[Math.floor(norms.length / 2)] * 0.9]) {
      const training = { ...free, options: { ...free.options, gradientClipNorm: clip } };
      const met = await checkUpdates(training);
      expect(met.some((norm) => norm > clip)).toBe(true);
    }
  });

  test('the first update then has exactly that length', async () => {
    const clip = 0.1;
    const options = { gradientClipNorm: clip };
    const training = { network: NETWORKS[5], weighting: 'none', options, epochs: 2 } as const;
    const moved = movement(await modelAfter(training, 0), await modelAfter(training, 1));
    // Weights are of the size of 1, and are rounded to 6e-8 of it; there are 763 of them.
    expect(Math.abs(globalNorm(moved) - clip)).toBeLessThan((763 ** 0.5 * 6e-8) / RATE);
  });
});

describe('with clipNorm, the gradient of each parameter is scaled down by itself', () => {
  test.each([
    { network: NETWORKS[2], accumulateGradBatches: 1, clipNorm: 0.05 },
    { network: NETWORKS[3], accumulateGradBatches: 2, clipNorm: 0.3 },
    { network: NETWORKS[5], accumulateGradBatches: 3, clipNorm: 0.1 },
  ])(
    '$network.name, $accumulateGradBatches batches, at $clipNorm',
    async ({ network, accumulateGradBatches, clipNorm }) => {
      const options = { accumulateGradBatches, clipNorm };
      const norms = await checkUpdates({ network, weighting: 'some 0', options, epochs: 1 });
      expect(norms.some((norm) => norm > clipNorm)).toBe(true);
    },
  );

  test('those that are longer have exactly that length, and the others are left', async () => {
    const norms = async (options: Ways): Promise<number[]> => {
      const training = { network: NETWORKS[5], weighting: 'none', options, epochs: 1 } as const;
      const moved = movement(await modelAfter(training, 0), await modelAfter(training, 1));
      return Object.values(moved).map((values) => globalNorm({ values }));
    };
    const free = await norms({});
    const sorted = free.toSorted((a, b) => a - b);
    const clipNorm = (sorted[2] + sorted[3]) / 2;
    // Weights are of the size of 1, and are rounded to 6e-8 of it; there are 763 of them.
    const bound = (763 ** 0.5 * 6e-8) / RATE;
    for (const [index, norm] of (await norms({ clipNorm })).entries()) {
      expect(Math.abs(norm - Math.min(free[index], clipNorm))).toBeLessThan(bound);
    }
    expect(sorted[3] - sorted[2]).toBeGreaterThan(100 * bound);
  });
});

describe('a clip norm that no gradient reaches changes no bit', () => {
  const cases = networksOf(3).flatMap((network, n) =>
    someOf(network, [1, 2]).map((k) => ({
      network,
      k,
      optimizer: OPTIMIZERS[(n + k) % OPTIMIZERS.length],
      title: `${network.name}, ${k} batches`,
    })),
  );
  test.each(cases)('$title, $optimizer.name', async ({ network, k, optimizer }) => {
    const hashes: string[] = [];
    for (const update of [{ options: {} }, { options: { gradientClipNorm: 1e9 } }, { options: {}, clipNorm: 1e9 }]) {
      const all = {
        ...OPTIONS,
        ...updateOptions(optimizer, update),
        loss: network.loss,
        accumulateGradBatches: k,
        epochs: 2,
      };
      hashes.push((await createModel(network, 1).fit(createDataset(network, ROWS, 2, 'some 0'), all)).weightsHash);
    }
    expect(new Set(hashes).size).toBe(1);
  });
});

describe('rows of weight 0', () => {
  test.each([
    {},
    { accumulateGradBatches: 2 },
    { gradientClipNorm: 0.1 },
    { accumulateGradBatches: 3, gradientClipNorm: 0.1 },
  ])('alone move nothing, and leave no NaN: %o', async (options) => {
    const training = { network: NETWORKS[2], weighting: 'all 0', options, epochs: 2 } as const;
    const before = await modelAfter(training, 0);
    const after = await modelAfter(training, 2 * STEPS);
    expect(after.weightsHash()).toBe(before.weightsHash());
  });

  test('fill a batch whose group has others: it counts for nothing', async () => {
    // The first ten rows of weight 0: the first batch, and a part of the second.
    const training = {
      network: NETWORKS[4],
      weighting: 'first 0',
      options: { accumulateGradBatches: 2, gradientClipNorm: 0.2 },
      epochs: 2,
    } as const;
    await checkUpdates(training);
    const oracle = oracleOf(await modelAfter(training, 0));
    const [first, second] = [0, 1].map((step) => batchOf(training, step));
    const alone = gradientOfGroup(oracle, [second], training.network.loss);
    const together = gradientOfGroup(oracle, [first, second], training.network.loss);
    for (const [name, values] of Object.entries(together))
      expect(relativeError(values, alone[name])).toBeLessThan(1e-8);
    expect(globalNorm(gradientOfGroup(oracle, [first], training.network.loss))).toBe(0);
  });
});
