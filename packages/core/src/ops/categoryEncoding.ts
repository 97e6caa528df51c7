import { CATEGORY_MODE } from '@lockstep/kernels';
import { LockstepError } from '../errors.ts';
import { type CategoryEncodingSpec, formatShape } from '../model/spec.ts';
import { type KernelCall, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import type { LayerOperation } from './layer.ts';

/** Indices as vectors of zeros, ones and counts. They have no gradient, so it stands on data. */
export const categoryEncodingOperation: LayerOperation<CategoryEncodingSpec> = {
  takesIndices: true,

  outputShape({ name, categories, mode }, [inputShape]) {
    if (mode === 'oneHot') return [...(inputShape.at(-1) === 1 ? inputShape.slice(0, -1) : inputShape), categories];
    if (inputShape.length === 1) return [categories];
    throw new LockstepError('INVALID_MODEL', {
      place: `layer "${name}"`,
      expected: `rows of one dimension for mode ${mode}, e.g. [3]`,
      received: formatShape(inputShape),
      advice: "Put flatten() before it, or use mode: 'oneHot', which takes any shape.",
    });
  },

  parameters: () => [],

  forward({ categories, mode }, context): readonly KernelCall[] {
    const { output } = context;
    const [input] = context.inputs;
    return [
      {
        kernel: 'categoryEncoding',
        arguments: [
          ...[rowsOf(output), output.rowBytes, rowsOf(input), input.rowBytes],
          ...[{ rows: 1 }, input.columns, categories, CATEGORY_MODE[mode]],
        ],
      },
    ];
  },

  gradientForm: () => PLAIN,
  backward: () => [],
  blocks: () => [],
  refresh: () => [],
};
