import { readFileSync } from 'node:fs';
import { adam, type Dataset, dense, type Model, sequential, sgd, tensorDataset } from '@lockstep/core';
import { describe, expect, test } from 'vitest';

/** What PyTorch computed in float64; test/pytorch/record.py wrote it, and the file says how. */
interface Recorded {
  readonly torch: string;
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  readonly rows: number;
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly batches: readonly { readonly features: readonly number[]; readonly labels: readonly number[] }[];
  readonly runs: Readonly<Record<string, RecordedRun>>;
}

interface RecordedRun {
  readonly kind: string;
  readonly options: Readonly<Record<string, number>>;
  /** Of each batch, before its update. */
  readonly losses: readonly number[];
  /** After the last update. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

const recorded = JSON.parse(readFileSync(new URL('./pytorch/recorded.json', import.meta.url), 'utf8')) as Recorded;
const { batches, rows, inputs, hidden, classes } = recorded;

/** Ten steps in float32 against ten in float64: each rounds a hundred numbers near 1 by 6e-8. */
const BOUND = 1e-5;

/** All batches one after the other: unshuffled, with as many rows a step as a batch has, step i sees batch i. */
const dataset: Dataset = tensorDataset({
  features: batches.flatMap(({ features }) => features),
  labels: Int32Array.from(batches.flatMap(({ labels }) => labels)),
  featureShape: [inputs],
});

describe(`the same weights and batches as PyTorch ${recorded.torch} give the same training`, () => {
  test.each(Object.entries(recorded.runs))('%s', async (_, run) => {
    const losses: number[] = [];
    for (const [step, { features, labels }] of batches.entries()) {
      const model = await trainSteps(run, step);
      losses.push((await model.gradients({ features, labels, loss: 'sparseCategoricalCrossentropy' })).loss);
    }
    expect(largestDifference(losses, run.losses)).toBeLessThan(BOUND);

    const final = (await trainSteps(run, batches.length)).getWeights();
    expect(Object.keys(final)).toEqual(Object.keys(run.weights));
    for (const [name, expected] of Object.entries(run.weights)) {
      expect(largestDifference(final[name], expected), name).toBeLessThan(BOUND);
    }
  });

  test('the epoch loss that fit reports is the mean of the losses of its steps', async () => {
    const run = recorded.runs.momentum;
    const model = createModel();
    const history = await model.fit(dataset, options(run));
    const mean = run.losses.reduce((sum, loss) => sum + loss, 0) / run.losses.length;
    expect(largestDifference(history.metrics.loss, [mean])).toBeLessThan(BOUND);
    expect(history.steps).toBe(batches.length);
  });
});

function createModel(): Model {
  const model = sequential(
    [dense(hidden, { activation: 'relu', name: 'hidden' }), dense(classes, { activation: 'softmax', name: 'output' })],
    { inputShape: [inputs] },
  );
  model.setWeights(recorded.weights);
  return model;
}

/** A model after the first `steps` updates: each time from the start, as the optimizer starts afresh with every fit. */
async function trainSteps(run: RecordedRun, steps: number): Promise<Model> {
  const model = createModel();
  if (steps > 0) await model.fit(dataset, { ...options(run), maxSteps: steps });
  return model;
}

function options(run: RecordedRun): Parameters<Model['fit']>[1] {
  const optimizer = run.kind === 'adam' ? adam(run.options) : sgd(run.options);
  const loss = 'sparseCategoricalCrossentropy';
  return { loss, optimizer, batchSize: rows, shuffle: false, workers: 1, progress: false };
}

/** Relative to the expected number where that is above 1, else absolute. */
function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(actual[i] - value) / Math.max(1, Math.abs(value))));
}
