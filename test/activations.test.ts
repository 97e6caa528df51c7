import {
  activation,
  add,
  apply,
  concatenate,
  dense,
  dropout,
  flatten,
  functional,
  input,
  type Model,
  reshape,
  sequential,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { NETWORKS, createModel, createRows } from './cases.ts';
import { relativeError } from './support/compare.ts';
import { option, testMistakes } from './support/mistakes.ts';
import { signedNumbers } from './support/numbers.ts';

/** The outputs of any layer: what a network has learned to see. */

/** 300 rows are more than are computed at once. */
const ROWS = 300;
const features = signedNumbers(ROWS * 6, 4);

/** A dense layer in double precision. */
function denseOf(model: Model, name: string, rows: readonly number[][], f: (x: number) => number): number[][] {
  const weights = model.getWeights();
  const [kernel, bias] = [weights[`${name}/kernel`], weights[`${name}/bias`]];
  return rows.map((row) =>
    Array.from(bias, (start, unit) => f(row.reduce((sum, x, i) => sum + x * kernel[i * bias.length + unit], start))),
  );
}

const rowsOf = (values: Float32Array, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);

describe('in a stack', () => {
  const model = sequential(
    [
      reshape([2, 3]),
      flatten(),
      dense(17, { activation: 'tanh', name: 'hidden' }),
      dropout(0.5),
      dense(300, { activation: 'relu', name: 'wide' }),
      dense(3, { activation: 'softmax', name: 'last' }),
    ],
    { inputShape: [6], seed: 3 },
  );

  test('each layer has what its formula makes of the one before', async () => {
    const hidden = await model.activations(features, 'hidden');
    expect(relativeError(hidden, denseOf(model, 'hidden', rowsOf(features, 6), Math.tanh).flat())).toBeLessThan(1e-5);
    const wide = await model.activations(features, 'wide');
    expect(relativeError(wide, denseOf(model, 'wide', rowsOf(hidden, 17), (x) => Math.max(x, 0)).flat())).toBeLessThan(
      1e-5,
    );
  });

  test('the last one has what predict gives; views have the numbers before them; dropout drops nothing', async () => {
    expect(await model.activations(features, 'last')).toEqual(await model.predict(features));
    expect(await model.activations(features, 'flatten_2')).toEqual(features);
    expect(await model.activations(features, 'reshape_1')).toEqual(features);
    expect(await model.activations(features, 'dropout_4')).toEqual(await model.activations(features, 'hidden'));
  });

  test('plain arrays and no rows are taken too', async () => {
    expect(await model.activations([...features.subarray(0, 6)], 'wide')).toHaveLength(300);
    expect(await model.activations([], 'wide')).toHaveLength(0);
  });
});

test('in a graph: branches, sums, inputs', async () => {
  const [left, right] = [input({ shape: [2], name: 'left' }), input({ shape: [4], name: 'right' })];
  const first = apply(dense(5, { name: 'first' }), right);
  const second = apply(activation('relu', { name: 'second' }), first);
  const sum = add([first, second], { name: 'sum' });
  const all = concatenate([left, sum], { name: 'all' });
  const model = functional({ inputs: [left, right], output: apply(dense(1), all) });
  const of = async (name: string): Promise<number[][]> => {
    const values = await model.activations(features, name);
    return rowsOf(values, values.length / ROWS);
  };
  const rows = rowsOf(features, 6);
  expect(await of('left')).toEqual(rows.map((row) => row.slice(0, 2)));
  expect(await of('right')).toEqual(rows.map((row) => row.slice(2)));
  const [one, two, both, joined] = [await of('first'), await of('second'), await of('sum'), await of('all')];
  expect(two).toEqual(one.map((row) => row.map((x) => Math.max(x, 0))));
  expect(both).toEqual(one.map((row, r) => row.map((x, i) => Math.fround(x + two[r][i]))));
  expect(joined).toEqual(both.map((row, r) => [...rows[r].slice(0, 2), ...row]));
});

test.each(NETWORKS.map((network) => [network.name, network] as const))(
  '%s: the last layer, and finite others',
  async (_name, network) => {
    const model = createModel(network, 5);
    const { features: own } = createRows(network, 9, 5);
    const { layers } = model.spec;
    expect(await model.activations(own, layers[layers.length - 1].name)).toEqual(await model.predict(own));
    for (const { name } of layers) expect((await model.activations(own, name)).every(Number.isFinite), name).toBe(true);
  },
);

const small = sequential([dense(2)], { inputShape: [3] });

testMistakes([
  {
    title: 'a layer that is not there',
    make: () => small.activations([1, 2, 3], 'dense'),
    answer: option('activations(layerName)', { expected: 'dense_1', received: '"dense"', advice: 'summary' }),
  },
  {
    title: 'half a row',
    make: () => small.activations([1, 2], 'dense_1'),
    answer: { code: 'SHAPE_MISMATCH', place: 'activations(features)', received: '2 numbers' },
  },
]);
