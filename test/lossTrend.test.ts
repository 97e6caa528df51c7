import { fileURLToPath } from 'node:url';
import { arrowDataset } from '@lockstep/arrow';
import { adam, dense, type FitOptions, type History, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './support/folder.ts';
import { SMALL, smallDataset, smallModel } from './support/resumeRun.ts';
import { catchWarnings } from './support/warnings.ts';

/** A training that diverges or oscillates says so, once, and names the learning rate; others say nothing. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

describe('a quadratic bowl of curvatures 1 and 9', () => {
  const bowl = tensorDataset({ features: [1, 0, 0, 3], labels: Float32Array.of(0, 0), featureShape: [2] });
  const limit = 2 / 9;

  async function descend(learningRate: number, options: Partial<FitOptions> = {}): Promise<History> {
    const model = sequential([dense(1, { useBias: false, kernelInitializer: 'ones' })], { inputShape: [2] });
    const own = { loss: 'meanSquaredError', optimizer: sgd({ learningRate }), batchSize: 2, epochs: 30 } as const;
    return model.fit(bowl, { ...own, workers: 1, progress: false, ...options });
  }

  test.each([0.01, 0.5, 0.9, 0.99])('nothing at %f of the limit 2/λmax', async (part) => {
    expect((await descend(part * limit)).notices).toEqual([]);
  });

  test.each([1.05, 1.5, 3])('diverging at %f times the limit', async (part) => {
    const rate = part * limit;
    const { notices, metrics } = await descend(rate, { epochs: 20 });
    expect(notices).toHaveLength(1);
    expect(notices[0].code).toBe('LOCKSTEP_LEARNING_RATE');
    expect(notices[0].message).toContain('The training diverges: its loss was');
    const short = (value: number): string => String(Number(value.toPrecision(3)));
    expect(notices[0].message).toContain(`The learning rate is ${short(rate)}; try ${short(rate / 10)}`);
    expect(metrics['loss'].at(-1)).toBeGreaterThan(Math.min(...metrics['loss']));
    expect(await takeWarnings()).toMatchObject(notices);
  });

  test('a run that resumes sees the losses of the whole run', async () => {
    const checkpoint = { directory: temporaryFolder() };
    const learningRate = 1.2 * limit;
    expect((await descend(learningRate, { epochs: 3, checkpoint })).notices).toEqual([]);
    const { notices } = await descend(learningRate, { epochs: 8, checkpoint, resume: true });
    expect(notices).toHaveLength(1);
    expect(await takeWarnings()).toHaveLength(1);
  });
});

test.each([
  [2, 'oscillates'],
  [0.1, null],
])('an absolute error, whose gradient does not shrink, at a rate of %f: %s', async (learningRate, seen) => {
  const data = tensorDataset({ features: [1], labels: Float32Array.of(3.3), featureShape: [1] });
  const model = sequential([dense(1, { useBias: false, kernelInitializer: 'zeros' })], { inputShape: [1] });
  const options = { loss: 'meanAbsoluteError', optimizer: sgd({ learningRate }), epochs: 50, workers: 1 } as const;
  const { notices } = await model.fit(data, { ...options, progress: false });
  expect(notices.map(({ message }) => message)).toEqual(
    seen === null
      ? []
      : [expect.stringMatching(/^The training oscillates: .*between 0.7 and 1.3 .*rate is 2; try 0.667,/)],
  );
  expect(await takeWarnings()).toHaveLength(notices.length);
});

test('networks that learn at usual rates say nothing, noisy as they are', async () => {
  for (const optimizer of [
    sgd({ learningRate: 0.01 }),
    sgd({ learningRate: 0.1 }),
    adam(),
    adam({ learningRate: 0.01 }),
  ]) {
    for (const batchSize of [2, 16, 70]) {
      const history = await smallModel().fit(smallDataset(), {
        ...SMALL,
        batchSize,
        optimizer,
        epochs: 60,
        workers: 1,
      });
      expect(history.notices, `${optimizer.kind}, ${batchSize}`).toEqual([]);
    }
  }
});

test('nor do the digits', async () => {
  const file = fileURLToPath(new URL('../examples/digits/data/digits-train.arrow', import.meta.url));
  const data = await arrowDataset(file, { features: ['pixels'], label: 'digit', scale: 1 / 16 });
  const model = sequential([dense(32, { activation: 'relu' }), dense(10, { activation: 'softmax' })], {
    inputShape: [64],
  });
  const history = await model.fit(data, { ...SMALL, batchSize: 64, optimizer: adam(), epochs: 25, workers: 1 });
  expect(history.notices).toEqual([]);
});
