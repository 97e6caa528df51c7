import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, seedSchema } from './check.ts';
import { categoryEncoding, type CategoryEncodingOptions, embedding } from './categoryLayers.ts';
import { dropout } from './dropoutLayer.ts';
import { checkDistinct, customLayer, hasUnknownLayers, requireDefined } from './customLayers.ts';
import type { DefinedLayer } from './layerDefinition.ts';
import { activation, dense, flatten, type Layer, named, reshape, shapeSchema } from './layers.ts';
import {
  batchNormalization,
  layerNormalization,
  normalization,
  type NormalizationOptions,
  rescaling,
} from './normalizationLayers.ts';
import { type Activation, elementCount, type InputSpec, kindName, type LayerSpec, type ModelSpec } from './spec.ts';

export interface SequentialOptions {
  /** Shape of one row, e.g. [784]. */
  readonly inputShape: readonly number[];
  /** Seed of the initial weights; default 0. The same seed gives the same bits everywhere. */
  readonly seed?: number;
}

const optionsSchema = v.strictObject({
  inputShape: shapeSchema,
  seed: v.optional(seedSchema, 0),
});

/** Layers and options → a frozen specification with every name given. Throws INVALID_OPTION and INVALID_MODEL. */
export function buildSpec(layers: readonly Layer[], options: SequentialOptions): ModelSpec {
  const list: unknown = layers;
  if (!Array.isArray(list) || list.length === 0) {
    throw new LockstepError('INVALID_MODEL', {
      place: 'sequential(layers)',
      expected: 'a list of at least one layer',
      received: Array.isArray(list) ? 'an empty list' : typeof list,
      advice: 'For example: sequential([dense(10, { activation: "softmax" })], { inputShape: [784] }).',
    });
  }
  const { inputShape, seed } = checkOptions(optionsSchema, options, 'sequential');
  return freezeSpec({ inputShape, seed, layers: nameLayers(layers, 'sequential(layers') });
}

/** The same for layers that are connected otherwise; `connections`: see ModelSpec. */
export function buildGraphSpec(
  layers: readonly Layer[],
  connections: readonly (readonly number[])[],
  seed: number,
  place: string,
): ModelSpec {
  const specs = nameLayers(layers, `${place}(layers`);
  const inputs = specs.filter((layer): layer is InputSpec => layer.kind === 'input');
  const width = inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const inputShape = inputs.length === 1 ? inputs[0].shape : [width];
  return freezeSpec({ inputShape, seed, layers: specs, connections });
}

function freezeSpec(spec: Omit<ModelSpec, 'format' | 'version'>): ModelSpec {
  const { inputShape, seed, layers, connections } = spec;
  return Object.freeze({
    ...{ format: 'lockstep-model', version: 1, inputShape: Object.freeze([...inputShape]), seed },
    layers: Object.freeze(layers),
    ...(connections === undefined
      ? {}
      : { connections: Object.freeze(connections.map((own) => Object.freeze([...own]))) }),
  });
}

/** Every layer built anew and with a name: its own, or its kind with its place. */
function nameLayers(layers: readonly Layer[], place: string): readonly LayerSpec[] {
  const names = new Set<string>();
  checkDropouts(layers, `${place})`);
  const specs = layers.map((given, index): LayerSpec => {
    const layer = rebuildLayer(given, `${place}[${index}])`);
    const name = layer.name ?? `${kindName(layer)}_${index + 1}`;
    if (names.has(name)) {
      throw new LockstepError('INVALID_MODEL', {
        place: `${place}[${index}].name)`,
        expected: 'a name that no other layer has',
        received: name,
        advice: 'Rename one of the two layers, or leave the names out.',
      });
    }
    names.add(name);
    return Object.freeze({ ...layer, name } as LayerSpec);
  });
  checkDistinct(specs, `${place})`);
  return specs;
}

/** The numbers that dropout counts by have room for so many layers (`dropout` in the table of kernels). */
const MOST_DROPOUTS = 2048;

function checkDropouts(layers: readonly Layer[], place: string): void {
  const { length } = layers.filter(({ kind }) => kind === 'dropout');
  if (length <= MOST_DROPOUTS) return;
  throw new LockstepError('INVALID_MODEL', {
    place,
    expected: `at most ${MOST_DROPOUTS} layers of dropout`,
    received: String(length),
    advice: 'Use fewer of them.',
  });
}

/** Gives a specification from a file the layers that users wrote. Throws LAYER_UNKNOWN, INVALID_MODEL. */
export function bindLayers(spec: ModelSpec, known: readonly DefinedLayer[], place: string): ModelSpec {
  if (!hasUnknownLayers(spec)) return spec;
  const bound = checkSpec(spec, place, known);
  for (const layer of bound.layers) if (layer.kind === 'custom') requireDefined(layer, `${place}: `);
  return bound;
}

/**
 * Checks a specification that came from outside (a file) by building it anew. `known`: layers that users wrote and it may have;
 * others stay unknown, and no model can be made of it. Throws INVALID_MODEL.
 */
export function checkSpec(value: unknown, place: string, known: readonly DefinedLayer[] = []): ModelSpec {
  const candidate = value as Partial<ModelSpec> | null;
  if (candidate?.format !== 'lockstep-model' || candidate.version !== 1 || !Array.isArray(candidate.layers)) {
    throw new LockstepError('INVALID_MODEL', {
      place,
      expected: 'a specification with format "lockstep-model", version 1 and a list of layers',
      received: JSON.stringify(value)?.slice(0, 80) ?? typeof value,
      advice: 'Was the file written by a newer version of Lockstep, or by another program?',
    });
  }
  const layers = (candidate.layers as readonly unknown[]).map((layer, index) =>
    rebuildLayer(layer, `${place}: layers[${index}]`, known),
  );
  const { connections, seed = 0 } = candidate;
  if (connections === undefined) return buildSpec(layers, { inputShape: candidate.inputShape ?? [], seed });
  checkConnections(connections, layers, place);
  return buildGraphSpec(layers, connections, checkOptions(seedSchema, seed, `${place}: seed`), place);
}

function checkConnections(value: unknown, layers: readonly Layer[], place: string): void {
  const isRight = (own: unknown, index: number): boolean =>
    Array.isArray(own) &&
    (own.length === 0) === (layers[index].kind === 'input') &&
    own.every((from) => Number.isInteger(from) && from >= 0 && from < index);
  const isOrdered = layers.every(
    ({ kind }, index) => kind !== 'input' || index === 0 || layers[index - 1].kind === 'input',
  );
  if (Array.isArray(value) && value.length === layers.length && isOrdered && value.every(isRight)) return;
  throw new LockstepError('INVALID_MODEL', {
    place: `${place}: connections`,
    expected: `a list for each of ${layers.length} layers, of layers before it, inputs in front`,
    received: (JSON.stringify(value) ?? typeof value).slice(0, 80),
    advice: 'Make models with functional(); was the file changed by hand?',
  });
}

/** The functions that users call, by the kind of layer that they make, from the members of its specification. */
const CREATORS: {
  readonly [Kind in LayerSpec['kind']]: (members: Record<string, unknown>, known: readonly DefinedLayer[]) => Layer;
} = {
  dense: ({ units, ...options }) => dense(units as number, options),
  activation: ({ activation: function_, ...options }) => activation(function_ as Activation, options),
  flatten: (options) => flatten(options),
  reshape: ({ targetShape, ...options }) => reshape(targetShape as number[], options),
  input: ({ shape, ...options }) => ({
    ...{ kind: 'input', shape: checkOptions(shapeSchema, shape, 'input.shape') },
    ...named(flatten(options)),
  }),
  add: (options) => ({ kind: 'add', ...named(flatten(options)) }),
  concatenate: (options) => ({ kind: 'concatenate', ...named(flatten(options)) }),
  layerNormalization: (options) => layerNormalization(options),
  batchNormalization: (options) => batchNormalization(options),
  rescaling: ({ scale, offset, ...options }) => rescaling(scale as number, offset as number, options),
  normalization: (options) => normalization(options as unknown as NormalizationOptions),
  embedding: ({ inputDimension, outputDimension, ...options }) =>
    embedding(inputDimension as number, outputDimension as number, options),
  categoryEncoding: (options) => categoryEncoding(options as unknown as CategoryEncodingOptions),
  dropout: ({ rate, ...options }) => dropout(rate as number, options),
  custom: customLayer,
};

/** A layer anew, by the function that users call: hand-made ones may lack fields or have wrong ones. Throws INVALID_MODEL. */
function rebuildLayer(value: unknown, place: string, known: readonly DefinedLayer[] = []): Layer {
  const isObject = typeof value === 'object' && value !== null;
  const { kind, ...members } = (isObject ? value : {}) as Record<string, unknown>;
  if (value instanceof Promise) {
    throw new LockstepError('INVALID_MODEL', {
      ...{ place, expected: 'a layer', received: 'a promise' },
      advice: 'Functions such as adaptNormalization have to be awaited first.',
    });
  }
  if (typeof kind !== 'string' || !Object.hasOwn(CREATORS, kind)) {
    throw new LockstepError('INVALID_MODEL', {
      place,
      expected: `a layer of kind ${Object.keys(CREATORS).join(', ')}`,
      received: isObject ? `an object of kind ${describe(kind)}` : (JSON.stringify(value) ?? typeof value),
      advice:
        'Layers come from dense(units, options), activation(name) and the like, and from what defineLayer returns: call it, as in swish().',
    });
  }
  try {
    return CREATORS[kind as LayerSpec['kind']](members, known);
  } catch (cause) {
    if (!(cause instanceof LockstepError)) throw cause;
    const { expected, received, advice } = cause;
    throw new LockstepError('INVALID_MODEL', {
      place: `${place}: ${cause.place}`,
      ...{ expected, received, advice, cause },
    });
  }
}

function describe(kind: unknown): string {
  return typeof kind === 'string' || kind === undefined ? String(kind) : typeof kind;
}
