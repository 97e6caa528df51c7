import * as v from 'valibot';
import { checkOptions, seedSchema } from '../model/check.ts';
import { requireDefined } from '../model/customLayers.ts';
import { initialize } from '../model/initialize.ts';
import type { AnyLayerDefinition } from '../model/layerDefinition.ts';
import { type Layer, shapeSchema } from '../model/layers.ts';
import { type CustomSpec, elementCount, type ParameterSpec } from '../model/spec.ts';
import { customOperation } from '../ops/custom.ts';
import { PURPOSE, RandomSequence } from '../random/philox.ts';
import { type Custom, type CustomCall, wrongGradient } from '../runtime/customErrors.ts';
import {
  differences,
  invalidCheck,
  requireNumbers,
  requireSame,
  rowsSchema,
  run,
  toleranceSchema,
} from './gradientCheck.ts';
import { guardedArray } from './guardedArray.ts';

export interface CheckLayerOptions {
  /** Shape of one row that the layer takes. */
  readonly inputShape: readonly number[];
  /** Rows to try it with, each as many numbers as `inputShape` has; default: three of numbers in ±1. */
  readonly inputs?: readonly (readonly number[])[];
  /** Of numbers that are drawn: rows, and first parameters; default 0. */
  readonly seed?: number;
  /** Largest error of a gradient, as a part of its largest entry; default 1e-6. */
  readonly tolerance?: number;
}

const layerSchema = v.strictObject({
  inputShape: shapeSchema,
  inputs: v.optional(rowsSchema('inputs')),
  seed: v.optional(seedSchema, 0),
  tolerance: toleranceSchema,
});

/**
 * Tries a layer of one's own (`defineLayer`) on a few rows, for a test of it: its gradients must be the central differences of
 * its output, in float64; its functions must write every number, keep inside their arrays, and give the same for the same row
 * whatever came between. Throws LAYER_FAILED where they do not, which names the number; INVALID_MODEL and INVALID_OPTION.
 */
export function checkLayer(layer: Layer, options: CheckLayerOptions): void {
  const { inputShape, inputs, seed, tolerance } = checkOptions(layerSchema, options, 'checkLayer');
  if (layer.kind !== 'custom') throw invalidCheck('checkLayer(layer)', 'a layer that defineLayer has made', layer.kind);
  const width = elementCount(inputShape);
  const rows = (inputs ?? drawRows(3, width, seed)).map((row) => Float64Array.from(row));
  const wrong = rows.findIndex(({ length }) => length !== width);
  if (wrong >= 0) {
    const expected = `${width} numbers, as inputShape has`;
    throw invalidCheck(`checkLayer.inputs[${wrong}]`, expected, String(rows[wrong].length));
  }
  const trial = new LayerTrial({ ...layer, name: layer.name ?? layer.layer }, inputShape, seed, tolerance);
  const first = rows.map((input, row) => trial.check(input, row));
  for (const [row, input] of rows.entries()) trial.requireAgain(input, row, first[row]);
}

/** A layer outside of a model: what a thread does with it, and differences. */
class LayerTrial {
  readonly #custom: Custom;
  readonly #definition: AnyLayerDefinition;
  readonly #specs: readonly ParameterSpec[];
  readonly #parameters: Readonly<Record<string, Float64Array>>;
  readonly #outputGradient: Float64Array;
  readonly #tolerance: number;
  /** What all functions are given. */
  readonly #common: Omit<Parameters<AnyLayerDefinition['forward']>[0], 'input' | 'output'>;

  constructor(spec: CustomSpec, inputShape: readonly number[], seed: number, tolerance: number) {
    const { definition, module } = requireDefined(spec);
    const outputShape = customOperation.outputShape(spec, [inputShape]);
    this.#custom = { kind: 'layer', name: spec.name, definedAs: spec.layer, module };
    this.#definition = definition;
    this.#specs = customOperation.parameters(spec, [inputShape]);
    this.#tolerance = tolerance;
    this.#outputGradient = Float64Array.from(drawRows(1, elementCount(outputShape), seed + 1)[0]);
    this.#parameters = Object.fromEntries(
      this.#specs.map((parameter, index) => {
        const values = new Float32Array(elementCount(parameter.shape));
        initialize(values, parameter, seed, index);
        return [parameter.name, Float64Array.from(values)];
      }),
    );
    const guarded = Object.entries(this.#parameters).map(([name, values]) => {
      return [name, guardedArray(values, `parameters.${name}`, false)];
    });
    // In float64, as differences need it.
    const parameters = Object.fromEntries(guarded) as unknown as Record<string, Float32Array>;
    this.#common = { options: spec.options, inputShape, outputShape, parameters };
  }

  /** Compares all gradients for one row; returns its output. */
  check(input: Float64Array, row: number): Float64Array {
    const { backward, parameterGradients = {} } = this.#definition;
    const output = this.#forward(input, row);
    const arrays = {
      ...this.#common,
      input: guardedArray(input, 'input', false),
      output: guardedArray(output, 'output', false),
      outputGradient: guardedArray(this.#outputGradient, 'outputGradient', false),
    };
    const inputGradient = new Float64Array(input.length).fill(NaN);
    run(this.#call('backward', row), () =>
      backward({ ...arrays, inputGradient: guardedArray(inputGradient, 'inputGradient', true) }),
    );
    this.#compare(this.#call('backward', row), 'inputGradient', inputGradient, this.#differences(input, input, row));
    for (const { name, trainable } of this.#specs) {
      const add = parameterGradients[name];
      if (!trainable || add === undefined) continue;
      const values = this.#parameters[name];
      const member = `parameterGradients.${name}`;
      // Not from 0, to see that it adds.
      const sums = new Float64Array(values.length).fill(1);
      run(this.#call(member, row), () => add({ ...arrays, gradient: guardedArray(sums, 'gradient', true) }));
      const gradient = sums.map((sum) => sum - 1);
      this.#compare(this.#call(member, row), 'gradient', gradient, this.#differences(values, input, row));
    }
    return output;
  }

  /** That a row gives what it gave when it came first. */
  requireAgain(input: Float64Array, row: number, first: Float64Array): void {
    const again = this.#forward(input, row);
    const index = again.findIndex((value, i) => value !== first[i]);
    if (index < 0) return;
    throw wrongGradient(this.#call('forward', row), `output[${index}]`, first[index], again[index], 'again');
  }

  #forward(input: Float64Array, row: number): Float64Array {
    const call = this.#call('forward', row);
    const output = new Float64Array(this.#outputGradient.length).fill(NaN);
    const arrays = { input: guardedArray(input, 'input', false), output: guardedArray(output, 'output', true) };
    run(call, () => this.#definition.forward({ ...this.#common, ...arrays }));
    requireNumbers(call, 'output', output);
    return output;
  }

  /** Of Σ outputGradient · output, by some numbers that it depends on. */
  #differences(values: Float64Array, input: Float64Array, row: number): Float64Array {
    return differences(values, () =>
      this.#forward(input, row).reduce((sum, y, i) => sum + y * this.#outputGradient[i], 0),
    );
  }

  #compare(call: CustomCall, array: string, found: Float64Array, expected: Float64Array): void {
    requireNumbers(call, array, found);
    requireSame(call, array, found, expected, this.#tolerance);
  }

  #call(member: string, row: number): CustomCall {
    return { custom: this.#custom, member, row };
  }
}

/** In [-1, 1). */
function drawRows(count: number, width: number, seed: number): number[][] {
  const sequence = new RandomSequence(seed, PURPOSE.initialisation, 0);
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (__, i) => 2 * sequence.uniform(row * width + i) - 1),
  );
}
