import {
  adam,
  dense,
  type Callback,
  type CallbackState,
  type Dataset,
  earlyStopping,
  type EarlyStoppingOptions,
  type History,
  type Model,
  reduceLearningRateOnPlateau,
  sequential,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { classNumbers, signedNumbers } from './support/numbers.ts';
import { temporaryFolder } from './support/folder.ts';
import { type ResumeCase, resultOf, SMALL, SMALL_STEPS, smallModel } from './support/resumeRun.ts';
import { catchWarnings } from './support/warnings.ts';

/** Ending a run when a metric has stopped improving, and what callbacks remember from one part of a run to the next. */
catchWarnings('LOCKSTEP_IDLE_CORES');

/** Which of the first three of six numbers is the largest, but for every third row, whose label is any. */
function noisyDataset(rows: number, seed: number): Dataset {
  const features = signedNumbers(rows * 6, seed);
  const labels = classNumbers(rows, 3, seed + 1).map((any, row) => {
    const first = [...features.subarray(row * 6, row * 6 + 3)];
    return row % 3 === 0 ? any : first.indexOf(Math.max(...first));
  });
  return tensorDataset({ features, labels, featureShape: [6] });
}

/** It learns what holds for other rows as well, and then by heart what does not: the validation loss falls, and rises. */
const OVERFITTING: ResumeCase = {
  ...{ name: 'overfitting', model: smallModel, dataset: async () => noisyDataset(70, 1), steps: SMALL_STEPS },
  options: { ...SMALL, optimizer: adam({ learningRate: 0.05 }), epochs: 30, validation: noisyDataset(60, 5) },
};

interface Ended {
  readonly history: History;
  readonly model: Model;
}

async function run(callbacks: readonly Callback[], more: object = {}): Promise<Ended> {
  const model = smallModel();
  const history = await model.fit(await OVERFITTING.dataset(), {
    ...OVERFITTING.options,
    workers: 1,
    callbacks,
    ...more,
  });
  expect(model.weightsHash()).toBe(history.weightsHash);
  return { history, model };
}

/** The epoch, from 1, after which the rule says to stop; written down once more, over the whole curve at once. */
function lastEpoch(
  values: readonly number[],
  { patience = 1, minDelta = 0, mode = 'min' }: EarlyStoppingOptions,
): number {
  const sign = mode === 'max' ? -1 : 1;
  let best = 0;
  for (let epoch = 1; epoch < values.length; epoch++) {
    if (sign * values[epoch] < sign * values[best] - minDelta) best = epoch;
    else if (epoch - best >= patience) return epoch + 1;
  }
  return values.length;
}

/** The same run, not stopped. */
const whole = run([]);

describe('a run is stopped', () => {
  test('the curve of this run turns: its best epoch is neither the first nor the last', async () => {
    const { valLoss } = (await whole).history.metrics;
    const best = valLoss.indexOf(Math.min(...valLoss));
    expect(best).toBeGreaterThan(0);
    expect(best).toBeLessThan(valLoss.length - 5);
  });

  const cases: readonly (EarlyStoppingOptions & { readonly monitor: string })[] = [
    { monitor: 'valLoss' },
    { monitor: 'valLoss', patience: 3 },
    { monitor: 'valLoss', patience: 5, minDelta: 0.005 },
    { monitor: 'valLoss', patience: 2, minDelta: 10 },
    { monitor: 'valLoss', mode: 'max', patience: 2 },
    { monitor: 'valAccuracy', patience: 2 },
    { monitor: 'accuracy', mode: 'min', patience: 3 },
    { monitor: 'loss', patience: 2, minDelta: 0.03 },
    { monitor: 'loss', patience: 1000 },
  ];
  test('by the first of two that watch two metrics', async () => {
    const stoppings = [{ monitor: 'loss', patience: 2, minDelta: 0.03 }, { monitor: 'valLoss' }];
    const alone = await Promise.all(stoppings.map((options) => run([earlyStopping(options)])));
    const epochs = alone.map(({ history }) => history.epochs.length);
    expect(new Set(epochs).size).toBe(2);
    const { history } = await run(stoppings.map((options) => earlyStopping(options)));
    expect(history.epochs).toHaveLength(Math.min(...epochs));
  });

  test.each(cases)('when there is no improvement: %o', async (options) => {
    const values = (await whole).history.metrics[options.monitor];
    const epochs = lastEpoch(values, { mode: /accuracy/i.test(options.monitor) ? 'max' : 'min', ...options });
    const { history } = await run([earlyStopping(options)]);
    expect(history.epochs).toHaveLength(epochs);
    expect(history.stoppedBy).toBe(epochs < values.length ? 'callback' : 'completion');
    expect(history.metrics[options.monitor]).toEqual(values.slice(0, epochs));
    // The weights are those of its last epoch.
    expect(history.weightsHash).toBe((await whole).history.weightsHashes[epochs - 1]);
  });

  test('by default one epoch after the best validation loss so far', async () => {
    const { valLoss } = (await whole).history.metrics;
    expect((await run([earlyStopping()])).history.epochs).toHaveLength(lastEpoch(valLoss, {}));
  });

  test.each([1, 2])('with the weights of its best epoch, %i workers', async (workers) => {
    const { history: long } = await whole;
    const epochs = lastEpoch(long.metrics['valLoss'], { patience: 4 });
    const best = long.metrics['valLoss'].indexOf(Math.min(...long.metrics['valLoss'].slice(0, epochs)));
    const { history, model } = await run([earlyStopping({ patience: 4, restoreBestWeights: true })], { workers });
    expect(history.epochs).toHaveLength(epochs);
    expect(model.weightsHash()).toBe(long.weightsHashes[best]);
    // What the epochs left is told as it was.
    expect(history.weightsHashes).toEqual(long.weightsHashes.slice(0, epochs));
  });

  test('and also one that comes to its end before has the weights of its best epoch', async () => {
    const { history: long } = await whole;
    const best = long.metrics['valLoss'].indexOf(Math.min(...long.metrics['valLoss']));
    const { model } = await run([earlyStopping({ patience: 1000, restoreBestWeights: true })]);
    expect(model.weightsHash()).toBe(long.weightsHashes[best]);
  });

  test('a callback that serves a second run starts afresh', async () => {
    const callback = earlyStopping({ patience: 2, restoreBestWeights: true });
    const [first, second] = [await run([callback]), await run([callback])];
    expect(resultOf(second.history)).toEqual(resultOf(first.history));
  });

  test.each([
    () => earlyStopping({ patience: 2, restoreBestWeights: true }),
    // Every epoch is worse than one that was better by so much.
    () => reduceLearningRateOnPlateau({ patience: 2, minDelta: 10 }),
  ])('also when that run goes on from a checkpoint that does not know it: %s', async (create) => {
    const histories: History[] = [];
    for (const served of [true, false]) {
      const checkpoint = { directory: temporaryFolder() };
      await run([], { checkpoint, maxSteps: 2 * SMALL_STEPS });
      const callback = create();
      if (served) await run([callback]);
      histories.push((await run([callback], { checkpoint, resume: true })).history);
    }
    expect(resultOf(histories[0])).toEqual(resultOf(histories[1]));
  });

  test('an infinite loss is never the best, and is no reason against a checkpoint', async () => {
    const model = sequential([dense(1, { kernelInitializer: 'ones' })], { inputShape: [8] });
    const features = { train: 1, validation: 3e38 };
    const dataset = (value: number): Dataset =>
      tensorDataset({ features: Array.from({ length: 16 }, () => value), labels: [8, 8], featureShape: [8] });
    const history = await model.fit(dataset(features.train), {
      ...{ loss: 'meanSquaredError', epochs: 5, workers: 1, validation: dataset(features.validation) },
      ...{ callbacks: [earlyStopping({ patience: 3, restoreBestWeights: true })], progress: false },
      checkpoint: { directory: temporaryFolder(), keepBest: 'valLoss' },
    });
    expect(history.metrics['valLoss']).toEqual([Infinity, Infinity, Infinity]);
    expect(history).toMatchObject({ stoppedBy: 'callback', checkpoints: { best: null, failed: 0 } });
  });

  test.each([
    { monitor: 'valAuc', metrics: undefined },
    { monitor: 'accuracy', metrics: [] },
  ])('not by a metric that it does not have: $monitor', async ({ monitor, metrics }) => {
    await expect(run([earlyStopping({ monitor })], metrics === undefined ? {} : { metrics })).rejects.toMatchObject({
      ...{ code: 'INVALID_OPTION', place: 'earlyStopping.monitor', received: `"${monitor}"` },
    });
  });
});

describe('interrupted and resumed', () => {
  const create = (): Callback[] => [earlyStopping({ patience: 4, restoreBestWeights: true })];

  test('after any of its epochs, and in the middle of one, it ends the same way', async () => {
    const expected = await run(create());
    const epochs = expected.history.epochs.length;
    for (let epoch = 1; epoch < epochs; epoch++) {
      for (const maxSteps of [epoch * SMALL_STEPS, epoch * SMALL_STEPS - 2]) {
        const checkpoint = { directory: temporaryFolder() };
        await run(create(), { checkpoint, maxSteps });
        const { history } = await run(create(), { checkpoint, resume: true });
        expect(resultOf(history), `${maxSteps} steps`).toEqual(resultOf(expected.history));
      }
    }
  });

  test('a stop after what maxSteps has left of an epoch is none for a run with more steps', async () => {
    const checkpoint = { directory: temporaryFolder() };
    const stopping: Callback = { onEpochEnd: ({ stop }) => stop() };
    const cut = await run([stopping], { checkpoint, maxSteps: SMALL_STEPS - 2 });
    expect(cut.history).toMatchObject({ stoppedBy: 'callback', steps: SMALL_STEPS - 2 });
    const { history } = await run([], { checkpoint, resume: true });
    expect(resultOf(history)).toEqual(resultOf((await whole).history));
  });

  test('when it has been stopped, it does nothing more', async () => {
    const checkpoint = { directory: temporaryFolder() };
    const first = await run(create(), { checkpoint });
    for (const more of [{}, { epochs: 60 }, { workers: 2 }]) {
      const { history } = await run(create(), { checkpoint, resume: true, ...more });
      expect(resultOf(history)).toEqual(resultOf(first.history));
    }
  });
});

describe('what callbacks remember is in the checkpoint', () => {
  /** Counts epochs, and keeps numbers that only grow by its own hand. */
  class Counter implements Callback {
    readonly name: string;
    epochs = 0;
    sums: Float32Array = new Float32Array(3);

    constructor(name = 'counter') {
      this.name = name;
    }

    onEpochEnd(): void {
      this.epochs++;
      this.sums = this.sums.map((sum, i) => sum + this.epochs * (i + 0.1));
    }

    saveState(): CallbackState {
      return { json: { epochs: this.epochs, note: 'ä "quoted"' }, tensors: { sums: this.sums } };
    }

    loadState({ json, tensors = {} }: CallbackState): void {
      const { epochs, note } = json as { epochs: number; note: string };
      if (note !== 'ä "quoted"') throw new Error(`the note came back as ${note}`);
      this.epochs = epochs;
      this.sums = tensors['sums'];
    }
  }

  test('each has its own, under its name', async () => {
    const undisturbed = [new Counter('one'), new Counter('other')];
    await run(undisturbed, { epochs: 4 });
    const checkpoint = { directory: temporaryFolder() };
    let last: Counter[] = [];
    for (const maxSteps of [3, 2 * SMALL_STEPS, 3 * SMALL_STEPS, 4 * SMALL_STEPS]) {
      last = [new Counter('other'), new Counter('one')];
      await run(last, { epochs: 4, maxSteps, checkpoint, resume: true });
    }
    expect(last.map(({ epochs }) => epochs)).toEqual([4, 4]);
    expect(last.map(({ sums }) => sums)).toEqual(undisturbed.map(({ sums }) => sums));
  });

  test('one that the checkpoint does not know starts afresh', async () => {
    const checkpoint = { directory: temporaryFolder() };
    await run([new Counter('one')], { epochs: 4, maxSteps: 2 * SMALL_STEPS, checkpoint });
    const other = new Counter('other');
    await run([other], { epochs: 4, checkpoint, resume: true });
    expect(other.epochs).toBe(2);
  });

  test('two of one name are refused before anything is done', async () => {
    let began = false;
    const callbacks = [new Counter(), { onTrainBegin: () => void (began = true) }, new Counter()];
    await expect(run(callbacks)).rejects.toMatchObject({
      ...{ code: 'INVALID_OPTION', place: 'fit.callbacks', received: '"counter" twice' },
    });
    expect(began).toBe(false);
  });
});
