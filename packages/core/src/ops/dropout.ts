import type { DropoutSpec } from '../model/spec.ts';
import { floatBits, type KernelCall, type RowMatrix, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import { plainInputGradients } from './inputGradients.ts';
import type { LayerContext, LayerOperation } from './layer.ts';
import { copyRows } from './merge.ts';

/**
 * Dropout. With keep = 0 or 1 / (1 - rate) for each number:
 *   forward   y = keep · x
 *   backward  dx = keep · dy, the same call: the mask is computed again, which costs less than to keep it
 * The plan leaves it out where nothing trains; evaluation steps of a run that trains copy.
 */
export const dropoutOperation: LayerOperation<DropoutSpec> = {
  outputShape: (_spec, [inputShape]) => inputShape,
  parameters: () => [],

  forward(spec, context, training): readonly KernelCall[] {
    const { output } = context;
    const [input] = context.inputs;
    return [training ? drop(spec, context, output, input) : copyRows(output, input)];
  },

  gradientForm: () => PLAIN,
  backward: (spec, context) =>
    plainInputGradients(context, (matrix) => [drop(spec, context, matrix, context.outputGradient)]),
  blocks: () => [],
  refresh: () => [],
};

function drop({ rate, seed }: DropoutSpec, context: LayerContext, to: RowMatrix, from: RowMatrix): KernelCall {
  return {
    kernel: 'dropout',
    arguments: [
      ...[rowsOf(to), to.rowBytes, rowsOf(from), from.rowBytes, { rows: 1 }, to.columns],
      ...[{ start: 1 }, context.randomKey(seed), floatBits(rate)],
    ],
  };
}
