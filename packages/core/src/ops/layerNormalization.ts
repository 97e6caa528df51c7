import type { LayerNormalizationSpec, ParameterSpec } from '../model/spec.ts';
import { type Argument, floatBits, type KernelCall, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import { plainInputGradients } from './inputGradients.ts';
import type { BackwardContext, LayerContext, LayerOperation, ParameterBlock } from './layer.ts';
import { closeInput, vectorRows, vectorsOf } from './vectors.ts';

/**
 * Layer normalization over the last dimension. With x̂ = (x - mean) / √(variance + ε), for each row by itself:
 *   forward   y = gamma · x̂ + beta
 *   backward  dx through mean and variance too;  dgamma = column sums of dy · x̂;  dbeta = column sums of dy
 * In rows of more dimensions every vector along the last one is normalized: to the kernels these are rows, so that they then
 * have to lie close together. gamma and beta are copied at the start of a run and after every update, as a bias is.
 */
export const layerNormalizationOperation: LayerOperation<LayerNormalizationSpec> = {
  outputShape: (_spec, [inputShape]) => inputShape,

  parameters(spec, [inputShape]): readonly ParameterSpec[] {
    const shape = [inputShape[inputShape.length - 1]];
    const gamma: ParameterSpec = { name: 'gamma', shape, initializer: 'ones', trainable: true };
    const beta: ParameterSpec = { name: 'beta', shape, initializer: 'zeros', trainable: true };
    return [...(spec.scale ? [gamma] : []), ...(spec.center ? [beta] : [])];
  },

  rows: vectorRows,

  forward(spec, context): readonly KernelCall[] {
    const { output } = context;
    const { input, copies } = closeInput(context);
    const { columns, rows, stride } = vectorsOf(context);
    const kernel: KernelCall = {
      kernel: 'layerNormalization',
      arguments: [
        ...[rowsOf(output), stride(output), statistics(context), rowsOf(input), stride(input)],
        ...[spec.scale ? copied(context, 'gamma') : 0, spec.center ? copied(context, 'beta') : 0],
        ...[rows, columns, floatBits(spec.epsilon)],
      ],
    };
    return [...copies, kernel];
  },

  gradientForm: () => PLAIN,

  backward(spec, context): readonly KernelCall[] {
    const { outputGradient } = context;
    return plainInputGradients(context, (matrix) => {
      const { input } = closeInput(context);
      const { columns, rows, stride } = vectorsOf(context);
      const kernel: KernelCall = {
        kernel: 'layerNormalizationGradient',
        arguments: [
          ...[rowsOf(matrix), stride(matrix), rowsOf(outputGradient), stride(outputGradient)],
          ...[rowsOf(input), stride(input), statistics(context), spec.scale ? copied(context, 'gamma') : 0],
          ...[rows, columns],
        ],
      };
      return [kernel];
    });
  },

  blocks(spec, context): readonly ParameterBlock[] {
    const { input } = closeInput(context);
    const gradient = context.outputGradient;
    const { columns, rows, stride } = vectorsOf(context);
    const sums = [{ folds: 1 }, { foldStride: 1 }];
    const gammaGradient: KernelCall = {
      kernel: 'normalizedColumnSum',
      arguments: [
        ...[{ target: 1 }, rowsOf(gradient), stride(gradient), rowsOf(input), stride(input)],
        ...[statistics(context), rows, columns, ...sums],
      ],
    };
    const betaGradient: KernelCall = {
      kernel: 'columnSumRows',
      arguments: [{ target: 1 }, rowsOf(gradient), stride(gradient), rows, columns, ...sums],
    };
    return namesOf(spec).map((name, parameter) => ({
      ...{ parameter, begin: 0, elements: columns },
      flopsPerRow: (name === 'gamma' ? 4 : 1) * context.output.columns,
      gradient: name === 'gamma' ? gammaGradient : betaGradient,
      refresh: [copyParameter(context, name, parameter)],
    }));
  },

  refresh: (spec, context) => namesOf(spec).map((name, parameter) => copyParameter(context, name, parameter)),
};

type Name = 'gamma' | 'beta';

/** Which parameters there are, in their order. */
function namesOf({ scale, center }: LayerNormalizationSpec): readonly Name[] {
  return [...(scale ? ['gamma' as const] : []), ...(center ? ['beta' as const] : [])];
}

/** Mean and inverse deviation of each vector, float32. */
function statistics(context: LayerContext): Argument {
  const { output, outputShape, batchRows } = context;
  const bytes = (output.columns / outputShape[outputShape.length - 1]) * 8;
  return { one: context.reserve('statistics', batchRows * bytes), start: bytes };
}

function copied(context: LayerContext, name: Name): number {
  return context.reserve(`copied ${name}`, vectorsOf(context).columns * 4);
}

function copyParameter(context: BackwardContext | LayerContext, name: Name, parameter: number): KernelCall {
  const { columns } = vectorsOf(context);
  return {
    kernel: 'copyRows',
    arguments: [copied(context, name), 0, context.parameters[parameter], 0, 1, columns, 0],
  };
}
