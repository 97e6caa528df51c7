import type { KernelCall, RowMatrix } from './calls.ts';
import { convertGradient } from './gradientForm.ts';
import type { BackwardContext } from './layer.ts';

/**
 * For layers that write the gradient of an input plainly: the calls that write it, for each input whose gradient is wanted,
 * and then those that bring it into the form in which it is wanted.
 */
export function plainInputGradients(
  { inputGradients }: BackwardContext,
  write: (matrix: RowMatrix, input: number) => readonly KernelCall[],
): readonly KernelCall[] {
  return inputGradients.flatMap((gradient, input) =>
    gradient === null ? [] : [...write(gradient.matrix, input), ...convertGradient(gradient.form, gradient.matrix)],
  );
}
