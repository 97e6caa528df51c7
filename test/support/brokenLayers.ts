import { defineLayer } from '@lockstep/core/layer';

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
