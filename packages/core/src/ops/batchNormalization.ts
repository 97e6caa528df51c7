import type { BatchNormalizationSpec, ParameterSpec } from '../model/spec.ts';
import { type Argument, floatBits, type KernelCall, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import { plainInputGradients } from './inputGradients.ts';
import type { LayerContext, LayerOperation, ParameterBlock } from './layer.ts';
import { closeInput, vectorRows, vectorsOf } from './vectors.ts';

/**
 * Batch normalization over the rows, of each number of the last dimension. With x̂ = (x - mean) / √(variance + ε):
 *   forward   y = gamma · x̂ + beta
 *   backward  dx through mean and variance too, where these are of the rows;  dgamma = column sums of dy · x̂;  dbeta = of dy
 * In training mean and variance are those of the shard, which has its own place for them; else the moving ones, which every
 * training step moves by the mean over its shards. All parameters are copied at the start of a run and after every change, as a bias
 * is.
 */
export const batchNormalizationOperation: LayerOperation<BatchNormalizationSpec> = {
  wholeShards: true,
  outputShape: (_spec, [inputShape]) => inputShape,

  parameters(spec, [inputShape]): readonly ParameterSpec[] {
    const shape = [inputShape[inputShape.length - 1]];
    return namesOf(spec).map((name) => ({
      ...{ name, shape, initializer: name === 'gamma' || name === 'movingVariance' ? 'ones' : 'zeros' },
      trainable: name === 'gamma' || name === 'beta',
    }));
  },

  rows: vectorRows,

  forward(spec, context, training): readonly KernelCall[] {
    const { output } = context;
    const { input, copies } = closeInput(context);
    const { columns, rows, stride } = vectorsOf(context);
    const { mean, variance } = statisticsOf(context, training);
    const measure: KernelCall = {
      kernel: 'batchStatistics',
      arguments: [mean, variance, rowsOf(input), stride(input), rows, columns],
    };
    const normalize: KernelCall = {
      kernel: 'batchNormalization',
      arguments: [
        ...[rowsOf(output), stride(output), rowsOf(input), stride(input), mean, variance],
        ...[spec.scale ? copied(context, 'gamma') : 0, spec.center ? copied(context, 'beta') : 0],
        ...[rows, columns, floatBits(spec.epsilon)],
      ],
    };
    return [...copies, ...(training ? [measure] : []), normalize];
  },

  gradientForm: () => PLAIN,

  backward(spec, context): readonly KernelCall[] {
    const { outputGradient } = context;
    const gamma = spec.scale ? copied(context, 'gamma') : 0;
    return plainInputGradients(context, (matrix) => {
      const { input } = closeInput(context);
      const { columns, rows, stride } = vectorsOf(context);
      const { mean, variance } = statisticsOf(context, context.training);
      const to = [rowsOf(matrix), stride(matrix), rowsOf(outputGradient), stride(outputGradient)];
      const size = [rows, columns, floatBits(spec.epsilon)];
      if (context.training) {
        const from = [rowsOf(input), stride(input), mean, variance, gamma];
        return [{ kernel: 'batchNormalizationGradient', arguments: [...to, ...from, ...size] }];
      }
      // Statistics that do not depend on the rows: dx is scaled as x was.
      return [{ kernel: 'batchNormalization', arguments: [...to, noMean(context), variance, gamma, 0, ...size] }];
    });
  },

  blocks(spec, context): readonly ParameterBlock[] {
    const { input } = closeInput(context);
    const gradient = context.outputGradient;
    const { columns, rows, stride } = vectorsOf(context);
    const statistics = statisticsOf(context, context.training);
    const { mean, variance } = statistics;
    const target: Argument = { target: 1 };
    const sums = [{ folds: 1 }, { foldStride: 1 }];
    const dy = [rowsOf(gradient), stride(gradient)];
    const average = (statistic: Argument): KernelCall => ({
      kernel: 'weightedSum',
      arguments: [target, statistic, { rows: 1 }, columns, ...sums],
    });
    const calls: { readonly [name in Name]: KernelCall } = {
      gamma: {
        kernel: 'batchNormalizedColumnSum',
        arguments: [
          ...[target, ...dy, rowsOf(input), stride(input), mean, variance],
          ...[rows, columns, floatBits(spec.epsilon), ...sums],
        ],
      },
      beta: { kernel: 'columnSumRows', arguments: [target, ...dy, rows, columns, ...sums] },
      movingMean: average(mean),
      movingVariance: average(variance),
    };
    return namesOf(spec).flatMap((name, parameter) => {
      const block = {
        ...{ parameter, begin: 0, elements: columns },
        flopsPerRow: FLOPS[name] * context.output.columns,
        gradient: calls[name],
        refresh: [copyParameter(context, name, parameter)],
      };
      if (FLOPS[name] > 0) return [block];
      return context.training ? [{ ...block, momentum: spec.momentum }] : [];
    });
  },

  refresh(spec, context) {
    const copies = namesOf(spec).map((name, parameter) => copyParameter(context, name, parameter));
    if (context.training || !context.needsInputGradient[0]) return copies;
    const { columns } = vectorsOf(context);
    const zeros: KernelCall = {
      kernel: 'weightedSum',
      arguments: [noMean(context), copied(context, 'movingMean'), 0, columns, 0, 0],
    };
    return [...copies, zeros];
  },
};

type Name = 'gamma' | 'beta' | 'movingMean' | 'movingVariance';

/** What the gradient of a parameter costs for each number of a row; moving averages see no rows. */
const FLOPS: { readonly [name in Name]: number } = { gamma: 4, beta: 1, movingMean: 0, movingVariance: 0 };

/** Which parameters there are, in their order. */
function namesOf({ scale, center }: BatchNormalizationSpec): readonly Name[] {
  return [
    ...(scale ? ['gamma' as const] : []),
    ...(center ? ['beta' as const] : []),
    ...(['movingMean', 'movingVariance'] as const),
  ];
}

/** Where mean and variance are: those of the shard that a call is for, or the moving ones. */
function statisticsOf(
  context: LayerContext,
  ofShard: boolean,
): { readonly mean: Argument; readonly variance: Argument } {
  if (!ofShard) return { mean: copied(context, 'movingMean'), variance: copied(context, 'movingVariance') };
  // Whole cache lines: neighbouring shards are written by different threads.
  const bytes = Math.ceil(vectorsOf(context).columns / 16) * 64;
  const address = context.reserve('statistics of shards', context.shards * 2 * bytes);
  return { mean: { one: address, shard: 2 * bytes }, variance: { one: address + bytes, shard: 2 * bytes } };
}

function copied(context: LayerContext, name: Name): number {
  return context.reserve(`copied ${name}`, vectorsOf(context).columns * 4);
}

/** Zeros, for gradients. */
function noMean(context: LayerContext): number {
  return context.reserve('no mean', vectorsOf(context).columns * 4);
}

function copyParameter(context: LayerContext, name: Name, parameter: number): KernelCall {
  const { columns } = vectorsOf(context);
  return {
    kernel: 'copyRows',
    arguments: [copied(context, name), 0, context.parameters[parameter], 0, 1, columns, 0],
  };
}
