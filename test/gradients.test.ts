import { expect, test } from 'vitest';
import { createModel, createRows, differsInTraining, NETWORKS } from './cases.ts';
import { batchLoss, distanceFromKinks, numericGradients, oracleOf, STEP } from './oracle/denseNetwork.ts';
import { relativeError } from './support/compare.ts';
import { numbersFrom } from './support/numbers.ts';

/**
 * Lockstep computes in float32, where one operation is off by at most 6e-8 of its result. A gradient here is a sum of
 * up to 13 rows, each behind up to three products of up to 19 terms. Errors are measured against the largest entry of the
 * same parameter (compare.ts), as an entry near 0 is a difference of larger ones. None was above 2e-6; 1e-5 leaves
 * room and is far below what any wrong formula gives.
 */
const BOUND = 1e-5;

const ROWS = 13;

const WEIGHTS = {
  'without weights': undefined,
  'with weights, some of them 0': Float32Array.from({ length: ROWS }, (_, row) =>
    row % 3 === 1 ? 0 : 0.25 * (row + 1),
  ),
};

/** Three draws of the stacks of dense layers in front, one of each other network. */
const cases = NETWORKS.flatMap((network, n) =>
  Object.entries(WEIGHTS).flatMap(([weighting, sampleWeights]) =>
    (n < 6 ? [1, 2, 3] : [1 + (n % 3)]).flatMap((seed) =>
      (differsInTraining(createModel(network, seed)) ? [true, false] : [false]).map((training) => ({
        ...{ network, weighting, sampleWeights, seed, training },
        title: `${network.name}, ${weighting}, seed ${seed}${training ? ', in training' : ''}`,
      })),
    ),
  ),
);

test.each(cases)('gradients equal central differences: $title', async (drawn) => {
  const { network, sampleWeights, seed, training } = drawn;
  const model = createModel(network, seed);
  const oracle = oracleOf(model);
  const batch = {
    ...{ ...createRows(network, ROWS, seed * 100), sampleWeights },
    training: training ? { seed: 77, step: 0 } : undefined,
  };
  // A premise of the method: no weight, moved by a step, may carry a relu over its kink. Inputs are below 5 in size.
  expect(distanceFromKinks(oracle, batch)).toBeGreaterThan(5 * STEP);

  const { loss, gradients } = await model.gradients({
    ...{ features: batch.features, labels: batch.labels, loss: network.loss, training, seed: 77 },
    ...(sampleWeights === undefined ? {} : { sampleWeights }),
  });
  expect(Math.abs(loss - batchLoss(oracle, batch, network.loss))).toBeLessThan(BOUND * Math.max(1, loss));
  const expected = numericGradients(oracle, batch, network.loss);
  expect(Object.keys(gradients)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    expect(relativeError(gradients[name], values), name).toBeLessThan(BOUND);
  }
});

test('the bound is tight enough to see one wrong weight of a gradient', async () => {
  const network = NETWORKS[2];
  const model = createModel(network, 1);
  const batch = createRows(network, ROWS, 100);
  const { gradients } = await model.gradients({ ...batch, loss: network.loss });
  const expected = numericGradients(oracleOf(model), batch, network.loss);
  const [name] = Object.keys(expected);
  const next = numbersFrom(1);
  const wrong = gradients[name].slice();
  wrong[Math.floor(next() * wrong.length)] *= 1.01;
  expect(relativeError(wrong, expected[name])).toBeGreaterThan(BOUND);
});
