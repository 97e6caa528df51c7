import type { AnyLayerDefinition } from '../model/layerDefinition.ts';
import { elementCount } from '../model/spec.ts';
import type { CustomKernelName } from '../ops/calls.ts';
import type { PlannedCustomLayer } from '../plan/plan.ts';
import { type Custom, customFailed, gaveNoNumbers } from './customErrors.ts';
import { areFinite, giveRow, takeRow } from './rowArrays.ts';

type Kernel = (...values: number[]) => void;

/**
 * A user's functions see one row at a time, in arrays that are made once: they can neither reach other rows nor write where
 * they should not, and nothing is allocated in a step. What they are to write is NaN beforehand, so that nothing of the row
 * before is left in it. Copying the rows there and back costs less than what JavaScript computes on them.
 *
 * In the arguments of its kernels, a matrix is the address of the first row and the bytes from one row to the next; `start` is
 * the number of that row in the batch, for errors.
 */
export class CustomLayerKernels {
  readonly #planned: PlannedCustomLayer;
  readonly #custom: Custom;
  readonly #definition: AnyLayerDefinition;
  readonly #memory: Float32Array;
  readonly #input: Float64Array;
  readonly #output: Float64Array;
  readonly #outputGradient: Float64Array;
  readonly #inputGradient: Float64Array;
  readonly #parameters: Readonly<Record<string, Float32Array>>;

  constructor(planned: PlannedCustomLayer, definition: AnyLayerDefinition, memory: Float32Array) {
    this.#planned = planned;
    this.#custom = customLayer(planned);
    this.#definition = definition;
    this.#memory = memory;
    this.#input = new Float64Array(elementCount(planned.inputShape));
    this.#output = new Float64Array(elementCount(planned.outputShape));
    this.#outputGradient = new Float64Array(this.#output.length);
    this.#inputGradient = new Float64Array(this.#input.length);
    this.#parameters = Object.fromEntries(
      planned.parameters.map(({ name, address, elements }) => {
        return [name, new Float32Array(memory.buffer, address, elements)] as const;
      }),
    );
  }

  /** By the names of ops/custom.ts. */
  table(): Readonly<Record<CustomKernelName, Kernel>> {
    const { name, parameters } = this.#planned;
    const table: Record<CustomKernelName, Kernel> = {
      [`${name}/forward`]: this.#forward(),
      [`${name}/backward`]: this.#backward(),
    };
    for (const { name: parameter, elements } of parameters) {
      const add = this.#definition.parameterGradients?.[parameter];
      if (add !== undefined) table[`${name}/gradient/${parameter}`] = this.#gradient(parameter, add, elements);
    }
    return table;
  }

  /** output [rows] from input [rows]. */
  #forward(): Kernel {
    const { forward } = this.#definition;
    const [input, output] = [this.#input, this.#output];
    const memory = this.#memory;
    const view = { ...this.#common(), input, output };
    const given = [input];
    return (to, toStride, from, fromStride, rows, start) => {
      let row = 0;
      try {
        for (; row < rows; row++) {
          takeRow(input, memory, from + row * fromStride);
          output.fill(NaN);
          forward(view);
          if (!giveRow(output, memory, to + row * toStride)) {
            this.#blame('forward', 'output', output, start + row, given);
          }
        }
      } catch (cause) {
        throw customFailed({ custom: this.#custom, member: 'forward', row: start + row }, cause);
      }
    };
  }

  /** inputGradient [rows] from outputGradient, input and output. */
  #backward(): Kernel {
    const { backward } = this.#definition;
    const [input, output] = [this.#input, this.#output];
    const [outputGradient, inputGradient] = [this.#outputGradient, this.#inputGradient];
    const memory = this.#memory;
    const view = { ...this.#common(), input, output, outputGradient, inputGradient };
    const given = [input, output, outputGradient];
    return (to, toStride, gradient, gradientStride, from, fromStride, result, resultStride, rows, start) => {
      let row = 0;
      try {
        for (; row < rows; row++) {
          takeRow(outputGradient, memory, gradient + row * gradientStride);
          takeRow(input, memory, from + row * fromStride);
          takeRow(output, memory, result + row * resultStride);
          inputGradient.fill(NaN);
          backward(view);
          if (!giveRow(inputGradient, memory, to + row * toStride)) {
            this.#blame('backward', 'inputGradient', inputGradient, start + row, given);
          }
        }
      } catch (cause) {
        throw customFailed({ custom: this.#custom, member: 'backward', row: start + row }, cause);
      }
    };
  }

  /**
   * The gradient of a parameter [elements]: the rows of a shard in their order, in float64; rounded once, and then added to
   * `folds` older sums as `gemm` does.
   */
  #gradient(
    parameter: string,
    add: NonNullable<NonNullable<AnyLayerDefinition['parameterGradients']>[string]>,
    elements: number,
  ): Kernel {
    const member = `parameterGradients.${parameter}`;
    const [input, output, outputGradient] = [this.#input, this.#output, this.#outputGradient];
    const memory = this.#memory;
    const sum = new Float64Array(elements);
    const view = { ...this.#common(), input, output, outputGradient, gradient: sum };
    const given = [input, output, outputGradient];
    /** Where the sums stop being numbers is looked for only when they have. */
    const addRow = (row: number, looks: boolean): void => {
      const wasSound = looks && isSound(sum);
      add(view);
      if (wasSound && !isSound(sum)) this.#blame(member, 'gradient', sum, row, given);
    };
    // oxfmt-ignore
    return (
      target, gradient, gradientStride, from, fromStride, result, resultStride, rows, start, folds, foldStride,
    ) => {
      let row = 0;
      try {
        for (let looks = false; ; looks = true) {
          sum.fill(0);
          for (row = 0; row < rows; row++) {
            takeRow(outputGradient, memory, gradient + row * gradientStride);
            takeRow(input, memory, from + row * fromStride);
            takeRow(output, memory, result + row * resultStride);
            addRow(start + row, looks);
          }
          if (looks || isSound(sum)) break;
        }
      } catch (cause) {
        throw customFailed({ custom: this.#custom, member, row: start + row }, cause);
      }
      this.#fold(sum, target, folds, foldStride);
    };
  }

  #common(): Pick<PlannedCustomLayer, 'options' | 'inputShape' | 'outputShape'> & {
    readonly parameters: Readonly<Record<string, Float32Array>>;
  } {
    const { options, inputShape, outputShape } = this.#planned;
    return { options, inputShape, outputShape, parameters: this.#parameters };
  }

  /** The sums, added to older ones from `target` down, and written where the last of those was. */
  #fold(sums: Float64Array, target: number, folds: number, foldStride: number): void {
    const memory = this.#memory;
    for (let i = 0; i < sums.length; i++) {
      let at = target + i * 4;
      let sum = Math.fround(sums[i]);
      for (let fold = 0; fold < folds; fold++) {
        if (fold > 0) at -= foldStride;
        sum = Math.fround(memory[at >>> 2] + sum);
      }
      memory[at >>> 2] = sum;
    }
  }

  /** NaN is the layer's mistake, unless it was given what is not finite: then the loss will tell. */
  #blame(member: string, array: string, values: Float64Array, row: number, given: readonly Float64Array[]): void {
    if (given.every(areFinite) && Object.values(this.#parameters).every(areFinite)) {
      throw gaveNoNumbers({ custom: this.#custom, member, row }, array, values.findIndex(Number.isNaN));
    }
  }
}

export function customLayer({ name, layer, module }: PlannedCustomLayer): Custom {
  return { kind: 'layer', name, definedAs: layer, module };
}

function isSound(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return false;
  return true;
}
