import { checkOptimizer, checkSpec, dense, LockstepError, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { createModel, NETWORKS, OPTIMIZERS } from '../cases.ts';
import { signedNumbers } from '../support/numbers.ts';

/**
 * T11, section 2.7: backpropagation. Every network of test/cases.ts passes the numerical gradient check in test/gradients.test.ts.
 * Here: these networks have every layer, activation and loss that there is, and a step is w ← w − α · dE/dw.
 */

/** What there is, as the error lists it that answers something else. */
function kindsBy(mistake: () => unknown): Set<string> {
  try {
    mistake();
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    const list = error.expected.replace(/^.*?(?:of kind|one of|optimizer:) /, '');
    return new Set(list.match(/\w+/g)?.filter((word) => word !== 'or'));
  }
  throw new Error('There was no error.');
}

const wrong = (value: unknown): never => value as never;
const nameOf = (value: string | { readonly kind: string }): string => (typeof value === 'string' ? value : value.kind);

/** All layers of the table. */
const LAYERS = NETWORKS.flatMap((network) => createModel(network, 1).spec.layers);

describe('T11: what passes the numerical gradient check is everything that there is', () => {
  test('layers', () => {
    const spec = { format: 'lockstep-model', version: 1, inputShape: [1], layers: [{ kind: '?' }] };
    const kinds = kindsBy(() => checkSpec(spec, 'spec'));
    expect(kinds).toContain('dense');
    expect(new Set(LAYERS.map(({ kind }) => kind))).toEqual(kinds);
  });

  test('activations, between layers and last', () => {
    const kinds = kindsBy(() => dense(1, { activation: wrong('?') }));
    expect(kinds).toContain('relu');
    const used = LAYERS.flatMap((layer) => ('activation' in layer ? [nameOf(layer.activation)] : []));
    expect(new Set(used)).toEqual(kinds);
  });

  test('losses', async () => {
    const model = sequential([dense(1)], { inputShape: [1] });
    let kinds = new Set<string>();
    await model.gradients({ features: [0], labels: [0], loss: wrong('?') }).catch((error: unknown) => {
      kinds = kindsBy(() => {
        throw error;
      });
    });
    expect(kinds).toContain('hinge');
    // And one that a user wrote.
    expect(new Set(NETWORKS.map(({ loss }) => nameOf(loss)))).toEqual(new Set([...kinds, 'custom']));
  });

  test('and every optimizer is in the tables that train them', () => {
    const kinds = kindsBy(() => checkOptimizer({ kind: '?' }, 'optimizer'));
    expect(kinds).toContain('sgd');
    // L-BFGS takes whole batches alone: test/lbfgs.test.ts.
    expect(new Set(['lbfgs', ...OPTIMIZERS.map(({ create }) => create().kind)])).toEqual(kinds);
  });
});

test('T11: a step of gradient descent is w − α · dE/dw, in every layer', async () => {
  const layers = [dense(4, { activation: 'tanh' }), dense(3, { activation: 'relu' }), dense(2)];
  const model = sequential(layers, { inputShape: [3], seed: 5 });
  const batch = { features: signedNumbers(24, 1), labels: signedNumbers(16, 2) };
  const before = model.getWeights();
  const { gradients } = await model.gradients({ ...batch, loss: 'meanSquaredError' });
  const data = tensorDataset({ ...batch, featureShape: [3] });
  const options = { loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0.5 }), batchSize: 8 } as const;
  await model.fit(data, { ...options, shuffle: false, workers: 1, progress: false });
  for (const [name, after] of Object.entries(model.getWeights())) {
    for (const [i, value] of after.entries()) {
      expect(value).toBeCloseTo(before[name][i] - 0.5 * gradients[name][i], 6);
    }
  }
});
