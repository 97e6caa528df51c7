import { LockstepError } from '../errors.ts';
import { requireDefined } from '../model/customLayers.ts';
import { checkInitializer } from '../model/initializers.ts';
import type { LayerParameter } from '../model/layerDefinition.ts';
import { type CustomSpec, elementCount, formatShape, type ParameterSpec } from '../model/spec.ts';
import { type Argument, type CustomFunction, type KernelCall, type RowMatrix, rowsOf } from './calls.ts';
import { PLAIN } from './gradientForm.ts';
import { plainInputGradients } from './inputGradients.ts';
import type { LayerOperation, ParameterBlock } from './layer.ts';

/**
 * A layer that a user wrote in a module (model/layerDefinition.ts). Its calls look like those of kernels, by names such as
 * `swish_2/forward`; what they run is bound in each thread by runtime/customLayerKernels.ts. A parameter is one block: the user's
 * function adds up whole gradients.
 */
export const customOperation: LayerOperation<CustomSpec> = {
  outputShape(spec, [inputShape]) {
    const { definition } = requireDefined(spec);
    const shape: unknown = calling(spec, 'outputShape', () =>
      definition.outputShape === undefined ? inputShape : definition.outputShape([...inputShape], spec.options),
    );
    if (isShape(shape)) return Object.freeze([...shape]);
    throw wrong(spec, 'outputShape', 'the shape of one row, e.g. [32]', describe(shape));
  },

  parameters: (spec, [inputShape]) => parametersOf(spec, inputShape),

  forward: (spec, { inputs: [input], output }) => [
    call(spec, 'forward', [...placeOf(output), ...placeOf(input), { rows: 1 }, { start: 1 }]),
  ],

  gradientForm: () => PLAIN,

  backward: (spec, context) =>
    plainInputGradients(context, (matrix) => [
      call(spec, 'backward', [
        ...placeOf(matrix),
        ...[context.outputGradient, context.inputs[0], context.output].flatMap(placeOf),
        ...[{ rows: 1 }, { start: 1 }],
      ]),
    ]),

  blocks(spec, context): readonly ParameterBlock[] {
    const { outputGradient, inputs, output } = context;
    return parametersOf(spec, context.inputShapes[0]).flatMap(({ name, shape, trainable }, parameter) => {
      if (!trainable) return [];
      const gradient = call(spec, `gradient/${name}`, [
        { target: 1 },
        ...[outputGradient, inputs[0], output].flatMap(placeOf),
        ...[{ rows: 1 }, { start: 1 }, { folds: 1 }, { foldStride: 1 }],
      ]);
      const flopsPerRow = FLOPS_PER_NUMBER * (inputs[0].columns + 2 * output.columns);
      return { parameter, begin: 0, elements: elementCount(shape), flopsPerRow, gradient, refresh: [] };
    });
  },

  refresh: () => [],
};

/** What a number costs in JavaScript, as operations of a product: two nanoseconds or so. */
const FLOPS_PER_NUMBER = 200;

/** Address of the first row that the call is for, and bytes from one row to the next. */
function placeOf(matrix: RowMatrix): readonly Argument[] {
  return [rowsOf(matrix), matrix.rowBytes];
}

function call({ name }: CustomSpec, which: CustomFunction, list: readonly Argument[]): KernelCall {
  return { kernel: `${name}/${which}`, arguments: list };
}

function parametersOf(spec: CustomSpec, inputShape: readonly number[]): readonly ParameterSpec[] {
  const { definition } = requireDefined(spec);
  const found: unknown = calling(
    spec,
    'parameters',
    () => definition.parameters?.([...inputShape], spec.options) ?? {},
  );
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    const expected = "an object with a member for each parameter, e.g. { beta: { shape: [8], initializer: 'ones' } }";
    throw wrong(spec, 'parameters', expected, describe(found));
  }
  const parameters = Object.entries(found).map(([name, value]) => checkParameter(spec, name, value));
  const trained = parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
  const gradients = Object.keys(definition.parameterGradients ?? {});
  const missing = trained.find((name) => !gradients.includes(name));
  if (missing !== undefined) {
    throw wrong(spec, 'parameterGradients', `a function for each parameter that is trained, ${missing} too`, 'none');
  }
  const other = gradients.find((name) => !trained.includes(name));
  if (other === undefined) return parameters;
  throw wrong(spec, 'parameterGradients', `functions for ${trained.join(', ') || 'no parameter'}`, other);
}

function calling<Result>(spec: CustomSpec, member: string, function_: () => Result): Result {
  try {
    return function_();
  } catch (cause) {
    throw new LockstepError('INVALID_MODEL', {
      place: placeIn(spec, member),
      expected: 'an answer',
      received: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
      advice: 'This is what the function has thrown for the shape of the layer before it.',
      cause,
    });
  }
}

function checkParameter(spec: CustomSpec, name: string, value: unknown): ParameterSpec {
  const place = `parameters.${name}`;
  if (!/^[\w-]{1,64}$/.test(name)) throw wrong(spec, place, 'a name of 1 to 64 letters, digits, - or _', name);
  const { shape, initializer, trainable = true, ...others } = (value ?? {}) as LayerParameter;
  const [other] = Object.keys(others);
  if (other !== undefined) throw wrong(spec, place, 'shape, initializer and trainable', other);
  if (!isShape(shape)) throw wrong(spec, `${place}.shape`, 'a list of dimensions, e.g. [8]', describe(shape));
  if (typeof trainable !== 'boolean') throw wrong(spec, `${place}.trainable`, 'true or false', describe(trainable));
  const checked = checkInitializer(initializer, `${placeIn(spec, place)}.initializer`);
  return { name, shape: [...shape], initializer: checked, trainable };
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((size) => Number.isSafeInteger(size) && size > 0);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return formatShape(value as number[]);
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 80);
}

function placeIn(spec: CustomSpec, member: string): string {
  return `layer "${spec.name}": ${member} of ${requireDefined(spec).module}`;
}

function wrong(spec: CustomSpec, member: string, expected: string, received: string): LockstepError {
  const advice = 'This is what the definition in that module says for the shape of the layer before it.';
  return new LockstepError('INVALID_MODEL', { place: placeIn(spec, member), expected, received, advice });
}
