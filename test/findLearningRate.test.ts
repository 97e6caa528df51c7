import { adam, cosineDecay, dense, type FindLearningRateOptions, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { raised, option, testMistakes } from './support/mistakes.ts';
import { SMALL, smallDataset, smallModel } from './support/resumeRun.ts';
import { catchWarnings } from './support/warnings.ts';

/** A search for a learning rate: what it measures, suggests and leaves alone. */
catchWarnings('LOCKSTEP_IDLE_CORES');

const OPTIONS = { loss: SMALL.loss, batchSize: 16, workers: 1 } as const;

describe('on a bowl, (w - 3)², whose curvature is 2', () => {
  // One row of 1: the loss of a batch is that of w alone, and descent diverges above a rate of 1.
  const bowl = tensorDataset({ features: [1], labels: [3], featureShape: [1] });
  const model = () => sequential([dense(1, { useBias: false, kernelInitializer: 'zeros' })], { inputShape: [1] });
  const options = {
    loss: 'meanSquaredError',
    optimizer: sgd(),
    minimum: 1e-3,
    maximum: 100,
    steps: 60,
    workers: 1,
  } as const;

  test('the losses are those of descent with rates that grow by one factor', async () => {
    const { learningRates, losses } = await model().findLearningRate(bowl, { ...options, smoothing: 0.5 });
    // The same in double precision, from the formulas.
    let w = 0;
    let average = 0;
    for (const [step, rate] of learningRates.entries()) {
      expect(rate / (1e-3 * 10 ** ((5 * step) / 59))).toBeCloseTo(1, 9);
      average = 0.5 * average + 0.5 * (w - 3) ** 2;
      const expected = average / (1 - 0.5 ** (step + 1));
      expect(Math.abs(losses[step] - expected)).toBeLessThan(1e-4 * Math.max(expected, 0.01));
      w -= rate * 2 * (w - 3);
    }
  });

  test('it stops when the loss is a multiple of the best, and suggests a rate that converges', async () => {
    const { learningRates, losses, suggestion } = await model().findLearningRate(bowl, options);
    const best = Math.min(...losses);
    expect(losses.length).toBeLessThan(60);
    expect(losses.at(-1)).toBeGreaterThan(4 * best);
    for (const [step, loss] of losses.slice(0, -1).entries())
      expect(loss).toBeLessThanOrEqual(4 * Math.min(...losses.slice(0, step + 1)));
    expect(learningRates.at(-1)).toBeGreaterThan(1);
    expect(suggestion).toBeGreaterThan(0.01);
    expect(suggestion).toBeLessThan(1);
    // Where the curve falls fastest, and not only somewhere.
    const at = learningRates.indexOf(suggestion ?? 0);
    const falls = losses.slice(2).map((loss, index) => losses[index] - loss);
    expect(falls[at - 1]).toBe(Math.max(...falls));
  });

  test('where the loss never explodes, it is a tenth of the rate at the minimum', async () => {
    // Rates that are all small: the loss falls faster and faster, to the last one.
    const small = { ...options, minimum: 1e-4, maximum: 0.02, smoothing: 0 };
    const { learningRates, losses, suggestion } = await model().findLearningRate(bowl, small);
    expect(losses.indexOf(Math.min(...losses))).toBe(59);
    expect(suggestion).toBe(learningRates[59] / 10);
  });

  test('weights that overflow end it as well', async () => {
    const huge = { ...options, minimum: 1e18, maximum: 1e38, smoothing: 0, divergence: 1e300 };
    const { losses } = await model().findLearningRate(bowl, huge);
    expect(losses.length).toBeGreaterThan(0);
    expect(losses.length).toBeLessThan(10);
  });

  test('batches whose rows have no weight say nothing of their rate', async () => {
    const sampleWeights = [1, 0, 1];
    const data = tensorDataset({ features: [1, 1, 1], labels: [3, 3, 3], featureShape: [1], sampleWeights });
    const small = { ...options, maximum: 0.1, steps: 9, shuffle: false, batchSize: 1, smoothing: 0 };
    const { losses } = await model().findLearningRate(data, small);
    expect(losses).toHaveLength(9);
    expect(losses.every(Number.isFinite)).toBe(true);
    for (const step of [1, 4, 7]) expect(losses[step]).toBe(losses[step - 1]);
    expect(losses[8]).toBeLessThan(losses[7]);
  });

  test('a loss that only grows suggests nothing', async () => {
    const { suggestion } = await model().findLearningRate(bowl, { ...options, minimum: 50, smoothing: 0, steps: 10 });
    expect(suggestion).toBeNull();
  });
});

test('is the same on any number of workers, and leaves the model as it is', async () => {
  const searches = [];
  for (const workers of [1, 2]) {
    const model = smallModel();
    const before = model.weightsHash();
    const options: FindLearningRateOptions = {
      ...{ ...OPTIONS, workers, steps: 23 },
      // The schedule of the optimizer makes room for the search.
      optimizer: adam({ learningRate: cosineDecay({ initialLearningRate: 1, decaySteps: 5 }) }),
    };
    searches.push(await model.findLearningRate(smallDataset(), options));
    expect(model.weightsHash()).toBe(before);
    expect((await model.fit(smallDataset(), { ...SMALL, workers: 1 })).steps).toBe(10);
  }
  expect(searches[1]).toEqual(searches[0]);
  expect(searches[0].learningRates).toHaveLength(searches[0].losses.length);
  expect(searches[0].learningRates[0]).toBe(1e-7);
});

test('what is wrong before the first step is told', async () => {
  expect(await raised(() => smallModel().findLearningRate(smallDataset(), { loss: 'meanSquaredError' }))).toMatchObject(
    {
      code: 'UNSUPPORTED',
      place: 'fit.loss',
    },
  );
});

const find = (options: object) => (): unknown =>
  smallModel().findLearningRate(smallDataset(), { ...OPTIONS, ...options });

testMistakes([
  {
    title: 'no dataset',
    make: () => smallModel().findLearningRate([] as never, OPTIONS),
    answer: option('findLearningRate(dataset)'),
  },
  { title: 'a search backwards', make: find({ minimum: 1, maximum: 0.1 }), answer: option('findLearningRate.minimum') },
  { title: 'no steps', make: find({ steps: 0 }), answer: option('findLearningRate.steps') },
  {
    title: 'an end before the beginning',
    make: find({ divergence: 1 }),
    answer: option('findLearningRate.divergence'),
  },
  { title: 'an unknown option', make: find({ epochs: 3 }), answer: option('findLearningRate.epochs') },
]);
