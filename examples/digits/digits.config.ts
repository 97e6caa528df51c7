/**
 * The digits as a config for the command:
 *
 *   lockstep train examples/digits/digits.config.ts --epochs 10
 *   lockstep inspect examples/digits/digits.config.ts
 */
import { fileURLToPath } from 'node:url';
import { arrowDataset } from '@lockstep/arrow';
import { adam, type Dataset, dense, sequential } from '@lockstep/core';
import { defineConfig } from 'lockstep';

function digits(file: string): Promise<Dataset> {
  const path = fileURLToPath(new URL(`data/${file}`, import.meta.url));
  return arrowDataset(path, { features: ['pixels'], label: 'digit', scale: 1 / 16 });
}

export default defineConfig({
  model: sequential(
    [
      dense(256, { activation: 'relu', kernelInitializer: 'heNormal' }),
      dense(128, { activation: 'relu', kernelInitializer: 'heNormal' }),
      dense(10, { activation: 'softmax' }),
    ],
    { inputShape: [64], seed: 42 },
  ),
  data: digits('digits-train.arrow'),
  test: digits('digits-test.arrow'),
  fit: {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: adam({ learningRate: 0.002 }),
    metrics: ['accuracy'],
    batchSize: 64,
    epochs: 20,
    seed: 42,
  },
});
