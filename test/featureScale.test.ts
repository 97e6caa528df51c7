import {
  apply,
  concatenate,
  type Dataset,
  dense,
  embedding,
  type FitOptions,
  flatten,
  functional,
  input,
  type Layer,
  layerNormalization,
  type Model,
  normalization,
  rescaling,
  reshape,
  sequential,
  sgd,
  tensorDataset,
} from '@lockstep/core';
import { expect, test } from 'vitest';
import { twoChunks } from './support/parallelSource.ts';
import { signedNumbers } from './support/numbers.ts';
import { temporaryFolder } from './support/folder.ts';
import { catchWarnings } from './support/warnings.ts';

/** Features far from ±1 that a dense layer takes as they are: a warning, once, that says what to do. */
const takeWarnings = catchWarnings('LOCKSTEP_IDLE_CORES');

/** Rows of four numbers, of which column 2 reaches `size`, in the first rows only where `late` is false. */
function rows(size: number, late = false): Dataset {
  const features = signedNumbers(64 * 4, 2);
  features[late ? 250 : 6] = -size;
  return tensorDataset({ features, labels: new Float32Array(64).fill(0.5), featureShape: [4] });
}

const OPTIONS = {
  loss: 'meanSquaredError',
  ...{ optimizer: sgd({ learningRate: 1e-9 }), batchSize: 16, epochs: 2, shuffle: false },
  ...{ workers: 1, progress: false },
} as const;

async function notices(model: Model, data: Dataset, options: Partial<FitOptions> = {}): Promise<string[]> {
  const history = await model.fit(data, { ...OPTIONS, ...options });
  expect(await takeWarnings()).toMatchObject(history.notices);
  return history.notices.map(({ code, message }) => `${code}: ${message}`);
}

const stack = (...layers: readonly Layer[]): Model => sequential(layers, { inputShape: [4] });

test.each([1, 2, 3])('is told once, with the number and its column: %i workers', async (workers) => {
  expect(await notices(stack(dense(9), dense(1)), rows(255), { workers })).toEqual([
    'LOCKSTEP_UNSCALED_FEATURES: Features reach 255 (column 2, in the first batch), and a dense layer takes them as they are: it ' +
      'learns badly from numbers far from ±1. Put a layer in front: rescaling(1 / 255) for pixels, or for a table normalization, from ' +
      'await adaptNormalization(data).',
  ]);
});

test('through views and one of several inputs, by its column in the data', async () => {
  const [first, second] = [input({ shape: [1] }), input({ shape: [3] })];
  const branches = [apply(dense(2), first), apply(dense(2), apply(flatten(), apply(reshape([3, 1]), second)))];
  const model = functional({ inputs: [first, second], output: apply(dense(1), concatenate(branches)) });
  expect(await notices(model, rows(1e4))).toEqual([expect.stringContaining('reach 10000 (column 2,')]);
});

test.each<readonly [string, Model, Dataset]>([
  ['features of a usual size', stack(dense(1)), rows(100)],
  ['a rescaling in front', stack(rescaling(1 / 255), dense(1)), rows(255)],
  [
    'a normalization in front',
    stack(normalization({ mean: [0, 0, 0, 0], variance: [9, 9, 9, 9] }), dense(1)),
    rows(255),
  ],
  ['a layer normalization in front', stack(layerNormalization(), dense(1)), rows(255)],
  ['a later batch', stack(dense(1)), rows(255, true)],
  [
    'indices',
    sequential([embedding(500, 2), flatten(), dense(1)], { inputShape: [1] }),
    tensorDataset({ features: [400, 3], labels: Float32Array.of(1, 2), featureShape: [1] }),
  ],
])('nothing is told of %s', async (_what, model, data) => {
  expect(await notices(model, data)).toEqual([]);
});

test('data that the loader reads is looked at as well', async () => {
  const model = sequential([rescaling(1000), dense(1)], { inputShape: [1] });
  expect(await notices(model, twoChunks(false), { workers: 2 })).toEqual([]);
  const large = { ...twoChunks(false), source: { ...twoChunks(false).source, options: { size: 1000 } } };
  for (const workers of [1, 2]) {
    const found = await notices(sequential([dense(1)], { inputShape: [1] }), large, { workers });
    expect(found).toEqual([expect.stringMatching(/^LOCKSTEP_UNSCALED_FEATURES: Features reach \d+ \(column 0,/)]);
  }
});

test('a run that resumes has been told', async () => {
  const checkpoint = { directory: temporaryFolder() };
  expect(await notices(stack(dense(1)), rows(255), { checkpoint, maxSteps: 3 })).toHaveLength(1);
  expect(await notices(stack(dense(1)), rows(255), { checkpoint, resume: true })).toEqual([]);
});
