import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { buildGraphSpec } from './build.ts';
import { checkOptions, seedSchema } from './check.ts';
import { type Layer, named, nameSchema, shapeSchema } from './layers.ts';
import type { ModelSpec } from './spec.ts';

/**
 * The output of a layer before there is a model: what the functions of this file take and give. It holds no numbers; it says
 * how they will be computed.
 */
export class SymbolicTensor {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];

  constructor(layer: Layer, inputs: readonly SymbolicTensor[]) {
    this.layer = layer;
    this.inputs = inputs;
    Object.freeze(this);
  }
}

export interface InputOptions {
  /** Shape of one row, e.g. [784]. */
  readonly shape: readonly number[];
  /** Unique in the model; default `input_1`, … */
  readonly name?: string;
}

const inputSchema = v.strictObject({ shape: shapeSchema, name: nameSchema });

/**
 * Where data come in. A model with several inputs takes rows in which they stand one behind the other, in the order of
 * `functional`'s list. Throws INVALID_OPTION.
 */
export function input(options: InputOptions): SymbolicTensor {
  const { shape, name } = checkOptions(inputSchema, options, 'input');
  return new SymbolicTensor({ kind: 'input', shape, ...named({ name }) }, []);
}

/** A layer's output for an input, e.g. `apply(dense(32, { activation: 'relu' }), x)`. */
export function apply(layer: Layer, tensor: SymbolicTensor): SymbolicTensor {
  return new SymbolicTensor(layer, [checkTensor(tensor, 'apply(layer, tensor)')]);
}

const nameOptions = v.strictObject({ name: nameSchema });

/** The sum of tensors of one shape, number by number: what a residual connection ends with. */
export function add(tensors: readonly SymbolicTensor[], options: { readonly name?: string } = {}): SymbolicTensor {
  return merge('add', tensors, options);
}

/** Tensors one behind the other, along the last dimension; the others are the same. */
export function concatenate(
  tensors: readonly SymbolicTensor[],
  options: { readonly name?: string } = {},
): SymbolicTensor {
  return merge('concatenate', tensors, options);
}

function merge(
  kind: 'add' | 'concatenate',
  tensors: readonly SymbolicTensor[],
  options: { readonly name?: string },
): SymbolicTensor {
  const { name } = checkOptions(nameOptions, options, kind);
  if (!Array.isArray(tensors) || tensors.length < 2) {
    throw new LockstepError('INVALID_MODEL', {
      place: `${kind}(tensors)`,
      expected: 'a list of at least two tensors',
      received: Array.isArray(tensors) ? `a list of ${tensors.length}` : typeof tensors,
      advice: `For example: ${kind}([x, apply(dense(32), x)]).`,
    });
  }
  const checked = tensors.map((tensor, index) => checkTensor(tensor, `${kind}(tensors[${index}])`));
  return new SymbolicTensor({ kind, ...named({ name }) }, checked);
}

function checkTensor(value: unknown, place: string): SymbolicTensor {
  if (value instanceof SymbolicTensor) return value;
  throw new LockstepError('INVALID_MODEL', {
    place,
    expected: 'a tensor: what input, apply, add and concatenate return',
    received: typeof value,
    advice: 'Write: const x = input({ shape: [8] }); const y = apply(dense(1), x).',
  });
}

export interface FunctionalOptions {
  readonly inputs: readonly SymbolicTensor[];
  readonly output: SymbolicTensor;
  /** Seed of the initial weights; default 0. */
  readonly seed?: number;
}

const functionalSchema = v.strictObject({
  inputs: v.pipe(
    v.array(v.unknown(), 'inputs are a list of tensors'),
    v.minLength(1, 'inputs are a list of at least one tensor'),
  ),
  output: v.unknown(),
  seed: v.optional(seedSchema, 0),
});

/**
 * The specification of a model from its inputs and its output: all layers on the way, each behind those that it needs. Throws
 * INVALID_OPTION, INVALID_MODEL.
 */
export function functionalSpec(options: FunctionalOptions): ModelSpec {
  const { inputs, output, seed } = checkOptions(functionalSchema, options, 'functional');
  const first = inputs.map((tensor, index) => checkInput(tensor, `functional.inputs[${index}]`));
  const order = inOrder(checkTensor(output, 'functional.output'), first);
  const stray = order.find(({ layer }, index) => layer.kind === 'input' && index >= first.length);
  if (stray !== undefined) {
    throw new LockstepError('INVALID_MODEL', {
      place: 'functional.inputs',
      expected: 'every input that the output depends on',
      received: `a list without ${stray.layer.name ?? 'one of them'}`,
      advice: 'Add it, at the place where its numbers stand in a row of data.',
    });
  }
  const places = new Map(order.map((tensor, index) => [tensor, index]));
  return buildGraphSpec(
    order.map(({ layer }) => layer),
    order.map(({ inputs: own }) => own.map((tensor) => places.get(tensor) ?? -1)),
    seed,
    'functional',
  );
}

function checkInput(value: unknown, place: string): SymbolicTensor {
  const tensor = checkTensor(value, place);
  if (tensor.layer.kind === 'input') return tensor;
  throw new LockstepError('INVALID_MODEL', {
    place,
    expected: 'a tensor that input() has made',
    received: `the output of a layer of kind ${tensor.layer.kind}`,
    advice: 'Inputs are where data come in.',
  });
}

/** All tensors that the output needs, each after its own inputs, the model's inputs first. Without recursion: models are deep. */
function inOrder(output: SymbolicTensor, inputs: readonly SymbolicTensor[]): readonly SymbolicTensor[] {
  const done = new Set<SymbolicTensor>(inputs);
  const open = [output];
  while (open.length > 0) {
    const tensor = open[open.length - 1];
    const missing = tensor.inputs.filter((needed) => !done.has(needed));
    if (missing.length === 0) {
      done.add(tensor);
      open.pop();
    } else open.push(...missing.toReversed());
  }
  return [...done];
}
