import { dense, type Layer, type Model, sequential } from '@lockstep/core';
import { describe, expect, test } from 'vitest';

/** T5, section 2.4: the forward pass of a 3-4-1 net as in figure 2.20, worked by hand. */

const HIDDEN: Layer = dense(4, { activation: 'relu', name: 'hidden' });
const OUTPUT: Layer = dense(1, { activation: 'sigmoid', name: 'output' });
/** Kernels are [inputs, units]: the weights of the first input to all neurons, then those of the second, and so on. */
const WEIGHTS = {
  'hidden/kernel': [...[0.5, -1, 0.25, 1], ...[1, 0.5, -0.5, 0], ...[-0.5, 1, 1, -2]],
  'hidden/bias': [0.5, 0, -1, 0.25],
  'output/kernel': [1, -0.5, 2, 0.25],
  'output/bias': [-0.75],
};

function net(): Model {
  const model = sequential([HIDDEN, OUTPUT], { inputShape: [3] });
  model.setWeights(WEIGHTS);
  return model;
}

describe('T5: feedforward', () => {
  // x = (1, 2, −1):
  //   z₁ = 0.5·1 + 1·2 − 0.5·(−1) + 0.5       =  3.5    a₁ = 3.5
  //   z₂ = −1·1 + 0.5·2 + 1·(−1) + 0          = −1      a₂ = 0
  //   z₃ = 0.25·1 − 0.5·2 + 1·(−1) − 1        = −2.75   a₃ = 0
  //   z₄ = 1·1 + 0·2 − 2·(−1) + 0.25          =  3.25   a₄ = 3.25
  //   z  = 1·3.5 − 0.5·0 + 2·0 + 0.25·3.25 − 0.75 = 3.5625
  const FIRST = { x: [1, 2, -1], hidden: [3.5, 0, 0, 3.25], z: 3.5625 };
  // x = (0, −1, 2):
  //   z₁ = −1 − 1 + 0.5 = −1.5, z₂ = −0.5 + 2 = 1.5, z₃ = 0.5 + 2 − 1 = 1.5, z₄ = −4 + 0.25 = −3.75
  //   z  = −0.5·1.5 + 2·1.5 − 0.75 = 1.5
  const SECOND = { x: [0, -1, 2], hidden: [0, 1.5, 1.5, 0], z: 1.5 };

  test('the activations of the hidden layer: what it has learned to see (figures 2.21 to 2.23)', async () => {
    const seen = await net().activations([...FIRST.x, ...SECOND.x], 'hidden');
    expect([...seen]).toEqual([...FIRST.hidden, ...SECOND.hidden]);
  });

  test('the output, of a batch as of its rows alone', async () => {
    const model = net();
    const batch = await model.predict([...FIRST.x, ...SECOND.x]);
    for (const [row, { x, z }] of [FIRST, SECOND].entries()) {
      expect(batch[row]).toBeCloseTo(1 / (1 + Math.exp(-z)), 6);
      expect((await model.predict(x))[0]).toBe(batch[row]);
    }
  });
});
