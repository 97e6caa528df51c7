import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions, positiveInteger, seedSchema } from './check.ts';
import { dense, type Layer } from './layers.ts';
import type { LayerSpec, ModelSpec } from './spec.ts';

export interface SequentialOptions {
  /** Shape of one row, e.g. [784]. */
  readonly inputShape: readonly number[];
  /** Seed of the initial weights; default 0. The same seed gives the same bits everywhere. */
  readonly seed?: number;
}

const optionsSchema = v.strictObject({
  inputShape: v.pipe(
    v.array(positiveInteger('A dimension'), 'inputShape is the shape of one row, e.g. [784]'),
    v.minLength(1, 'inputShape is a list of one dimension, e.g. [784]'),
    v.maxLength(1, 'inputShape is a list of one dimension for now. Give images as flat rows, e.g. [784] for 28 × 28'),
  ),
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
  const names = new Set<string>();
  const named = layers.map((given, index): LayerSpec => {
    const layer = rebuildLayer(given, `sequential(layers[${index}])`);
    const name = layer.name ?? `${layer.kind}_${index + 1}`;
    if (names.has(name)) {
      throw new LockstepError('INVALID_MODEL', {
        place: `sequential(layers[${index}].name)`,
        expected: 'a name that no other layer has',
        received: name,
        advice: 'Rename one of the two layers, or leave the names out.',
      });
    }
    names.add(name);
    if (layer.activation === 'softmax' && index < layers.length - 1) {
      throw new LockstepError('UNSUPPORTED', {
        place: `sequential(layers[${index}])`,
        expected: 'softmax on the last layer only',
        received: `softmax on layer ${index + 1} of ${layers.length}`,
        advice: 'Softmax turns outputs into class probabilities; use relu between hidden layers.',
      });
    }
    return Object.freeze({ ...layer, name });
  });
  return Object.freeze({
    format: 'lockstep-model',
    version: 1,
    inputShape: Object.freeze(inputShape),
    seed,
    layers: Object.freeze(named),
  });
}

/** Checks a specification that came from outside (a file) by building it anew. Throws INVALID_MODEL. */
export function checkSpec(value: unknown, place: string): ModelSpec {
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
    rebuildLayer(layer, `${place}: layers[${index}]`),
  );
  return buildSpec(layers, { inputShape: candidate.inputShape ?? [], seed: candidate.seed ?? 0 });
}

/** A layer anew, by the function that users call: hand-made ones may lack fields or have wrong ones. Throws INVALID_MODEL. */
function rebuildLayer(value: unknown, place: string): Layer {
  const isObject = typeof value === 'object' && value !== null;
  const { kind, units, ...options } = (isObject ? value : {}) as Record<string, unknown>;
  if (kind !== 'dense') {
    throw new LockstepError('INVALID_MODEL', {
      place,
      expected: 'a layer of kind dense',
      received: isObject ? `an object of kind ${String(kind)}` : (JSON.stringify(value) ?? typeof value),
      advice: 'Layers come from dense(units, options); this version of Lockstep knows no others.',
    });
  }
  try {
    return dense(units as number, options);
  } catch (cause) {
    if (!(cause instanceof LockstepError)) throw cause;
    const { expected, received, advice } = cause;
    throw new LockstepError('INVALID_MODEL', {
      place: `${place}: ${cause.place}`,
      ...{ expected, received, advice, cause },
    });
  }
}
