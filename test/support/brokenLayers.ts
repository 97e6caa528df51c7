import { defineLayer, defineLoss } from '@lockstep/core/layer';

/** Layers that pass rows on and break at one whose first number is the mark. Shapes are right, so that they break in a step. */
export const MARK = 7;

const passOn = {
  forward({ input, output }: { input: Readonly<Float64Array>; output: Float64Array }): void {
    for (let i = 0; i < input.length; i++) output[i] = input[i];
  },
  backward(row: { outputGradient: Readonly<Float64Array>; inputGradient: Float64Array }): void {
    for (let i = 0; i < row.inputGradient.length; i++) row.inputGradient[i] = row.outputGradient[i];
  },
};

export const throwsForward = defineLayer(import.meta.url, {
  ...passOn,
  name: 'throwsForward',
  forward(row) {
    if (row.input[0] === MARK) throw new RangeError('no such place');
    passOn.forward(row);
  },
});

export const throwsBackward = defineLayer(import.meta.url, {
  ...passOn,
  name: 'throwsBackward',
  backward(row) {
    if (row.input[0] === MARK) throw new RangeError('no way back');
    passOn.backward(row);
  },
});

export const throwsGradient = defineLayer(import.meta.url, {
  ...passOn,
  name: 'throwsGradient',
  parameters: () => ({ unused: { shape: [2], initializer: 'zeros' } }),
  parameterGradients: {
    unused({ input }) {
      if (input[0] === MARK) throw new RangeError('no sum');
    },
  },
});

/** Leaves the last number out. */
export const leavesOut = defineLayer(import.meta.url, {
  ...passOn,
  name: 'leavesOut',
  forward(row) {
    passOn.forward({ input: row.input, output: row.input[0] === MARK ? row.output.subarray(0, -1) : row.output });
  },
});

/** Reads one number too many. */
export const readsBeyond = defineLayer(import.meta.url, {
  ...passOn,
  name: 'readsBeyond',
  backward(row) {
    passOn.backward(row);
    if (row.input[0] === MARK) row.inputGradient[1] += row.outputGradient[row.outputGradient.length];
  },
});

export const sumsNaN = defineLayer(import.meta.url, {
  ...passOn,
  name: 'sumsNaN',
  parameters: () => ({ unused: { shape: [2], initializer: 'zeros' } }),
  parameterGradients: {
    unused({ input, gradient }) {
      gradient[1] += input[0] === MARK ? NaN : 1;
    },
  },
});

export const loops = defineLayer(import.meta.url, {
  ...passOn,
  name: 'loops',
  forward(row) {
    let mark = row.input[0];
    while (mark === MARK) mark = Math.max(mark, row.input[0]);
    passOn.forward(row);
  },
});

/** For losses that break at a label that is the mark. */
const squared = {
  loss: ({ output, label }: { output: Readonly<Float64Array>; label: Readonly<Float64Array> }): number =>
    (output[0] - label[0]) * (output[0] - label[0]),
  gradient(row: { output: Readonly<Float64Array>; label: Readonly<Float64Array>; outputGradient: Float64Array }): void {
    row.outputGradient[0] = 2 * (row.output[0] - row.label[0]);
  },
};

export const throwsLoss = defineLoss(import.meta.url, {
  ...squared,
  name: 'throwsLoss',
  loss(row) {
    if (row.label[0] === MARK) throw new RangeError('no such label');
    return squared.loss(row);
  },
});

export const returnsNothing = defineLoss(import.meta.url, {
  ...squared,
  name: 'returnsNothing',
  loss: (row) => (row.label[0] === MARK ? (undefined as unknown as number) : squared.loss(row)),
});

export const readsBeyondLabel = defineLoss(import.meta.url, {
  ...squared,
  name: 'readsBeyondLabel',
  loss: (row) => squared.loss(row) + (row.label[0] === MARK ? row.label[1] : 0),
});

export const leavesGradientOut = defineLoss(import.meta.url, {
  ...squared,
  name: 'leavesGradientOut',
  gradient(row) {
    if (row.label[0] !== MARK) squared.gradient(row);
  },
});
