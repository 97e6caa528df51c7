import type { KernelCall, RowMatrix } from './calls.ts';
import type { LayerContext } from './layer.ts';
import { copyRows } from './merge.ts';

/** The input, with its rows as far apart as the output's: where they are not, a copy. */
export function alignedInput(context: LayerContext): {
  readonly input: RowMatrix;
  readonly copies: readonly KernelCall[];
} {
  const [input] = context.inputs;
  if (input.rowBytes === context.output.rowBytes) return { input, copies: [] };
  const copy = alignedMatrix(context, 'copy of its input');
  return { input: copy, copies: [copyRows(copy, input)] };
}

/** A matrix of the output's size. */
export function alignedMatrix(context: LayerContext, name: string): RowMatrix {
  const { rowBytes } = context.output;
  return { ...context.output, address: context.reserve(name, context.batchRows * rowBytes) };
}
