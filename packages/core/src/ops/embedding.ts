import type { EmbeddingSpec } from '../model/spec.ts';
import { type KernelCall, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import type { LayerOperation, ParameterBlock } from './layer.ts';

/**
 * A table of vectors, of which a row of indices picks some. With indices [rows, k] and E [inputDimension, outputDimension]:
 *   forward   y [rows, k · outputDimension] = entries of E, one after the other
 *   backward  dE [entry] = Σ dy over all places that hold the entry's index
 * Indices have no gradient, so it stands on data. The table is read where it lies, as copying it would double the largest
 * array of most models that have one.
 */
export const embeddingOperation: LayerOperation<EmbeddingSpec> = {
  takesIndices: true,
  outputShape: ({ outputDimension }, [inputShape]) => [...inputShape, outputDimension],

  parameters: ({ inputDimension, outputDimension, embeddingsInitializer, embeddingsRegularizer }) => [
    {
      ...{ name: 'embeddings', shape: [inputDimension, outputDimension] },
      ...{ initializer: embeddingsInitializer, trainable: true, regularizer: embeddingsRegularizer },
    },
  ],

  forward({ inputDimension, outputDimension }, context): readonly KernelCall[] {
    const { output } = context;
    const [input] = context.inputs;
    return [
      {
        kernel: 'embeddingGather',
        arguments: [
          ...[rowsOf(output), output.rowBytes, rowsOf(input), input.rowBytes, context.parameters[0]],
          ...[{ rows: 1 }, input.columns, outputDimension, inputDimension],
        ],
      },
    ];
  },

  gradientForm: () => PLAIN,
  backward: () => [],

  blocks({ inputDimension, outputDimension }, context): readonly ParameterBlock[] {
    const { outputGradient } = context;
    const [input] = context.inputs;
    const most = Math.max(1, Math.floor(BLOCK_ELEMENTS / outputDimension));
    const blocks: ParameterBlock[] = [];
    for (let first = 0; first < inputDimension; first += most) {
      const entries = Math.min(most, inputDimension - first);
      blocks.push({
        ...{ parameter: 0, begin: first * outputDimension, elements: entries * outputDimension },
        // Each block looks at all indices, and adds what is its own.
        flopsPerRow: input.columns * (SEARCH_FLOPS + (entries / inputDimension) * outputDimension),
        gradient: {
          kernel: 'embeddingGradient',
          arguments: [
            ...[{ target: 1 }, rowsOf(outputGradient), outputGradient.rowBytes, rowsOf(input), input.rowBytes],
            ...[{ rows: 1 }, input.columns, outputDimension, first, entries, { folds: 1 }, { foldStride: 1 }],
          ],
        },
        refresh: [],
      });
    }
    return blocks;
  },

  refresh: () => [],
};

/** Of a block: its partial sums stay in a core's second-level cache, and few blocks look at the same indices. */
const BLOCK_ELEMENTS = 32 * 1024;

/** What looking at an index costs, in floating-point operations of a product. */
const SEARCH_FLOPS = 60;
