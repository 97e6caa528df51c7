import { dense, sequential } from '@lockstep/core';
import { expect, test } from 'vitest';

/** T3, section 2.2: a multilayer perceptron, and the table that tells its parameters. */
test('T3: 4 inputs, layers of 5, 5 and 3 neurons have 25, 30 and 18 parameters, 73 in all', () => {
  const layers = [
    dense(5, { activation: 'relu' }),
    dense(5, { activation: 'relu' }),
    dense(3, { activation: 'softmax' }),
  ];
  const model = sequential(layers, { inputShape: [4] });
  expect(model.countParams()).toBe(73);
  // Weights and a bias for each neuron.
  expect([4 * 5 + 5, 5 * 5 + 5, 5 * 3 + 3]).toEqual([25, 30, 18]);
  const lines = model
    .summary()
    .split('\n')
    .filter((line) => !line.startsWith('─'));
  expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['Layer (type)', 'Output Shape', 'Param #'],
    ['dense_1 (dense)', '(batch, 5)', '25'],
    ['dense_2 (dense)', '(batch, 5)', '30'],
    ['dense_3 (dense)', '(batch, 3)', '18'],
    ['Total params: 73'],
    ['Trainable params: 73'],
    ['Non-trainable params: 0'],
  ]);
});
