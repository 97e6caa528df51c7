import { alignedInput } from './alignedInput.ts';
import type { Argument, KernelCall, RowMatrix } from './calls.ts';
import type { LayerContext } from './layer.ts';

/**
 * Layers that work on the last dimension. To their kernels every vector along it is a row, so rows of several vectors have to lie
 * close together.
 */
export function vectorRows(_spec: unknown, outputShape: readonly number[]): 'close' | undefined {
  return outputShape.length > 1 ? 'close' : undefined;
}

export interface Vectors {
  readonly columns: number;
  /** How many vectors the call's rows have. */
  readonly rows: Argument;
  /** Bytes from one vector to the next: those of a row where a row is one vector, which lie apart. */
  stride(matrix: RowMatrix): number;
}

/** What the kernels are to take for rows: the vectors along the last dimension. */
export function vectorsOf({ output, outputShape }: LayerContext): Vectors {
  const columns = outputShape[outputShape.length - 1];
  const count = output.columns / columns;
  return { columns, rows: { rows: count }, stride: ({ rowBytes }) => (count === 1 ? rowBytes : columns * 4) };
}

/** The input; where its rows hold several vectors and are part of longer ones (data of several inputs), a copy that is close. */
export function closeInput(context: LayerContext): {
  readonly input: RowMatrix;
  readonly copies: readonly KernelCall[];
} {
  if (context.outputShape.length === 1) return { input: context.inputs[0], copies: [] };
  return alignedInput(context);
}
