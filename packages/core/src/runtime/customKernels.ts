import type { KernelTable } from '@lockstep/kernels/thread';
import type { AnyLayerDefinition, DefinedLayer } from '../model/layerDefinition.ts';
import type { CustomKernelName } from '../ops/calls.ts';
import type { Plan, PlannedCustomLayer } from '../plan/plan.ts';
import { customLayerFailed, gaveNoNumbers } from './customErrors.ts';

type Kernel = (...values: number[]) => void;

/**
 * The kernels, and with them the functions of the layers that users wrote, under the names that the plan's calls have.
 * `layers`: the plan's, in any order.
 */
export function withCustomLayers(
  kernels: KernelTable,
  { customLayers, memory: { end } }: Plan,
  layers: readonly DefinedLayer[],
  buffer: ArrayBufferLike,
): KernelTable {
  if (customLayers.length === 0) return kernels;
  // Up to the end of the plan: the memory may grow behind it, and is never moved.
  const memory = new Float32Array(buffer, 0, end / 4);
  const functions = customLayers.map((planned) => {
    const defined = layers.find(({ layer }) => layer === planned.layer);
    if (defined === undefined) throw new RangeError(`the plan's layer "${planned.layer}" is not there`);
    return new CustomLayerKernels(planned, defined.definition, memory).table();
  });
  return Object.assign({ ...kernels }, ...functions) as KernelTable;
}

/**
 * A user's functions see one row at a time, in arrays that are made once: they can neither reach other rows nor write where
 * they should not, and nothing is allocated in a step. What they are to write is NaN beforehand, so that nothing of the row
 * before is left in it. Copying the rows there and back costs less than what JavaScript computes on them.
 *
 * In the arguments of its kernels, a matrix is the address of the first row and the bytes from one row to the next; `start` is
 * the number of that row in the batch, for errors.
 */
class CustomLayerKernels {
  readonly #planned: PlannedCustomLayer;
  readonly #definition: AnyLayerDefinition;
  readonly #memory: Float32Array;
  readonly #input: Float64Array;
  readonly #output: Float64Array;
  readonly #outputGradient: Float64Array;
  readonly #inputGradient: Float64Array;
  readonly #parameters: Readonly<Record<string, Float32Array>>;

  constructor(planned: PlannedCustomLayer, definition: AnyLayerDefinition, memory: Float32Array) {
    this.#planned = planned;
    this.#definition = definition;
    this.#memory = memory;
    this.#input = new Float64Array(count(planned.inputShape));
    this.#output = new Float64Array(count(planned.outputShape));
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
    const view = { ...this.#common(), input, output };
    return (to, toStride, from, fromStride, rows, start) => {
      let row = 0;
      try {
        for (; row < rows; row++) {
          this.#take(input, from + row * fromStride);
          output.fill(NaN);
          forward(view);
          if (!this.#give(output, to + row * toStride)) this.#blame('forward', output, start + row, [input]);
        }
      } catch (cause) {
        throw customLayerFailed(this.#planned, 'forward', start + row, cause);
      }
    };
  }

  /** inputGradient [rows] from outputGradient, input and output. */
  #backward(): Kernel {
    const { backward } = this.#definition;
    const [input, output] = [this.#input, this.#output];
    const [outputGradient, inputGradient] = [this.#outputGradient, this.#inputGradient];
    const view = { ...this.#common(), input, output, outputGradient, inputGradient };
    const given = [input, output, outputGradient];
    return (to, toStride, gradient, gradientStride, from, fromStride, result, resultStride, rows, start) => {
      let row = 0;
      try {
        for (; row < rows; row++) {
          this.#take(outputGradient, gradient + row * gradientStride);
          this.#take(input, from + row * fromStride);
          this.#take(output, result + row * resultStride);
          inputGradient.fill(NaN);
          backward(view);
          if (!this.#give(inputGradient, to + row * toStride)) {
            this.#blame('backward', inputGradient, start + row, given);
          }
        }
      } catch (cause) {
        throw customLayerFailed(this.#planned, 'backward', start + row, cause);
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
    const sum = new Float64Array(elements);
    const view = { ...this.#common(), input, output, outputGradient, gradient: sum };
    const given = [input, output, outputGradient];
    /** Where the sums stop being numbers is looked for only when they have. */
    const addRow = (row: number, looks: boolean): void => {
      const wasSound = looks && isSound(sum);
      add(view);
      if (wasSound && !isSound(sum)) this.#blame(member, sum, row, given);
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
            this.#take(outputGradient, gradient + row * gradientStride);
            this.#take(input, from + row * fromStride);
            this.#take(output, result + row * resultStride);
            addRow(start + row, looks);
          }
          if (looks || isSound(sum)) break;
        }
      } catch (cause) {
        throw customLayerFailed(this.#planned, member, start + row, cause);
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

  #take(values: Float64Array, address: number): void {
    const memory = this.#memory;
    const at = address >>> 2;
    for (let i = 0; i < values.length; i++) values[i] = memory[at + i];
  }

  /** Returns whether all are numbers. */
  #give(values: Float64Array, address: number): boolean {
    const memory = this.#memory;
    const at = address >>> 2;
    let sound = true;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      memory[at + i] = value;
      if (Number.isNaN(value)) sound = false;
    }
    return sound;
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
  #blame(member: string, values: Float64Array, row: number, given: readonly Float64Array[]): void {
    if (given.every(isFiniteList) && Object.values(this.#parameters).every(isFiniteList)) {
      throw gaveNoNumbers(this.#planned, member, row, values.findIndex(Number.isNaN));
    }
  }
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isSound(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return false;
  return true;
}

function isFiniteList(values: Float64Array | Float32Array): boolean {
  return values.every(Number.isFinite);
}
