import { checkLayer, checkLoss, defineLayer, defineLoss, dense, type Layer } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { swish } from '../examples/swish/swish.ts';
import { expectile, likelihood } from './support/expectile.ts';
import { type Mistake, testMistakes } from './support/mistakes.ts';
import { radialBasis } from './support/radialBasis.ts';

const PAIRS = {
  outputs: [
    [0.1, 2],
    [-3, 0.5],
  ],
  labels: [
    [1, -1],
    [2, 0.25],
  ],
};

test.each([
  ['swish', () => checkLayer(swish({ beta: 0.7 }), { inputShape: [2, 3] })],
  [
    'radialBasis, on a row of its own',
    () => checkLayer(radialBasis({ units: 4 }), { inputShape: [5], seed: 3, inputs: [[0.1, -2, 3, 0, 1]] }),
  ],
  ['expectile', () => checkLoss(expectile({ tau: 0.2 }), PAIRS)],
  ['likelihood', () => checkLoss(likelihood(), { outputs: [[0.2, 0.7, 0.1]], labels: [[1]] })],
])('what is right passes: %s', (_name, check) => {
  expect(check).not.toThrow();
});

interface Row {
  readonly input: Float64Array;
  readonly output: Float64Array;
  readonly outputGradient: Float64Array;
  readonly inputGradient: Float64Array;
  readonly gradient: Float64Array;
  readonly parameters: { readonly factors: Float64Array };
}

const PASSED = new Float64Array(8);

/** Every number times one that is learned, with a function replaced by a wrong one; `factors`: that of the gradient. */
function scaled({ factors, ...others }: { readonly [member: string]: (row: Row) => void }): Layer {
  const definition = {
    name: 'scaled',
    parameters: (shape: readonly number[]) => ({ factors: { shape, initializer: 'ones' } }),
    forward: ({ input, output, parameters }: Row) => output.set(input.map((x, i) => x * parameters.factors[i])),
    backward: ({ outputGradient, inputGradient, parameters }: Row) =>
      inputGradient.set(outputGradient.map((dy, i) => dy * parameters.factors[i])),
    parameterGradients: { factors: factors ?? addProducts },
    ...others,
  };
  return defineLayer(import.meta.url, definition as unknown as Parameters<typeof defineLayer>[1])();
}

function addProducts({ input, outputGradient, gradient }: Row): void {
  for (let i = 0; i < gradient.length; i++) gradient[i] += outputGradient[i] * input[i];
}

const WRONG: readonly { title: string; functions: Parameters<typeof scaled>[0]; member: string; more: object }[] = [
  {
    title: 'a wrong formula for one number',
    functions: {
      backward: ({ outputGradient, inputGradient }) =>
        inputGradient.set(outputGradient.map((dy, i) => dy * (1 + i / 100))),
    },
    member: 'backward',
    more: { expected: 'inputGradient[1] to be', advice: 'formula' },
  },
  {
    title: 'a sum that is set and not added to',
    functions: {
      factors: ({ input, outputGradient, gradient }) => gradient.set(input.map((x, i) => x * outputGradient[i])),
    },
    member: 'parameterGradients.factors',
    more: { expected: 'gradient[0] to be' },
  },
  {
    title: 'reading beyond the end',
    functions: { forward: ({ input, output }) => output.fill(input[3]) },
    member: 'forward',
    more: { received: 'RangeError: input[3] is read, and input has 3 numbers' },
  },
  {
    title: 'writing beyond the end',
    functions: {
      forward({ input, output }) {
        output.set(input);
        output[-1] = 1;
      },
    },
    member: 'forward',
    more: { received: 'RangeError: output[-1] is written' },
  },
  {
    title: 'writing to what is to be read',
    functions: { forward: ({ parameters }) => (parameters.factors[0] = 2) },
    member: 'forward',
    more: { received: 'TypeError: parameters.factors[0] is written' },
  },
  {
    title: 'a number that is not written',
    functions: { forward: ({ input, output }) => output.set(input.subarray(1)) },
    member: 'forward',
    more: { received: 'NaN in output[2]' },
  },
  {
    title: 'what a row before has left',
    functions: {
      forward({ input, output }) {
        for (let i = 0; i < output.length; i++) output[i] = input[i] + (PASSED[0] === 0 ? 0 : 0.25);
        PASSED[0] = input[0] === 3 ? 1 : PASSED[0];
      },
      backward: ({ outputGradient, inputGradient }) => inputGradient.set(outputGradient),
      factors: () => {},
    },
    member: 'forward',
    more: { expected: 'as when the row came first', advice: 'keep between two calls' },
  },
];

const wrong = (value: unknown): never => value as never;

describe('what is wrong is told', () => {
  const mistakes = WRONG.map(({ title, functions, member, more }): Mistake => {
    // The last row leaves something, when all others have been compared.
    const inputs = [
      [0.5, -1, 2],
      [3, 1, 1],
    ];
    const place = `layer "scaled", row 0 of the batch: ${member} of ${import.meta.url}`;
    return {
      title,
      make: () => checkLayer(scaled(functions), { inputShape: [3], inputs }),
      answer: { code: 'LAYER_FAILED', place, ...more },
    };
  });
  testMistakes([
    ...mistakes,
    {
      title: 'a loss with a wrong sign',
      make() {
        const loss = defineLoss(import.meta.url, {
          name: 'distance',
          loss: ({ output, label }) => Math.abs(output[0] - label[0]),
          gradient: (row) => (row.outputGradient[0] = Math.sign(row.label[0] - row.output[0])),
        });
        checkLoss(loss(), { outputs: [[1]], labels: [[0.5]] });
      },
      answer: {
        ...{ code: 'LOSS_FAILED', place: `loss "distance", row 0 of the batch: gradient of ${import.meta.url}` },
        ...{ expected: 'outputGradient[0] to be', received: '-1' },
      },
    },
    {
      title: 'a layer of Lockstep',
      make: () => checkLayer(dense(2), { inputShape: [2] }),
      answer: { code: 'INVALID_OPTION', place: 'checkLayer(layer)', received: 'dense' },
    },
    {
      title: 'a row of another width',
      make: () => checkLayer(swish(), { inputShape: [2], inputs: [[1]] }),
      answer: { code: 'INVALID_OPTION', place: 'checkLayer.inputs[0]', expected: '2 numbers', received: '1' },
    },
    {
      title: 'a loss that was not called',
      make: () => checkLoss(wrong(expectile), { outputs: [[1]], labels: [[1]] }),
      answer: { code: 'INVALID_OPTION', place: 'checkLoss(loss)', received: 'function' },
    },
  ]);
});
