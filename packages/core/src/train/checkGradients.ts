import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, positiveNumber, seedSchema } from '../model/check.ts';
import { requireDefined } from '../model/customLayers.ts';
import { initialize } from '../model/initialize.ts';
import { type Layer, shapeSchema } from '../model/layers.ts';
import type { CustomLossSpec } from '../model/lossDefinition.ts';
import { customLossOf } from '../model/losses.ts';
import { type CustomSpec, elementCount } from '../model/spec.ts';
import { customOperation } from '../ops/custom.ts';
import { PURPOSE, RandomSequence } from '../random/philox.ts';
import { type Custom, customFailed, gaveNoNumbers, returnedNoNumber, wrongGradient } from '../runtime/customErrors.ts';
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

export interface CheckLossOptions {
  /** Rows of the model's output and of labels to try it with. */
  readonly outputs: readonly (readonly number[])[];
  readonly labels: readonly (readonly number[])[];
  /** Largest error of the gradient, as a part of its largest entry; default 1e-6. */
  readonly tolerance?: number;
}

const rows = (what: string): v.GenericSchema<number[][]> =>
  v.array(v.array(v.number(`A number of ${what} is a number`), `${what} are lists of numbers`), `${what} are lists`);
const tolerance = v.optional(positiveNumber('tolerance'), 1e-6);
const layerSchema = v.strictObject({
  inputShape: shapeSchema,
  inputs: v.optional(rows('inputs')),
  seed: v.optional(seedSchema, 0),
  tolerance,
});
const lossSchema = v.strictObject({ outputs: rows('outputs'), labels: rows('labels'), tolerance });

/**
 * Tries a layer of one's own (`defineLayer`) on a few rows, for a test of it: its gradients must be the central differences of
 * its output, in float64; its functions must write every number, keep inside their arrays, and give the same for the same row
 * whatever came between. Throws LAYER_FAILED where they do not, which names the number; INVALID_MODEL and INVALID_OPTION.
 */
export function checkLayer(layer: Layer, options: CheckLayerOptions): void {
  const { inputShape, inputs, seed, tolerance: most } = checkOptions(layerSchema, options, 'checkLayer');
  if (layer.kind !== 'custom') throw notOwn('checkLayer(layer)', 'a layer that defineLayer has made', layer.kind);
  const spec = { ...layer, name: layer.name ?? layer.layer } as CustomSpec;
  const { definition, module } = requireDefined(spec);
  const custom: Custom = { kind: 'layer', name: spec.name, definedAs: layer.layer, module };
  const outputShape = customOperation.outputShape(spec, [inputShape]);
  const specs = customOperation.parameters(spec, [inputShape]);
  const parameters = Object.fromEntries(
    specs.map((parameter, index) => {
      const values = new Float32Array(elementCount(parameter.shape));
      initialize(values, parameter, seed, index);
      return [parameter.name, Float64Array.from(values)] as const;
    }),
  );
  const width = elementCount(inputShape);
  const given = inputs ?? drawRows(3, width, seed);
  const outputs = elementCount(outputShape);
  const outputGradient = Float64Array.from(drawRows(1, outputs, seed + 1)[0]);
  const guarded = Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, guardedArray(values, `parameters.${name}`, false)]),
  ) as unknown as Record<string, Float32Array>;
  const common = { options: spec.options, inputShape, outputShape, parameters: guarded };

  const forward = (input: Float64Array, row: number): Float64Array => {
    const output = new Float64Array(outputs).fill(NaN);
    run(custom, 'forward', row, () =>
      definition.forward({
        ...{ ...common, input: guardedArray(input, 'input', false), output: guardedArray(output, 'output', true) },
      }),
    );
    requireNumbers(custom, 'forward', row, 'output', output);
    return output;
  };
  const first: Float64Array[] = [];
  for (const [row, values] of given.entries()) {
    if (values.length !== width) {
      throw notOwn(`checkLayer.inputs[${row}]`, `${width} numbers, as inputShape has`, `${values.length}`);
    }
    const input = Float64Array.from(values);
    const output = forward(input, row);
    first.push(output);
    const arrays = {
      input: guardedArray(input, 'input', false),
      output: guardedArray(output, 'output', false),
      outputGradient: guardedArray(outputGradient, 'outputGradient', false),
    };
    const scalar = (): number => forward(input, row).reduce((sum, y, i) => sum + y * outputGradient[i], 0);
    const inputGradient = new Float64Array(width).fill(NaN);
    run(custom, 'backward', row, () =>
      definition.backward({
        ...{ ...common, ...arrays, inputGradient: guardedArray(inputGradient, 'inputGradient', true) },
      }),
    );
    requireNumbers(custom, 'backward', row, 'inputGradient', inputGradient);
    requireSame(custom, 'backward', row, 'inputGradient', inputGradient, differences(input, scalar), most);
    for (const { name, trainable } of specs) {
      const add = definition.parameterGradients?.[name];
      if (!trainable || add === undefined) continue;
      // Not from 0, to see that it adds.
      const sums = new Float64Array(parameters[name].length).fill(1);
      const member = `parameterGradients.${name}`;
      run(custom, member, row, () =>
        add({ ...{ ...common, ...arrays, gradient: guardedArray(sums, 'gradient', true) } }),
      );
      requireNumbers(custom, member, row, 'gradient', sums);
      const gradient = sums.map((sum) => sum - 1);
      requireSame(custom, member, row, 'gradient', gradient, differences(parameters[name], scalar), most);
    }
  }
  for (const [row, values] of given.entries()) {
    const again = forward(Float64Array.from(values), row);
    const index = again.findIndex((value, i) => value !== first[row][i]);
    if (index >= 0)
      throw wrongGradient(custom, 'forward', row, `output[${index}]`, first[row][index], again[index], 'again');
  }
}

/** The same for a loss of one's own (`defineLoss`). Throws LOSS_FAILED, INVALID_OPTION. */
export function checkLoss(spec: CustomLossSpec, options: CheckLossOptions): void {
  const { outputs, labels, tolerance: most } = checkOptions(lossSchema, options, 'checkLoss');
  const defined = customLossOf(spec);
  if (defined === null) throw notOwn('checkLoss(loss)', 'a loss that defineLoss has made, called', typeof spec);
  if (outputs.length !== labels.length) {
    throw notOwn('checkLoss.labels', `${outputs.length} rows, as outputs has`, `${labels.length}`);
  }
  const { definition, module, loss: name } = defined;
  const custom: Custom = { kind: 'loss', name, definedAs: name, module };
  for (const [row, values] of outputs.entries()) {
    const output = Float64Array.from(values);
    const arrays = {
      options: spec.options,
      output: guardedArray(output, 'output', false),
      label: guardedArray(Float64Array.from(labels[row]), 'label', false),
    };
    const scalar = (): number => {
      const loss: unknown = run(custom, 'loss', row, () => definition.loss(arrays));
      if (typeof loss === 'number' && !Number.isNaN(loss)) return loss;
      throw returnedNoNumber(custom, 'loss', row, loss);
    };
    const gradient = new Float64Array(output.length).fill(NaN);
    run(custom, 'gradient', row, () =>
      definition.gradient({ ...arrays, outputGradient: guardedArray(gradient, 'outputGradient', true) }),
    );
    requireNumbers(custom, 'gradient', row, 'outputGradient', gradient);
    requireSame(custom, 'gradient', row, 'outputGradient', gradient, differences(output, scalar), most);
  }
}

function run<Result>(custom: Custom, member: string, row: number, function_: () => Result): Result {
  try {
    return function_();
  } catch (cause) {
    throw customFailed(custom, member, row, cause);
  }
}

/** In [-1, 1). */
function drawRows(count: number, width: number, seed: number): number[][] {
  const sequence = new RandomSequence(seed, PURPOSE.initialisation, 0);
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (__, i) => 2 * sequence.uniform(row * width + i) - 1),
  );
}

/** Where the error of a central difference, h²·f‴/6 + 1e-16·f/h, is least for functions of a usual size. */
const STEP = 1e-5;

/** df/dvalues, one number after the other. */
function differences(values: Float64Array, f: () => number): Float64Array {
  return values.map((value, i) => {
    const step = STEP * Math.max(1, Math.abs(value));
    values[i] = value + step;
    const above = f();
    values[i] = value - step;
    const below = f();
    values[i] = value;
    return (above - below) / (2 * step);
  });
}

function requireNumbers(custom: Custom, member: string, row: number, array: string, values: Float64Array): void {
  const index = values.findIndex(Number.isNaN);
  if (index >= 0) throw gaveNoNumbers(custom, member, row, array, index);
}

/** Beside the largest entry of what is expected: an entry near 0 is a difference of larger numbers. */
function requireSame(
  custom: Custom,
  member: string,
  row: number,
  array: string,
  found: Float64Array,
  expected: Float64Array,
  most: number,
): void {
  const largest = expected.reduce((size, value) => Math.max(size, Math.abs(value)), 1e-3);
  const index = found.findIndex((value, i) => !(Math.abs(value - expected[i]) <= most * largest));
  if (index < 0) return;
  throw wrongGradient(custom, member, row, `${array}[${index}]`, expected[index], found[index], 'difference');
}

function notOwn(place: string, expected: string, received: string): LockstepError {
  const advice = "For example: checkLayer(swish(), { inputShape: [5] }), with swish from a module of one's own.";
  return new LockstepError('INVALID_OPTION', { place, expected, received, advice });
}
