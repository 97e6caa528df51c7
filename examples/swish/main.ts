/** The digits again, with a layer of its own (swish.ts): `npx -y pnpm@12 swish`, or with options `… swish --workers 2`. */
import { adam, dense, sequential } from '@lockstep/core';
import { readDigits } from '../digits/readDigits.ts';
import { readArguments } from '../shared/arguments.ts';
import { classifyDigits } from '../shared/classifyDigits.ts';
import { swish } from './swish.ts';

const flags = readArguments({ epochs: 20, seed: 42 });

const model = sequential([dense(64), swish(), dense(32), swish({ beta: 0.5 }), dense(10, { activation: 'softmax' })], {
  ...{ inputShape: [64], seed: flags.seed },
});

const fit = {
  loss: 'sparseCategoricalCrossentropy',
  optimizer: adam({ learningRate: 0.003 }),
  metrics: ['accuracy'],
  batchSize: 64,
  epochs: flags.epochs,
  seed: flags.seed,
} as const;

process.exitCode = await classifyDigits(
  {
    title: 'Lockstep learns to read handwritten digits, with a layer of its own',
    model,
    train: await readDigits('digits-train.arrow'),
    test: await readDigits('digits-test.arrow'),
    fit,
    wantedAccuracy: 0.95,
  },
  flags,
);
