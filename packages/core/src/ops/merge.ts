import { LockstepError } from '../errors.ts';
import { type AddSpec, type ConcatenateSpec, elementCount, formatShape } from '../model/spec.ts';
import { type KernelCall, type RowMatrix, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import { plainInputGradients } from './inputGradients.ts';
import type { LayerOperation } from './layer.ts';

/** to = from over a call's rows, or to += from. */
export function copyRows(to: RowMatrix, from: RowMatrix, adds = false): KernelCall {
  const { rowBytes, columns } = to;
  return {
    kernel: 'copyRows',
    arguments: [rowsOf(to), rowBytes, rowsOf(from), from.rowBytes, { rows: 1 }, columns, adds ? 1 : 0],
  };
}

/** The sum of its inputs, number by number, in their order. */
export const addOperation: LayerOperation<AddSpec> = {
  outputShape({ name }, [first, ...others]) {
    const other = others.find((shape) => formatShape(shape) !== formatShape(first));
    if (other === undefined) return first;
    throw mismatch(name, `inputs of one shape, as the first one's ${formatShape(first)}`, formatShape(other));
  },
  parameters: () => [],
  forward: (_spec, { inputs, output }) => inputs.map((input, index) => copyRows(output, input, index > 0)),
  gradientForm: () => PLAIN,
  backward: (_spec, context) => plainInputGradients(context, (matrix) => [copyRows(matrix, context.outputGradient)]),
  blocks: () => [],
  refresh: () => [],
};

/** Its inputs one behind the other. */
export const concatenateOperation: LayerOperation<ConcatenateSpec> = {
  outputShape({ name }, shapes) {
    const [first, ...others] = shapes;
    const before = formatShape(first.slice(0, -1));
    const other = others.find((shape) => formatShape(shape.slice(0, -1)) !== before);
    if (other !== undefined || first.length > 1) {
      const found = formatShape(other ?? first);
      throw mismatch(name, 'rows of one dimension, e.g. [32]', found);
    }
    return [shapes.reduce((sum, shape) => sum + elementCount(shape), 0)];
  },
  parameters: () => [],
  forward: (_spec, { inputs, output }) => inputs.map((input, index) => copyRows(partOf(output, inputs, index), input)),
  gradientForm: () => PLAIN,
  backward: (_spec, context) =>
    plainInputGradients(context, (matrix, index) => [
      copyRows(matrix, partOf(context.outputGradient, context.inputs, index)),
    ]),
  blocks: () => [],
  refresh: () => [],
};

/** The columns of a matrix that belong to one of the inputs. */
function partOf(matrix: RowMatrix, inputs: readonly RowMatrix[], index: number): RowMatrix {
  const first = inputs.slice(0, index).reduce((sum, { columns }) => sum + columns, 0);
  return { ...matrix, address: matrix.address + first * 4, columns: inputs[index].columns };
}

function mismatch(name: string, expected: string, received: string): LockstepError {
  return new LockstepError('INVALID_MODEL', {
    place: `layer "${name}"`,
    expected,
    received,
    advice: 'Bring the inputs to one shape first, for example with dense() or flatten().',
  });
}
