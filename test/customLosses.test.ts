import {
  type CustomLoss,
  type Dataset,
  defineLoss,
  dense,
  type FitOptions,
  LockstepError,
  type Loss,
  type Model,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import * as broken from './support/brokenLayers.ts';
import { expectile, likelihood } from './support/expectile.ts';
import { temporaryFolder } from './support/folder.ts';
import { liveWorkers } from './support/liveWorkers.ts';
import { raised, testMistakes } from './support/mistakes.ts';
import { classNumbers, signedNumbers } from './support/numbers.ts';

// Gradients, partitions and one hash are the tables' (cases.ts); here is what they do not say.

const INPUTS = 4;
const ROWS = 60;

const OPTIONS = {
  ...{ optimizer: sgd({ learningRate: 0.05 }), progress: false, batchSize: 20, shards: 2, shuffle: false },
} as const satisfies Partial<FitOptions>;

function create(units = 1): Model {
  return sequential([dense(6, { activation: 'tanh' }), dense(units)], { inputShape: [INPUTS], seed: 2 });
}

function createDataset(labels = signedNumbers(ROWS, 5)): Dataset {
  return tensorDataset({ features: signedNumbers(ROWS * INPUTS, 1), labels, featureShape: [INPUTS] });
}

describe('a loss of a user', () => {
  test('trains and is told as the same loss of Lockstep', async () => {
    // Both sides weigh one half, so that it is half the squared error; and a step twice as long goes as far.
    const own = create();
    const doubled = sgd({ learningRate: 0.1 });
    const options = { ...OPTIONS, validation: createDataset(), epochs: 3, workers: 1 };
    const history = await own.fit(createDataset(), { ...options, loss: expectile(), optimizer: doubled });
    const built = create();
    const expected = await built.fit(createDataset(), { ...options, loss: 'meanSquaredError' });
    for (const metric of ['loss', 'valLoss']) {
      for (const [epoch, value] of expected.metrics[metric].entries()) {
        expect(2 * history.metrics[metric][epoch]).toBeCloseTo(value, 5);
      }
    }
    const [mine, theirs] = [own, built].map((model) => Object.values(model.getWeights()).flatMap((data) => [...data]));
    for (const [i, value] of theirs.entries()) expect(mine[i]).toBeCloseTo(value, 5);
    const [one, two] = await Promise.all(
      [1, 2].map((workers) => own.evaluate(createDataset(), { loss: expectile(), workers })),
    );
    expect(two).toEqual(one);
    expect(one['loss']).toBeCloseTo(history.metrics['valLoss'][2], 6);
  });

  test('may have labels of another width than the output, and be infinite, which is no mistake', async () => {
    const model = sequential([dense(3, { activation: 'softmax' })], { inputShape: [INPUTS], seed: 1 });
    const features = signedNumbers(ROWS * INPUTS, 1);
    const classes = classNumbers(ROWS, 3, 2);
    const data = tensorDataset({ features, labels: Float32Array.from(classes), featureShape: [INPUTS] });
    const { loss } = await model.gradients({ features, labels: Float32Array.from(classes), loss: likelihood() });
    const usual = await model.gradients({ features, labels: classes, loss: 'sparseCategoricalCrossentropy' });
    expect(loss).toBeCloseTo(usual.loss, 6);
    model.setWeights({ 'dense_1/kernel': new Float32Array(INPUTS * 3), 'dense_1/bias': [1e4, 0, 0] });
    const error = await raised(() => model.fit(data, { ...OPTIONS, loss: likelihood(), workers: 1 }));
    expect(error).toMatchObject({ code: 'LOSS_NOT_FINITE' });
  });

  test('has its options and its module in what a resumed run must have', async () => {
    const checkpoint = { directory: temporaryFolder() };
    const run = (loss: Loss, more: Partial<FitOptions> = {}): Promise<unknown> =>
      create().fit(createDataset(), { ...OPTIONS, loss, workers: 1, checkpoint, epochs: 2, ...more });
    await run(expectile({ tau: 0.3 }), { epochs: 1 });
    const received = async (loss: Loss): Promise<string> => {
      const error = await raised(() => run(loss, { resume: true }));
      expect(error).toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
      return (error as LockstepError).received;
    };
    expect(await received(expectile({ tau: 0.4 }))).toContain('fit.loss.options.tau is 0.3 in the checkpoint and 0.4');
    expect(await received(broken.throwsLoss())).toContain('fit.loss.source');
    await run(expectile({ tau: 0.3 }), { resume: true });
  });
});

const STEP_MISTAKES: readonly { loss: CustomLoss; member: string; received: string; workers: number }[] = [
  { loss: broken.throwsLoss, member: 'loss', received: 'RangeError: no such label, at ', workers: 1 },
  { loss: broken.throwsLoss, member: 'loss', received: 'RangeError: no such label, at ', workers: 2 },
  { loss: broken.returnsNothing, member: 'loss', received: 'undefined', workers: 1 },
  { loss: broken.readsBeyondLabel, member: 'loss', received: 'NaN, though', workers: 1 },
  { loss: broken.leavesGradientOut, member: 'gradient', received: 'NaN in outputGradient[0]', workers: 1 },
];

describe('a function that fails ends the run as a mistake, with its place', () => {
  test.each(STEP_MISTAKES.map((mistake) => ({ ...mistake, name: mistake.loss.loss })))(
    '$name, $workers workers',
    async ({ loss, name, member, received, workers }) => {
      const labels = signedNumbers(ROWS, 5);
      labels[45] = broken.MARK;
      const model = create();
      const error = await raised(() => model.fit(createDataset(labels), { ...OPTIONS, loss: loss(), workers }));
      expect(error).toBeInstanceOf(LockstepError);
      const found = error as LockstepError;
      expect(found.code).toBe('LOSS_FAILED');
      expect(found.place).toBe(`step 3, loss "${name}", row 5 of the batch: ${member} of ${loss.module}`);
      expect(found.received).toContain(received);
      expect(liveWorkers()).toBe(0);
      const before = create();
      await before.fit(createDataset(labels), { ...OPTIONS, loss: loss(), workers: 1, maxSteps: 2 });
      expect(model.weightsHash()).toBe(before.weightsHash());
    },
  );
});

const nothing = { loss: () => 0, gradient: () => {} };
const define = (definition: unknown): CustomLoss =>
  defineLoss(import.meta.url, definition as Parameters<typeof defineLoss>[1]);
const wrong = (value: unknown): never => value as never;
const fit =
  (loss: unknown, options: Partial<FitOptions> = {}, units = 2) =>
  (): unknown =>
    create(units).fit(createDataset(), { ...OPTIONS, workers: 1, ...options, loss: wrong(loss) });

describe('mistakes', () => {
  testMistakes([
    {
      title: 'no gradient',
      make: () => define({ name: 'own', loss: () => 0 }),
      answer: { code: 'INVALID_MODEL', place: 'defineLoss(gradient)', expected: 'a function' },
    },
    {
      title: 'a member of layers',
      make: () => define({ ...nothing, name: 'own', forward: () => {} }),
      answer: { code: 'INVALID_MODEL', place: 'defineLoss(forward)', advice: 'labelWidth' },
    },
    {
      title: 'a loss that was not called',
      make: fit(expectile),
      answer: { code: 'INVALID_OPTION', place: 'fit.loss', received: 'function', advice: 'expectile()' },
    },
    {
      title: 'a loss out of a file',
      make: fit(JSON.parse(JSON.stringify(expectile()))),
      answer: { code: 'INVALID_OPTION', place: 'fit.loss', received: 'custom' },
    },
    {
      title: 'labels of another width',
      make: fit(expectile()),
      answer: { code: 'SHAPE_MISMATCH', place: 'fit: labels of a row', expected: '2 for expectile', received: '1' },
    },
    {
      title: 'a width that is none',
      make: fit(define({ ...nothing, name: 'own', labelWidth: () => 0 })()),
      answer: { code: 'INVALID_OPTION', place: `loss "own": labelWidth of ${import.meta.url}`, received: '0' },
    },
    {
      title: 'accuracy',
      make: fit(expectile(), { metrics: ['accuracy'] }, 1),
      answer: { code: 'UNSUPPORTED', place: 'fit.metrics', received: 'accuracy with expectile' },
    },
    {
      title: 'errors of labels that are not those of the outputs',
      make: fit(likelihood(), { metrics: ['meanAbsoluteError'] }, 3),
      answer: {
        code: 'UNSUPPORTED',
        place: 'fit.metrics',
        received: 'with likelihood and 3 outputs',
        advice: 'watch the loss',
      },
    },
    {
      title: 'a module that does not export it',
      make: fit(define({ ...nothing, name: 'own', labelWidth: () => 1 })()),
      answer: { code: 'LOSS_FAILED', place: 'loss "own"', advice: 'defineLoss(import.meta.url' },
    },
  ]);
});
