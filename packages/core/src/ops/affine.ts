import { LockstepError } from '../errors.ts';
import { formatShape, type NormalizationSpec, type ParameterSpec, type RescalingSpec } from '../model/spec.ts';
import { type KernelCall, type RowMatrix, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import { plainInputGradients } from './inputGradients.ts';
import type { LayerContext, LayerOperation } from './layer.ts';

/**
 * Layers of constants: numbers that are given or measured, and not trained. They are parameters that are not trainable, so that
 * they lie in the arena and are saved and hashed with all else that decides what a model answers; no block updates them.
 * Constants go by the last dimension. For the kernels they are repeated to the length of a row, at the start of a run.
 */

/** y = scale · x + offset;  dx = scale · dy. */
export const rescalingOperation: LayerOperation<RescalingSpec> = {
  outputShape(spec, [inputShape]) {
    for (const member of ['scale', 'offset'] as const) {
      const value = spec[member];
      if (typeof value !== 'number') checkLength(spec.name, member, value, inputShape);
    }
    return inputShape;
  },

  parameters: ({ scale, offset }) => [parameterOf('scale', scale), parameterOf('offset', offset)],

  forward(_spec, context): readonly KernelCall[] {
    const { output } = context;
    const [input] = context.inputs;
    return [
      {
        kernel: 'affineRows',
        arguments: [
          ...[rowsOf(output), output.rowBytes, rowsOf(input), input.rowBytes],
          ...[repeated(context, 'scale'), repeated(context, 'offset'), { rows: 1 }, output.columns],
        ],
      },
    ];
  },

  gradientForm: () => PLAIN,

  backward(_spec, context): readonly KernelCall[] {
    const { outputGradient } = context;
    return plainInputGradients(context, (matrix) => [
      {
        kernel: 'scaleRows',
        arguments: [
          ...[rowsOf(matrix), matrix.rowBytes, rowsOf(outputGradient), outputGradient.rowBytes],
          ...[repeated(context, 'scale'), { rows: 1 }, matrix.columns],
        ],
      },
    ]);
  },

  blocks: () => [],
  refresh: ({ scale, offset }, context) => [
    repeat(context, 'scale', 0, lengthOf(scale)),
    repeat(context, 'offset', 1, lengthOf(offset)),
  ],
};

/**
 * y = (x - mean) / √variance;  dx = dy / √variance. It is batch normalization with moving statistics that do not move: the mean
 * is subtracted first, as scale and offset of numbers far from 0 would lose digits.
 */
export const normalizationOperation: LayerOperation<NormalizationSpec> = {
  outputShape({ name, mean, variance }, [inputShape]) {
    checkLength(name, 'mean', mean, inputShape);
    checkLength(name, 'variance', variance, inputShape);
    return inputShape;
  },

  parameters: ({ mean, variance }) => [parameterOf('mean', mean), parameterOf('variance', variance)],

  forward(_spec, context): readonly KernelCall[] {
    return [normalizeRows(context, context.output, context.inputs[0], 'mean')];
  },

  gradientForm: () => PLAIN,

  backward(_spec, context): readonly KernelCall[] {
    return plainInputGradients(context, (matrix) => [
      normalizeRows(context, matrix, context.outputGradient, 'no mean'),
    ]);
  },

  blocks: () => [],
  refresh({ mean, variance }, context) {
    const copies = [repeat(context, 'mean', 0, lengthOf(mean)), repeat(context, 'variance', 1, lengthOf(variance))];
    if (!context.needsInputGradient[0]) return copies;
    const zeros: KernelCall = {
      kernel: 'weightedSum',
      arguments: [repeated(context, 'no mean'), repeated(context, 'mean'), 0, context.output.columns, 0, 0],
    };
    return [...copies, zeros];
  },
};

/** to = (from - mean) / √variance over a call's rows. */
function normalizeRows(context: LayerContext, to: RowMatrix, from: RowMatrix, mean: 'mean' | 'no mean'): KernelCall {
  return {
    kernel: 'batchNormalization',
    arguments: [
      ...[rowsOf(to), to.rowBytes, rowsOf(from), from.rowBytes],
      ...[repeated(context, mean), repeated(context, 'variance'), 0, 0, { rows: 1 }, to.columns, 0],
    ],
  };
}

type Constant = number | readonly number[];

function lengthOf(value: Constant): number {
  return typeof value === 'number' ? 1 : value.length;
}

function parameterOf(name: string, value: Constant): ParameterSpec {
  const values = typeof value === 'number' ? [value] : value;
  return { name, shape: [values.length], initializer: { kind: 'values', values }, trainable: false };
}

/** Where a constant stands for each column of a row. */
function repeated(context: LayerContext, name: string): number {
  return context.reserve(`repeated ${name}`, context.output.columns * 4);
}

/** Brings it there: rows of a matrix that are all the same one. */
function repeat(context: LayerContext, name: string, parameter: number, length: number): KernelCall {
  const rows = context.output.columns / length;
  return {
    kernel: 'copyRows',
    arguments: [repeated(context, name), length * 4, context.parameters[parameter], 0, rows, length, 0],
  };
}

function checkLength(name: string, member: string, values: readonly number[], inputShape: readonly number[]): void {
  const expected = inputShape[inputShape.length - 1];
  if (values.length === expected) return;
  throw new LockstepError('INVALID_MODEL', {
    place: `layer "${name}"`,
    expected: `a ${member} of ${expected} numbers, as the last dimension of ${formatShape(inputShape)}`,
    received: `one of ${values.length}`,
    advice:
      'Constants are one number for each entry of the last dimension; put flatten() before it for one for each number.',
  });
}
