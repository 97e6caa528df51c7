import { fileURLToPath } from 'node:url';
import { arrowDataset } from '@lockstep/arrow';
import {
  adam,
  batchNormalization,
  cosineDecay,
  type Dataset,
  dense,
  dropout,
  type FitOptions,
  type History,
  l1,
  l2,
  lbfgs,
  type Model,
  sequential,
  sgd,
  tensorDataset,
  topKAccuracy,
  warmUp,
} from '@lockstep/core';
import { checkpointSteps } from './folder.ts';
import { classNumbers, signedNumbers } from './numbers.ts';

/** A run that can be interrupted: how it is made, each time from the beginning. */
export interface ResumeCase {
  readonly name: string;
  readonly model: () => Model;
  readonly dataset: () => Promise<Dataset>;
  readonly options: FitOptions;
  /** Training steps of an epoch. */
  readonly steps: number;
}

const INPUTS = 6;
const CLASSES = 3;
const ROWS = 70;

export function smallModel(seed = 3): Model {
  return sequential([dense(9, { activation: 'relu' }), dense(CLASSES, { activation: 'softmax' })], {
    ...{ inputShape: [INPUTS], seed },
  });
}

export function smallDataset(rows = ROWS, seed = 1): Dataset {
  const features = signedNumbers(rows * INPUTS, seed);
  return tensorDataset({ features, labels: classNumbers(rows, CLASSES, seed + 1), featureShape: [INPUTS] });
}

/** Five steps an epoch, the last of six rows; enough rows for two threads. */
export const SMALL = {
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy', 'f1', topKAccuracy({ k: 2 })],
  batchSize: 16,
  epochs: 2,
  seed: 8,
  progress: false,
} as const satisfies FitOptions;

export const SMALL_STEPS = 5;

function small(name: string, options: Partial<FitOptions>): ResumeCase {
  return {
    ...{ name, model: smallModel, dataset: async () => smallDataset(), steps: SMALL_STEPS },
    options: { ...SMALL, ...options },
  };
}

const DIGITS = fileURLToPath(new URL('../../examples/digits/data/', import.meta.url));

async function digits(name: 'train' | 'test'): Promise<Dataset> {
  return arrowDataset(`${DIGITS}digits-${name}.arrow`, { features: ['pixels'], label: 'digit', scale: 1 / 16 });
}

export const ADAM_CLIPPED: ResumeCase = small('adam, validation, groups of three batches, clipped', {
  ...{ optimizer: adam({ learningRate: 0.02 }), validation: smallDataset(40, 5) },
  ...{ accumulateGradBatches: 3, gradientClipNorm: 0.2 },
});

export const CASES: readonly ResumeCase[] = [
  small('momentum', { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) }),
  small('plain descent in file order, in shards', {
    ...{ optimizer: sgd({ learningRate: 0.1 }), shuffle: false, shards: 3 },
  }),
  small('Nesterov momentum, validation', {
    ...{ optimizer: sgd({ learningRate: 0.05, momentum: 0.8, nesterov: true }), validation: smallDataset(40, 5) },
  }),
  small('adam, groups of two batches', { optimizer: adam({ learningRate: 0.02 }), accumulateGradBatches: 2 }),
  small('adam, clipped', { optimizer: adam({ learningRate: 0.02 }), gradientClipNorm: 0.05 }),
  ADAM_CLIPPED,
  small('momentum, warm-up and cosine decay, groups of two batches', {
    ...{ accumulateGradBatches: 2 },
    optimizer: sgd({
      learningRate: warmUp({ steps: 2, learningRate: cosineDecay({ initialLearningRate: 0.2, decaySteps: 6 }) }),
      momentum: 0.9,
    }),
  }),
  {
    ...small('momentum, penalties for weights, batch normalization, dropout, average, validation', {
      ...{ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), validation: smallDataset(40, 5) },
      ...{ weightAverage: { decay: 0.9 }, accumulateGradBatches: 2 },
    }),
    model: () =>
      sequential(
        [
          dense(9, { activation: 'relu', kernelRegularizer: l2(0.02) }),
          batchNormalization({ momentum: 0.7 }),
          dropout(0.3),
          dense(CLASSES, { activation: 'softmax', kernelRegularizer: l1(0.01) }),
        ],
        { inputShape: [INPUTS], seed: 3 },
      ),
  },
  // An epoch is one step of all rows.
  {
    ...small('L-BFGS, validation', { optimizer: lbfgs(), batchSize: ROWS, validation: smallDataset(40, 5) }),
    steps: 1,
  },
  {
    name: 'arrow files',
    model: () =>
      sequential([dense(12, { activation: 'relu' }), dense(10, { activation: 'softmax' })], {
        ...{ inputShape: [64], seed: 2 },
      }),
    dataset: async () => digits('train'),
    options: { ...SMALL, optimizer: adam(), batchSize: 400, validation: await digits('test'), gradientClipNorm: 1 },
    steps: 4,
  },
];

/** What an interrupted run must have in common with one that was never interrupted. */
export function resultOf({ epochs, metrics, weightsHash, weightsHashes, steps, stoppedBy }: History): Partial<History> {
  return { epochs, metrics, weightsHash, weightsHashes, steps, stoppedBy };
}

const whole = new Map<string, Promise<History>>();

/** The run that is never interrupted, on one thread and without checkpoints. */
export function uninterrupted({ name, model, dataset, options }: ResumeCase, epochs: number): Promise<History> {
  const key = `${name} ${epochs}`;
  const run = whole.get(key) ?? dataset().then((data) => model().fit(data, { ...options, epochs, workers: 1 }));
  whole.set(key, run);
  return run;
}

/** A part of the run, in a model object of its own; where it goes on from another part, its first weights are nobody's. */
export async function part(
  { model, dataset, options }: ResumeCase,
  directory: string,
  more: Partial<FitOptions>,
): Promise<History> {
  const fresh = model();
  if (more.resume === true && checkpointSteps(directory).length > 0)
    for (const { data } of fresh.parameters()) data.fill(0.123);
  const history = await fresh.fit(await dataset(), { ...options, checkpoint: { directory }, ...more });
  // What the history says is what the model has.
  if (fresh.weightsHash() !== history.weightsHash)
    throw new Error('the history names other weights than the model has');
  return history;
}
