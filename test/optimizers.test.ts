import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  checkOptimizer,
  compilePlan,
  dense,
  lion,
  nadam,
  type OptimizerSpec,
  rmsprop,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { OPTIMIZERS } from './cases.ts';
import { temporaryFolder } from './support/folder.ts';
import { option, testMistakes } from './support/mistakes.ts';
import { signedNumbers } from './support/numbers.ts';
import {
  part,
  type ResumeCase,
  resultOf,
  SMALL,
  smallDataset,
  smallModel,
  uninterrupted,
} from './support/resumeRun.ts';

/** What pytorch.test.ts cannot say about optimizers. */
describe('every optimizer', () => {
  const all = OPTIMIZERS.map(({ name, create }) => ({ name, spec: create() }));

  test.each(all)('$name: stopped in the middle of an epoch and taken up again, ends the same way', async (each) => {
    const run: ResumeCase = {
      ...{ name: `optimizers.test.ts, ${each.name}`, model: smallModel, dataset: async () => smallDataset(), steps: 5 },
      options: { ...SMALL, optimizer: each.spec, accumulateGradBatches: 2 },
    };
    const directory = temporaryFolder();
    await part(run, directory, { maxSteps: 3, workers: 1 });
    const second = await part(run, directory, { resume: true, workers: 1 });
    expect(resultOf(second)).toEqual(resultOf(await uninterrupted(run, 2)));
  });

  test.each(all)('$name: is the same from a file', ({ spec }) => {
    expect(checkOptimizer(JSON.parse(JSON.stringify(spec)), 'file')).toEqual(spec);
  });

  test('every kind is among them', () => {
    const kinds = ['adadelta', 'adagrad', 'adam', 'adamW', 'adamax', 'lion', 'nadam', 'rmsprop', 'sgd'];
    expect(new Set(all.map(({ spec }) => spec.kind))).toEqual(new Set(kinds));
  });
});

test.each<readonly [string, OptimizerSpec]>([
  ['sgd', sgd()],
  ['sgd', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0 })],
  ['sgdW', sgd({ weightDecay: 0.1 })],
  ['sgdW', sgd({ clipValue: 1 })],
  ['adam', adam()],
  ['adam', adam({ amsgrad: false, weightDecay: 0, clipValue: undefined })],
  ['adamW', adam({ amsgrad: true })],
  ['adamW', adam({ weightDecay: 0.1 })],
  ['adamW', adam({ clipValue: 1 })],
  ['adamW', adamW({ weightDecay: 0 })],
])('the kernel %s is for %o', (kernel, optimizer) => {
  const { spec } = sequential([dense(2)], { inputShape: [3] });
  const plan = compilePlan({
    ...{ spec, loss: { kind: 'meanSquaredError' }, optimizer, purpose: 'train' },
    ...{ batchSize: 4, shards: 1, threads: 1, slots: 1, begin: 4096 },
  });
  expect(new Set(plan.blocks.flatMap(({ update }) => update.map((call) => call.kernel)))).toEqual(new Set([kernel]));
});

/** A layer y = x · w + b of three inputs, trained on the mean squared error of single rows. */
test('lion takes the steps of Chen et al. 2023, algorithm 2', async () => {
  const [inputs, rows] = [3, 200];
  const features = signedNumbers(rows * inputs, 1);
  const labels = signedNumbers(rows, 2);
  const model = sequential([dense(1, { name: 'layer' })], { inputShape: [inputs], seed: 4 });
  const theta = model.parameters().flatMap(({ data }) => [...data]);
  const [beta1, beta2, weightDecay] = [0.8, 0.95, 0.3];
  const moment = theta.map(() => 0);
  for (let row = 0; row < rows; row++) {
    const learningRate = 0.02 / (1 + row / 50);
    const x = [...features.slice(row * inputs, (row + 1) * inputs), 1];
    const error = x.reduce((sum, value, i) => sum + value * theta[i], -labels[row]);
    for (const [i, value] of x.entries()) {
      const gradient = 2 * error * value;
      const direction = Math.sign(beta1 * moment[i] + (1 - beta1) * gradient);
      theta[i] -= learningRate * (direction + weightDecay * theta[i]);
      moment[i] = beta2 * moment[i] + (1 - beta2) * gradient;
    }
  }
  const rate = { kind: 'inverseTimeDecay', initialLearningRate: 0.02, decaySteps: 50, decayRate: 1 } as const;
  await model.fit(tensorDataset({ features, labels, featureShape: [inputs] }), {
    optimizer: lion({ learningRate: { ...rate, staircase: false }, beta1, beta2, weightDecay }),
    ...{ loss: 'meanSquaredError', batchSize: 1, shuffle: false, workers: 1, progress: false },
  });
  // Float32 rounds numbers below 1 by 6e-8, 200 times; one other sign would be 1e-2.
  const final = model.parameters().flatMap(({ data }) => [...data]);
  for (const [i, value] of final.entries()) expect(Math.abs(value - theta[i])).toBeLessThan(2e-6);
});

/** The network and the options of PyTorch's tests (test/cpp/api/optim.cpp), on the four rows instead of drawn ones. */
describe('XOR is solved in less than 3,000 epochs', () => {
  const decaying = { kind: 'inverseTimeDecay', initialLearningRate: 1, decaySteps: 1, decayRate: 1e-3 } as const;
  const cases: readonly (readonly [string, OptimizerSpec])[] = [
    ['sgd', sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-6 })],
    ['adagrad', adagrad({ learningRate: { ...decaying, staircase: false }, weightDecay: 1e-6 })],
    ['rmsprop, centered', rmsprop({ learningRate: 0.1, centered: true })],
    ['rmsprop, momentum', rmsprop({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-6 })],
    ['adam', adam({ learningRate: 0.1, weightDecay: 1e-6 })],
    ['adam, amsgrad', adam({ learningRate: 0.1, weightDecay: 1e-6, amsgrad: true })],
    ['adamW', adamW({ learningRate: 0.1, weightDecay: 1e-4 })],
    ['nadam', nadam({ learningRate: 0.1 })],
    ['adamax', adamax({ learningRate: 0.1 })],
    ['adadelta', adadelta({ epsilon: 1e-3 })],
    ['lion', lion({ learningRate: 0.01 })],
  ];
  const features = [0, 0, 0, 1, 1, 0, 1, 1];
  const labels = [0, 1, 1, 0];

  test.each(cases)('%s', async (_, optimizer) => {
    for (const seed of [1, 2, 3]) {
      const layers = [dense(8, { activation: 'sigmoid' }), dense(1, { activation: 'sigmoid' })];
      const model = sequential(layers, { inputShape: [2], seed });
      const history = await model.fit(tensorDataset({ features, labels, featureShape: [2] }), {
        ...{ loss: 'binaryCrossentropy', optimizer, batchSize: 4, epochs: 2999, workers: 1, progress: false },
        callbacks: [
          {
            onEpochEnd({ metrics, stop }) {
              if (metrics.loss < 0.1) stop();
            },
          },
        ],
      });
      expect(history.metrics.loss.at(-1), `seed ${seed}`).toBeLessThan(0.1);
      expect(history.steps, `seed ${seed}`).toBeLessThan(2999);
    }
  });
});

describe('mistakes in their options are answered', () => {
  const mistake = (create: (options: never) => unknown, options: object, place: string, expected: string) => ({
    title: `${place} ${JSON.stringify(options)}`,
    make: () => create(options as never),
    answer: option(place, { expected }),
  });
  testMistakes([
    mistake(sgd, { weightDecay: -1 }, 'sgd.weightDecay', 'at least 0'),
    mistake(sgd, { weightDecay: Infinity }, 'sgd.weightDecay', 'finite'),
    mistake(adam, { clipValue: 0 }, 'adam.clipValue', 'greater than 0'),
    mistake(adam, { amsgrad: 1 }, 'adam.amsgrad', 'true or false'),
    mistake(adamW, { learningRate: 0 }, 'adamW.learningRate', ''),
    mistake(adamW, { weightDecay: '0.01' }, 'adamW.weightDecay', 'a number'),
    mistake(nadam, { momentumDecay: -0.1 }, 'nadam.momentumDecay', 'at least 0'),
    mistake(adamax, { beta2: 1 }, 'adamax.beta2', '[0, 1)'),
    mistake(adagrad, { initialAccumulatorValue: -0.1 }, 'adagrad.initialAccumulatorValue', 'at least 0'),
    mistake(adagrad, { epsilon: 0 }, 'adagrad.epsilon', 'greater than 0'),
    mistake(adadelta, { rho: 1 }, 'adadelta.rho', '[0, 1)'),
    mistake(rmsprop, { momentum: 1.5 }, 'rmsprop.momentum', '[0, 1)'),
    mistake(rmsprop, { centred: true }, 'rmsprop.centred', 'no such option'),
    mistake(lion, { beta1: NaN }, 'lion.beta1', 'a number'),
    mistake(lion, { epsilon: 1e-8 }, 'lion.epsilon', 'no such option'),
  ]);
});
