import {
  add,
  apply,
  categoryEncoding,
  constant,
  type Dataset,
  dense,
  embedding,
  type FitOptions,
  flatten,
  functional,
  input,
  type LockstepError,
  type Model,
  normalization,
  reshape,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { breakingDataset, breakingModel } from './support/breakingRun.ts';
import { raised } from './support/mistakes.ts';
import { signedNumbers } from './support/numbers.ts';
import { catchWarnings } from './support/warnings.ts';

/** A loss that is not finite: which layer, which number, and why. */
catchWarnings('LOCKSTEP_IDLE_CORES', 'LOCKSTEP_UNSCALED_FEATURES', 'LOCKSTEP_LEARNING_RATE');

const FIT = {
  loss: 'meanSquaredError',
  optimizer: sgd({ learningRate: 0.5 }),
  batchSize: 16,
  progress: false,
} as const;

async function failure(model: Model, data: Dataset, options: Partial<FitOptions> = {}): Promise<LockstepError> {
  const before = model.weightsHash();
  const error = (await raised(() =>
    model.fit(data, { ...FIT, workers: 1, shuffle: false, ...options }),
  )) as LockstepError;
  expect(error.code).toBe('LOSS_NOT_FINITE');
  if (error.place.startsWith('fit, step 1:')) expect(model.weightsHash()).toBe(before);
  return error;
}

/** 32 rows of two numbers, of which some are others. */
function rows(changed: Readonly<Record<number, number>>, label = 0.5): Dataset {
  const features = signedNumbers(64, 3);
  for (const [index, value] of Object.entries(changed)) features[Number(index)] = value;
  return tensorDataset({
    features,
    labels: Array.from({ length: 32 }, (_, row) => (row % 2 === 0 ? 0.25 : label)),
    featureShape: [2],
  });
}

const ones = { kernelInitializer: 'ones' } as const;
const stack = (): Model =>
  sequential([dense(17, { activation: 'relu', ...ones }), dense(5, { activation: 'relu', ...ones }), dense(1, ones)], {
    inputShape: [2],
  });

describe('names what was first not finite', () => {
  test.each([1, 2, 3])('the features: %i workers', async (workers) => {
    const error = await failure(breakingModel(), breakingDataset('NaN at a row', 42), {
      ...{ loss: 'sparseCategoricalCrossentropy', workers },
    });
    expect(error.place).toBe('fit, step 3: features');
    expect(error.received).toMatch(/^NaN in row 10 of the batch, column \d+$/);
    expect(error.advice).toContain('not finite');
  });

  test.each([1, 2, 3])('the layer that overflows on features that are not scaled: %i workers', async (workers) => {
    // Row 19 is the fourth of the second batch: column 1 makes the sums of the first layer infinite.
    const error = await failure(stack(), rows({ 38: 3e38, 39: 2e38 }), {
      workers,
      optimizer: sgd({ learningRate: 1e-6 }),
    });
    expect(error).toMatchObject({
      place: 'fit, step 2: layer "dense_1"',
      expected: 'a finite loss',
      received:
        'its output is the first that is not finite (Infinity in row 3 of the batch, unit 0), with a largest input of 3e+38',
    });
    expect(error.advice).toContain('features that are not scaled (3e+38 in row 3 of the batch, column 0;');
    expect(error.advice).toContain('a learning rate that is too large (0.000001 now; try 1e-7)');
  });

  test('before any update the learning rate is not to blame', async () => {
    const { place, advice } = await failure(stack(), rows({ 2: 3e38, 3: 2e38 }));
    expect(place).toBe('fit, step 1: layer "dense_1"');
    expect(advice).not.toContain('learning rate');
  });

  test('a layer in the middle', async () => {
    const model = sequential([dense(8, ones), dense(8, { kernelInitializer: constant(3e38) }), dense(1)], {
      inputShape: [2],
    });
    const { place, received, advice } = await failure(model, rows({ 0: 1, 1: 1 }));
    expect(place).toBe('fit, step 1: layer "dense_2"');
    expect(received).toContain('Infinity in row 0 of the batch, unit 0');
    expect(advice).toContain('first weights');
  });

  test('one of several branches', async () => {
    const x = input({ shape: [2] });
    const big = apply(dense(3, { name: 'big', ...ones }), x);
    const small = apply(dense(3, { name: 'small', kernelInitializer: 'zeros' }), x);
    const model = functional({ inputs: [x], output: apply(dense(1), add([small, big])) });
    expect((await failure(model, rows({ 0: 3e38, 1: 3e38 }))).place).toBe('fit, step 1: layer "big"');
  });

  test.each([1, 2])('weights that a learning rate has thrown away: %i workers', async (workers) => {
    const optimizer = sgd({ learningRate: 1e38 });
    const { place, received, advice } = await failure(stack(), rows({}, 50), { workers, optimizer });
    expect(place).toMatch(/^fit, step [23]: layer "dense_[123]"$/);
    expect(received).toMatch(/weights|output/);
    expect(advice).toContain('a learning rate that is too large (1e+38 now; try 1e+37)');
  });

  test('weights that were never finite', async () => {
    const model = stack();
    model.setWeights({ ...model.getWeights(), 'dense_2/kernel': new Float32Array(85).fill(NaN) });
    const error = await failure(model, rows({}));
    expect(error.place).toBe('fit, step 1: layer "dense_2"');
    expect(error.received).toBe('NaN in its weights dense_2/kernel');
  });

  test.each([
    ['embedding', embedding(7, 3)],
    ['categoryEncoding', categoryEncoding({ categories: 7, mode: 'oneHot' })],
  ] as const)('an index that %s has no entry for', async (kind, layer) => {
    const model = sequential([reshape([2, 1]), layer, flatten(), dense(1)], { inputShape: [2] });
    const data = tensorDataset({ features: [1, 2, 6, 7], labels: [0.5, 1], featureShape: [2] });
    const { place, received, advice } = await failure(model, data);
    expect(place).toBe(`fit, step 1: layer "${kind}_2"`);
    expect(received).toBe('index 7 in row 1 of the batch, column 1');
    expect(advice).toContain(`${kind} has entries for the whole numbers from 0 to 6`);
  });

  test('large features that a layer scales are not blamed', async () => {
    const scaled = [normalization({ mean: [0, 0], variance: [1e10, 1e10] }), dense(1, ones)];
    const { place, advice } = await failure(sequential(scaled, { inputShape: [2] }), rows({ 0: 1e5 }, 1e30));
    expect(place).toBe('fit, step 1: loss');
    expect(advice).not.toContain('not scaled');
  });

  test('labels whose squared error is beyond float32', async () => {
    const { place, received, advice } = await failure(stack(), rows({}, 1e30));
    expect(place).toBe('fit, step 1: loss');
    expect(received).toMatch(/^a loss beyond float32, of outputs up to [\d.]+ and labels up to 1e\+30$/);
    expect(advice).toContain('the labels');
  });

  test.each([1, 2])('a gradient whose norm is not finite, of a loss that is: %i workers', async (workers) => {
    const data = tensorDataset({ features: new Float32Array(16).fill(3e25), labels: [1e16, 1e16], featureShape: [8] });
    const model = sequential([dense(1, { kernelInitializer: 'zeros' })], { inputShape: [8] });
    const error = await failure(model, data, { gradientClipNorm: 1, workers });
    expect(error).toMatchObject({ place: 'fit, step 1: gradient', expected: 'a finite gradient' });
    expect(error.advice).toContain('features that are not scaled (3e+25');
  });
});
