/** Recognises MNIST's digits of 28 × 28 pixels: `npx -y pnpm@12 mnist --data <folder with the IDX files>`. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrowDataset } from '@lockstep/arrow';
import { adam, type Dataset, dense, sequential } from '@lockstep/core';
import { readArguments, refuse } from '../shared/arguments.ts';
import { classifyDigits } from '../shared/classifyDigits.ts';
import { hasMnist, prepareMnist } from './prepare.ts';

/** Where the project's own machines keep the files: beside the repository. */
const DEFAULT_DATA = fileURLToPath(new URL('../../../shared/data/mnist', import.meta.url));
const CACHE = fileURLToPath(new URL('.cache', import.meta.url));

const flags = readArguments({ epochs: 10, seed: 42, dataHelp: 'the four IDX files, plain or .gz' });
const folder = flags.data === undefined ? DEFAULT_DATA : resolve(flags.data);
if (!hasMnist(folder)) {
  refuse(
    [
      `${folder} does not hold the MNIST files. Name their folder with --data. It should hold, plain or as .gz:`,
      '  train-images-idx3-ubyte, train-labels-idx1-ubyte, and for the test',
      '  t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (or test-… instead of t10k-…).',
      'They are described at http://yann.lecun.com/exdb/mnist; https://ossci-datasets.s3.amazonaws.com/mnist has copies,',
      'for example https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz.',
    ].join('\n'),
  );
}
// A place for each folder: the files of another one may be older than what is cached, and would look converted.
const cache = join(CACHE, createHash('sha256').update(folder).digest('hex').slice(0, 12));
const prepared = await prepareMnist(folder, cache);

/** Pixels count from 0 to 255. */
function readDigits(path: string): Promise<Dataset> {
  return arrowDataset(path, { features: ['pixels'], label: 'label', scale: 1 / 255 });
}

const model = sequential(
  [
    dense(256, { activation: 'relu', kernelInitializer: 'heNormal' }),
    dense(128, { activation: 'relu', kernelInitializer: 'heNormal' }),
    dense(10, { activation: 'softmax' }),
  ],
  { inputShape: [784], seed: flags.seed },
);

const fit = {
  loss: 'sparseCategoricalCrossentropy',
  optimizer: adam({ learningRate: 0.001 }),
  metrics: ['accuracy'],
  batchSize: 128,
  epochs: flags.epochs,
  seed: flags.seed,
} as const;

process.exitCode = await classifyDigits(
  {
    title: 'Lockstep learns to read the digits of MNIST',
    model,
    train: await readDigits(prepared.train),
    test: await readDigits(prepared.test),
    fit,
    wantedAccuracy: 0.95,
  },
  flags,
);
