import { PANEL_WIDTH } from '@lockstep/kernels';
import { LockstepError } from '../errors.ts';
import { type DenseSpec, formatShape, type ParameterSpec } from '../model/spec.ts';
import { type KernelCall, rowsOf } from './calls.ts';
import { convertGradient, type GradientForm, type PackedRows, packedRowsOf, packedSize } from './gradientForm.ts';
import type { LayerContext, LayerOperation, ParameterBlock } from './layer.ts';

/**
 * Fully connected layer. With X [rows, inputs], W [inputs, units], b [units] and Y [rows, units]:
 *   forward   Y = relu(X · W + b)
 *   backward  dZ = dY where Y > 0;  dX = dZ · Wᵀ;  dW = Xᵀ · dZ;  db = column sums of dZ
 * W is kept packed in both directions, renewed by whoever updates a range of it, so that all shards share one packing. The
 * bias is where the chains of the product start; ReLU and its gradient are done as tiles are stored.
 */
export const denseOperation: LayerOperation<DenseSpec> = {
  outputShape(spec, [inputShape]) {
    if (inputShape.length === 1) return [spec.units];
    throw new LockstepError('INVALID_MODEL', {
      place: `layer "${spec.name}"`,
      expected: 'rows of one dimension, e.g. [784]',
      received: formatShape(inputShape),
      advice: 'Put flatten() before it.',
    });
  },

  parameters(spec, [inputShape]): readonly ParameterSpec[] {
    const kernel: ParameterSpec = {
      name: 'kernel',
      shape: [inputShape[0], spec.units],
      initializer: spec.kernelInitializer,
      trainable: true,
      regularizer: spec.kernelRegularizer,
    };
    const bias: ParameterSpec = {
      name: 'bias',
      shape: [spec.units],
      initializer: spec.biasInitializer,
      trainable: true,
      regularizer: spec.biasRegularizer,
    };
    return spec.useBias ? [kernel, bias] : [kernel];
  },

  forward(spec, context): readonly KernelCall[] {
    const { output } = context;
    const [input] = context.inputs;
    const { units } = spec;
    const inputs = input.columns;
    return [
      {
        kernel: 'gemmBias',
        arguments: [
          ...[rowsOf(output), output.rowBytes, rowsOf(input), input.rowBytes, 4],
          ...[packedKernel(context), inputs * PANEL_BYTES],
          ...[{ rows: 1 }, units, inputs],
          ...[spec.useBias ? copiedBias(context) : 0, spec.activation === 'relu' ? 1 : 0, { scratch: 1 }],
        ],
      },
    ];
  },

  gradientForm: (spec, context): GradientForm => ({
    mask: spec.activation === 'relu' ? context.output : null,
    packed: packedGradient(context),
  }),

  backward(spec, context): readonly KernelCall[] {
    const { outputGradient } = context;
    const [inputGradient] = context.inputGradients;
    if (inputGradient === null) return [];
    const { units } = spec;
    const { matrix, form } = inputGradient;
    const inputs = matrix.columns;
    const product = [
      ...[rowsOf(outputGradient), outputGradient.rowBytes, 4, packedTranspose(context, units), units * PANEL_BYTES],
      ...[{ rows: 1 }, inputs, units, { scratch: 1 }],
    ];
    if (form.packed === null) {
      const plain: KernelCall = {
        kernel: 'gemm',
        arguments: [rowsOf(matrix), matrix.rowBytes, 0, 0, ...product],
      };
      return [plain, ...convertGradient(form, matrix)];
    }
    return [
      {
        kernel: 'gemmMasked',
        arguments: [
          ...[rowsOf(matrix), matrix.rowBytes, packedRowsOf(form.packed), form.packed.stride],
          ...(form.mask === null ? [0, 0] : [rowsOf(form.mask), form.mask.rowBytes]),
          ...product,
        ],
      },
    ];
  },

  blocks(spec, context): readonly ParameterBlock[] {
    const [input] = context.inputs;
    const { units } = spec;
    const inputs = input.columns;
    const blocks: ParameterBlock[] = [];
    const rows = blockRows(units);
    const gradient = packedGradient(context);
    for (let begin = 0; begin < inputs; begin += rows) {
      const count = Math.min(rows, inputs - begin);
      blocks.push({
        parameter: 0,
        begin: begin * units,
        elements: count * units,
        flopsPerRow: 2 * count * units,
        gradient: {
          kernel: 'gemm',
          arguments: [
            ...[{ target: 1 }, units * 4, { folds: 1 }, { foldStride: 1 }, rowsOf(input, begin * 4), 4, input.rowBytes],
            ...[packedRowsOf(gradient), gradient.stride, count, units, { rows: 1 }, { scratch: 1 }],
          ],
        },
        refresh: packRows(context, units, begin, count),
      });
    }
    if (spec.useBias) {
      blocks.push({
        parameter: 1,
        begin: 0,
        elements: units,
        flopsPerRow: units,
        gradient: {
          kernel: 'columnSum',
          arguments: [
            { target: 1 },
            packedRowsOf(gradient),
            gradient.stride,
            { rows: 1 },
            units,
            { folds: 1 },
            { foldStride: 1 },
          ],
        },
        refresh: [copyBias(context)],
      });
    }
    return blocks;
  },

  refresh(spec, context): readonly KernelCall[] {
    const kernel = packRows(context, spec.units, 0, context.inputs[0].columns);
    return spec.useBias ? [...kernel, copyBias(context)] : kernel;
  },
};

const PANEL_BYTES = PANEL_WIDTH * 4;

/**
 * Elements of a block: not many fewer than the least, or calls cost more than their work; and not more than the most, whose
 * partial sums stay in a core's second-level cache.
 */
const BLOCK_ELEMENTS = { least: 12 * 1024, most: 64 * 1024 };

/** A multiple of the panel width, so that blocks of the transposed packing do not share a panel, and of six rows of a tile. */
const BLOCK_ROWS = 3 * PANEL_WIDTH;

/** Rows of W in a block. Small blocks let threads finish together; in wider ones each panel of dZ serves more rows. */
function blockRows(units: number): number {
  const rows = Math.ceil(BLOCK_ELEMENTS.least / units / BLOCK_ROWS) * BLOCK_ROWS;
  if (rows * units <= BLOCK_ELEMENTS.most) return rows;
  return Math.max(1, Math.floor(BLOCK_ELEMENTS.most / units / PANEL_WIDTH)) * PANEL_WIDTH;
}

function padded(columns: number): number {
  return Math.ceil(columns / PANEL_WIDTH) * PANEL_WIDTH;
}

/** W [inputs, units] in panels of columns. */
function packedKernel(context: LayerContext): number {
  return context.reserve('packed kernel', padded(context.output.columns) * context.inputs[0].columns * 4);
}

/** Wᵀ [units, inputs] in panels of columns. */
function packedTranspose(context: LayerContext, units: number): number {
  return context.reserve('packed kernel transposed', padded(context.inputs[0].columns) * units * 4);
}

/** dZ [batch rows, units] in panels of columns. */
function packedGradient(context: LayerContext): PackedRows {
  const { bytes, stride } = packedSize(context.batchRows, context.output.columns);
  return { address: context.reserve('packed output gradient', bytes), stride };
}

/** Packs rows [begin, begin + count) of W into their places in both packings. */
function packRows(context: LayerContext, units: number, begin: number, count: number): KernelCall[] {
  const inputs = context.inputs[0].columns;
  const rows = context.parameters[0] + begin * units * 4;
  const calls: KernelCall[] = [
    {
      kernel: 'packPanels',
      arguments: [packedKernel(context) + begin * PANEL_BYTES, inputs * PANEL_BYTES, rows, units * 4, 4, count, units],
    },
  ];
  if (context.needsInputGradient[0]) {
    const place = packedTranspose(context, units) + (begin / PANEL_WIDTH) * units * PANEL_BYTES;
    calls.push({ kernel: 'packPanels', arguments: [place, units * PANEL_BYTES, rows, 4, units * 4, units, count] });
  }
  return calls;
}

/** b [units], copied like W is packed: so a run works on the weights of one moment, whatever happens to the model meanwhile. */
function copiedBias(context: LayerContext): number {
  return context.reserve('copied bias', padded(context.output.columns) * 4);
}

/** A matrix of one row, packed, is a copy of it. */
function copyBias(context: LayerContext): KernelCall {
  return {
    kernel: 'packPanels',
    arguments: [copiedBias(context), PANEL_BYTES, context.parameters[1], 0, 4, 1, context.output.columns],
  };
}
