import { readFileSync } from 'node:fs';
import {
  activation,
  batchNormalization,
  checkOptimizer,
  type Dataset,
  dense,
  type FitOptions,
  l1l2,
  type Loss,
  type Model,
  type RegularizerSpec,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';

/** What PyTorch computed in float64; test/pytorch/record.py wrote it, and the file says how. */
interface Recorded {
  readonly torch: string;
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  readonly rows: number;
  readonly weights: Weights;
  readonly batches: readonly { readonly features: readonly number[]; readonly labels: readonly number[] }[];
  /** Training on XOR: a digit of `codes` is a row, its bits the features; a loss was recorded `every` so many batches. */
  readonly xor: {
    readonly hidden: number;
    readonly rows: number;
    readonly every: number;
    readonly weights: Weights;
    readonly codes: string;
  };
  readonly normalized: RecordedNormalization;
  readonly runs: Readonly<Record<string, RecordedRun>>;
  /** l1 and l2 by parameter; and the ten steps with them in the loss, by the key of the run with the same optimizer. */
  readonly penalties: Readonly<Record<string, readonly [number, number]>>;
  readonly regularized: Readonly<Record<string, RecordedTraining>>;
}

/** Batch normalization, with PyTorch's momentum and its unbiased running variance; plain descent. */
interface RecordedNormalization {
  readonly epsilon: number;
  readonly momentum: number;
  readonly start: Weights;
  readonly losses: readonly number[];
  /** Of the first batch. */
  readonly gradients: Weights;
  readonly weights: Weights;
  readonly runningMean: readonly number[];
  readonly runningVariance: readonly number[];
  /** Probabilities of the first batch after the last step, by the running statistics. */
  readonly outputs: readonly number[];
}

type Weights = Readonly<Record<string, readonly number[]>>;

interface RecordedRun {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly steps: RecordedTraining;
  readonly xor: RecordedTraining;
}

interface RecordedTraining {
  /** Before the batch's update. */
  readonly losses: readonly number[];
  /** After the last update. */
  readonly weights: Weights;
}

/** One of the two networks, with its batches one after the other: unshuffled, step i sees batch i. */
interface Training {
  readonly createModel: () => Model;
  readonly dataset: Dataset;
  readonly fit: Pick<FitOptions, 'batchSize'> & { readonly loss: Loss };
  readonly steps: number;
  /** How many steps lie between two recorded losses. */
  readonly every: number;
  readonly batch: (step: number) => { readonly features: readonly number[]; readonly labels: readonly number[] };
}

const recorded = JSON.parse(readFileSync(new URL('./pytorch/recorded.json', import.meta.url), 'utf8')) as Recorded;
const { batches, xor } = recorded;

/** Ten steps in float32 against ten in float64, on numbers near 1 that are rounded by 6e-8: 1.6e-7 is seen. */
const STEPS_BOUND = 1e-6;
/** A thousand steps: rounding adds up, and momentum amplifies it. 1.0e-5 is seen. */
const XOR_BOUND = 3e-5;

const TEN_STEPS: Training = {
  createModel: () =>
    withWeights(
      sequential(
        [
          dense(recorded.hidden, { activation: 'relu', name: 'hidden' }),
          dense(recorded.classes, { activation: 'softmax', name: 'output' }),
        ],
        { inputShape: [recorded.inputs] },
      ),
      recorded.weights,
    ),
  dataset: tensorDataset({
    features: batches.flatMap(({ features }) => features),
    labels: Int32Array.from(batches.flatMap(({ labels }) => labels)),
    featureShape: [recorded.inputs],
  }),
  fit: { loss: 'sparseCategoricalCrossentropy', batchSize: recorded.rows },
  ...{ steps: batches.length, every: 1, batch: (step) => batches[step] },
};

const regularizerOf = (parameter: string): RegularizerSpec => {
  const [sizes, squares] = recorded.penalties[parameter];
  return l1l2({ l1: sizes, l2: squares });
};

/** The same network with penalties for its weights. */
const REGULARIZED: Training = {
  ...TEN_STEPS,
  createModel: () =>
    withWeights(
      sequential(
        [
          dense(recorded.hidden, {
            ...{ activation: 'relu', name: 'hidden' },
            kernelRegularizer: regularizerOf('hidden/kernel'),
            biasRegularizer: regularizerOf('hidden/bias'),
          }),
          dense(recorded.classes, {
            ...{ activation: 'softmax', name: 'output' },
            kernelRegularizer: regularizerOf('output/kernel'),
          }),
        ],
        { inputShape: [recorded.inputs] },
      ),
      recorded.weights,
    ),
};

const xorRows = Array.from(xor.codes, Number);
const xorFeatures = xorRows.flatMap((code) => [code >> 1, code & 1]);
const xorLabels = xorRows.map((code) => (code >> 1) ^ (code & 1));

const XOR: Training = {
  createModel: () =>
    withWeights(
      sequential(
        [
          dense(xor.hidden, { activation: 'sigmoid', name: 'hidden' }),
          dense(1, { activation: 'sigmoid', name: 'output' }),
        ],
        { inputShape: [2] },
      ),
      xor.weights,
    ),
  dataset: tensorDataset({ features: xorFeatures, labels: Float32Array.from(xorLabels), featureShape: [2] }),
  fit: { loss: 'binaryCrossentropy', batchSize: xor.rows },
  ...{ steps: xorRows.length / xor.rows, every: xor.every },
  batch: (step) => ({
    features: xorFeatures.slice(2 * step * xor.rows, 2 * (step + 1) * xor.rows),
    labels: xorLabels.slice(step * xor.rows, (step + 1) * xor.rows),
  }),
};

describe(`the same weights and batches as PyTorch ${recorded.torch} give the same training`, () => {
  test.each(Object.entries(recorded.runs))('ten steps, %s', async (_, run) => {
    const differences = await differencesOf(TEN_STEPS, run, run.steps);
    for (const [name, difference] of differences) expect(difference, name).toBeLessThan(STEPS_BOUND);
  });

  test.each(Object.entries(recorded.runs))('a thousand steps, %s', async (_, run) => {
    const differences = await differencesOf(XOR, run, run.xor);
    for (const [name, difference] of differences) expect(difference, name).toBeLessThan(XOR_BOUND);
  });

  test.each(Object.entries(recorded.regularized))('ten steps with penalties, %s', async (key, expected) => {
    const run = recorded.runs[key];
    const differences = await differencesOf(REGULARIZED, run, expected);
    for (const [name, difference] of differences) expect(difference, name).toBeLessThan(STEPS_BOUND);
    const { metrics } = await REGULARIZED.createModel().fit(TEN_STEPS.dataset, options(REGULARIZED, run));
    const mean = expected.losses.reduce((sum, loss) => sum + loss, 0) / expected.losses.length;
    expect(largestDifference(metrics.loss, [mean])).toBeLessThan(STEPS_BOUND);
  });

  test('ten steps with batch normalization: losses, gradients, moving averages and predictions', async () => {
    const { normalized } = recorded;
    const momentum = 1 - normalized.momentum;
    const createModel = (): Model => {
      const model = sequential(
        [
          dense(recorded.hidden, { name: 'hidden' }),
          batchNormalization({ epsilon: normalized.epsilon, momentum, name: 'norm' }),
          activation('relu'),
          dense(recorded.classes, { activation: 'softmax', name: 'output' }),
        ],
        { inputShape: [recorded.inputs] },
      );
      model.setWeights({ ...model.getWeights(), ...normalized.start });
      return model;
    };
    const trained = async (steps: number): Promise<Model> => {
      const model = createModel();
      const fit = { ...TEN_STEPS.fit, optimizer: sgd({ learningRate: 0.1 }), shuffle: false, workers: 1 };
      if (steps > 0) await model.fit(TEN_STEPS.dataset, { ...fit, progress: false, maxSteps: steps });
      return model;
    };
    for (const [step, loss] of normalized.losses.entries()) {
      const found = await (
        await trained(step)
      ).gradients({ ...batches[step], loss: TEN_STEPS.fit.loss, training: true });
      expect(largestDifference([found.loss], [loss]), `loss ${step}`).toBeLessThan(STEPS_BOUND);
      if (step > 0) continue;
      for (const [name, values] of Object.entries(normalized.gradients))
        expect(largestDifference(found.gradients[name], values), `gradient of ${name}`).toBeLessThan(STEPS_BOUND);
    }
    // Of n rows PyTorch's variance is n / (n - 1) of ours; of the first one, 1, so much is left.
    const left = momentum ** batches.length;
    const biased = normalized.runningVariance.map(
      (value) => left + ((value - left) * (recorded.rows - 1)) / recorded.rows,
    );
    const model = await trained(batches.length);
    const expected = {
      ...normalized.weights,
      'norm/movingMean': normalized.runningMean,
      'norm/movingVariance': biased,
    };
    const weights = model.getWeights();
    expect(Object.keys(weights).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [name, values] of Object.entries(expected))
      expect(largestDifference(weights[name], values), name).toBeLessThan(STEPS_BOUND);
    model.setWeights({ ...weights, 'norm/movingVariance': normalized.runningVariance });
    const outputs = await model.predict(batches[0].features);
    expect(largestDifference(outputs, normalized.outputs)).toBeLessThan(STEPS_BOUND);
  });

  test('the epoch loss that fit reports is the mean of the losses of its steps', async () => {
    const run = recorded.runs.momentum;
    const { losses } = run.steps;
    const history = await TEN_STEPS.createModel().fit(TEN_STEPS.dataset, options(TEN_STEPS, run));
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(largestDifference(history.metrics.loss, [mean])).toBeLessThan(STEPS_BOUND);
    expect(history.steps).toBe(batches.length);
  });
});

/** Of the losses and of each parameter, the largest one. */
async function differencesOf(
  training: Training,
  run: RecordedRun,
  expected: RecordedTraining,
): Promise<ReadonlyMap<string, number>> {
  const losses: number[] = [];
  for (let step = 0; step < training.steps; step += training.every) {
    const model = await trainSteps(training, run, step);
    losses.push((await model.gradients({ ...training.batch(step), loss: training.fit.loss })).loss);
  }
  const final = (await trainSteps(training, run, training.steps)).getWeights();
  expect(Object.keys(final)).toEqual(Object.keys(expected.weights));
  const parameters = Object.entries(expected.weights).map(
    ([name, values]) => [name, largestDifference(final[name], values)] as const,
  );
  return new Map([['losses', largestDifference(losses, expected.losses)], ...parameters]);
}

function withWeights(model: Model, weights: Weights): Model {
  model.setWeights(weights);
  return model;
}

/** A model after the first `steps` updates: each time from the start, as the optimizer starts afresh with every fit. */
async function trainSteps(training: Training, run: RecordedRun, steps: number): Promise<Model> {
  const model = training.createModel();
  if (steps > 0) await model.fit(training.dataset, { ...options(training, run), maxSteps: steps });
  return model;
}

function options({ fit }: Training, { kind, options: given }: RecordedRun): FitOptions {
  return {
    ...{ ...fit, optimizer: checkOptimizer({ kind, ...given }, 'recorded') },
    ...{ shuffle: false, workers: 1, progress: false },
  };
}

/** Relative to the expected number where that is above 1, else absolute. */
function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(actual[i] - value) / Math.max(1, Math.abs(value))));
}
