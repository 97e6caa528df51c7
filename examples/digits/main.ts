/** Recognises handwritten digits of 8 × 8 pixels: `npx -y pnpm@12 start`, or with options `… start --workers 1`. */
import { adam, dense, sequential } from '@lockstep/core';
import { readArguments } from '../shared/arguments.ts';
import { classifyDigits } from '../shared/classifyDigits.ts';
import { readDigits } from './readDigits.ts';

const flags = readArguments({ epochs: 20, seed: 42 });

const model = sequential(
  [
    dense(256, { activation: 'relu', kernelInitializer: 'heNormal' }),
    dense(128, { activation: 'relu', kernelInitializer: 'heNormal' }),
    dense(10, { activation: 'softmax' }),
  ],
  { inputShape: [64], seed: flags.seed },
);

// Chosen by five-fold cross-validation on the training images (98.3 %), the test images untouched.
const fit = {
  loss: 'sparseCategoricalCrossentropy',
  optimizer: adam({ learningRate: 0.002 }),
  metrics: ['accuracy'],
  batchSize: 64,
  epochs: flags.epochs,
  seed: flags.seed,
} as const;

process.exitCode = await classifyDigits(
  {
    title: 'Lockstep learns to read handwritten digits of 8 × 8 pixels',
    model,
    train: await readDigits('digits-train.arrow'),
    test: await readDigits('digits-test.arrow'),
    fit,
    wantedAccuracy: 0.97,
  },
  flags,
);
