/**
 * The digits as a config for the command:
 *
 *   lockstep train examples/digits/digits.config.ts --epochs 10
 *   lockstep inspect examples/digits/digits.config.ts
 */
import { adam, dense, sequential } from '@lockstep/core';
import { defineConfig } from 'lockstep';
import { readDigits } from './readDigits.ts';

export default defineConfig({
  model: sequential(
    [
      dense(256, { activation: 'relu', kernelInitializer: 'heNormal' }),
      dense(128, { activation: 'relu', kernelInitializer: 'heNormal' }),
      dense(10, { activation: 'softmax' }),
    ],
    { inputShape: [64], seed: 42 },
  ),
  data: readDigits('digits-train.arrow'),
  test: readDigits('digits-test.arrow'),
  fit: {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: adam({ learningRate: 0.002 }),
    metrics: ['accuracy'],
    batchSize: 64,
    epochs: 20,
    seed: 42,
  },
});
