import { readFileSync } from 'node:fs';
import {
  activation,
  type Activation,
  add,
  apply,
  categoryEncoding,
  concatenate,
  dense,
  elu,
  embedding,
  flatten,
  functional,
  input,
  type Layer,
  layerNormalization,
  leakyRelu,
  type LossSpec,
  type Model,
  rescaling,
  sequential,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';

/** What PyTorch computed in float64; test/pytorch/recordFunctions.py wrote it, and says how. */
interface Recorded {
  readonly torch: string;
  readonly rows: number;
  readonly columns: number;
  readonly functions: readonly RecordedFunction[];
  readonly networks: readonly RecordedNetwork[];
}

interface RecordedFunction {
  readonly activation: string;
  /** With the numbers that are not usual. */
  readonly loss: Pick<LossSpec, 'kind'>;
  /** [rows, columns], as are labels, but for class indices, outputs and the gradient. */
  readonly z: readonly number[];
  readonly labels: readonly number[];
  readonly weights: readonly number[] | null;
  readonly outputs: readonly number[];
  readonly value: number;
  readonly gradient: readonly number[];
}

interface RecordedNetwork {
  readonly name: string;
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly features: readonly number[];
  readonly labels: readonly number[];
  readonly outputs: readonly number[];
  readonly value: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const text = readFileSync(new URL('pytorch/recordedFunctions.json', import.meta.url), 'utf8');
const recorded = JSON.parse(text) as Recorded;

/** Float32 rounds by 6e-8 of a number, and here a few operations follow one another: nothing is farther off than 2e-7. */
const BOUND = 4e-7;

/** Differences that are larger, relative to the expected number where that is above 1. */
function wrong(actual: ArrayLike<number>, expected: readonly number[]): string[] {
  expect(actual.length).toBe(expected.length);
  return expected.flatMap((value, i) => {
    const difference = Math.abs(actual[i] - value) / Math.max(1, Math.abs(value));
    return difference < BOUND ? [] : [`${i}: ${actual[i]}, expected ${value}`];
  });
}

const OWN_NUMBERS: Readonly<Record<string, Activation>> = {
  'leakyRelu, slope 0.3': leakyRelu({ slope: 0.3 }),
  'elu, alpha 0.7': elu({ alpha: 0.7 }),
};

/** Whose outputs row r are f(z[r]): its features are rows of the identity, and z is its kernel. */
function modelOf({ activation: name, loss, z }: RecordedFunction): Model {
  const own = OWN_NUMBERS[name] ?? (name as Activation);
  const layers: readonly Layer[] =
    // Squared errors of probabilities are refused: something has to stand behind them.
    name === 'softmax' && loss.kind === 'meanSquaredError'
      ? [dense(recorded.columns, { useBias: false, name: 'z' }), activation(own), rescaling(1)]
      : [dense(recorded.columns, { useBias: false, activation: own, name: 'z' })];
  const model = sequential(layers, { inputShape: [recorded.rows] });
  model.setWeights({ ...model.getWeights(), 'z/kernel': z });
  return model;
}

const IDENTITY = Array.from({ length: recorded.rows ** 2 }, (_, i) => (i % (recorded.rows + 1) === 0 ? 1 : 0));

describe(`values and gradients of PyTorch ${recorded.torch}`, () => {
  const functions = recorded.functions.map((each) => {
    const weighted = each.weights === null ? '' : ', weighted';
    return [`${each.activation} and ${JSON.stringify(each.loss)}${weighted}`, each] as const;
  });
  test.each(functions)('%s', async (_, each) => {
    const { labels, weights, outputs, value, gradient } = each;
    const model = modelOf(each);
    const sparse = each.loss.kind === 'sparseCategoricalCrossentropy';
    const { loss, gradients } = await model.gradients({
      ...{ features: IDENTITY, labels: sparse ? Int32Array.from(labels) : Float32Array.from(labels) },
      ...(weights === null ? {} : { sampleWeights: weights }),
      loss: each.loss as LossSpec,
    });
    expect(wrong(await model.predict(IDENTITY), outputs)).toEqual([]);
    expect(wrong([loss], [value])).toEqual([]);
    expect(wrong(gradients['z/kernel'], gradient)).toEqual([]);
  });

  const networks: Readonly<Record<string, () => Model>> = {
    dense: () => stack([dense(7, { name: 'first', activation: 'tanh' }), dense(3, { name: 'last' })], 4),
    layerNormalization: () =>
      stack(
        [
          dense(7, { name: 'first' }),
          layerNormalization({ name: 'normalized', epsilon: 1e-3 }),
          dense(3, { name: 'last' }),
        ],
        4,
      ),
    'layerNormalization, plain': () =>
      stack([dense(7, { name: 'first' }), layerNormalization({ center: false, scale: false, epsilon: 1e-5 })], 4),
    embedding: () => stack([embedding(6, 3, { name: 'words' }), flatten(), dense(3, { name: 'last' })], 2),
    categoryEncoding: () =>
      stack([categoryEncoding({ categories: 6, mode: 'oneHot' }), flatten(), dense(3, { name: 'last' })], 2),
    'add and concatenate'() {
      const x = input({ shape: [4] });
      const first = apply(dense(7, { name: 'first', activation: 'relu' }), x);
      const sum = add([first, apply(dense(7, { name: 'inner', activation: 'tanh' }), first)]);
      return functional({ inputs: [x], output: apply(dense(3, { name: 'last' }), concatenate([x, sum])) });
    },
  };
  test.each(recorded.networks)('$name', async ({ name, weights, features, labels, outputs, value, gradients }) => {
    const model = networks[name]();
    model.setWeights(weights);
    const own = await model.gradients({ features, labels, loss: 'meanSquaredError' });
    expect(wrong(await model.predict(features), outputs)).toEqual([]);
    expect(wrong([own.loss], [value])).toEqual([]);
    expect(Object.keys(own.gradients)).toEqual(Object.keys(gradients));
    for (const [parameter, gradient] of Object.entries(gradients)) {
      expect(wrong(own.gradients[parameter], gradient), parameter).toEqual([]);
    }
  });
});

function stack(layers: readonly Layer[], inputs: number): Model {
  return sequential(layers, { inputShape: [inputs] });
}
