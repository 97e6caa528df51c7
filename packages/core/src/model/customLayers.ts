import * as v from 'valibot';
import { LockstepError } from '../errors.ts';
import { checkOptions } from './check.ts';
import { definedLayerOf, isDefinedLayer } from './defineLayer.ts';
import { optionsOf } from './definition.ts';
import type { DefinedLayer } from './layerDefinition.ts';
import { type Layer, named, nameSchema } from './layers.ts';
import { type CustomSpec, DEFINED, type LayerSpec, type ModelSpec } from './spec.ts';

// Layers that users wrote, on the side of the models. A specification names its layer and does not hold it: it is with the
// specification, under a symbol that no file has. So a file never makes Lockstep import code.

const specSchema = v.strictObject({
  layer: v.pipe(v.string('layer is a name'), v.regex(/^[\w-]{1,48}$/, 'layer is a name of letters, digits, - or _')),
  source: v.pipe(v.string('source is a SHA-256'), v.regex(/^[0-9a-f]{64}$/, 'source is a SHA-256, in hexadecimal')),
  options: v.record(v.string(), v.unknown(), 'options are an object'),
  name: nameSchema,
});

/** A layer anew: with the definition that it was made with, or the one of its name among `layers`; else without any. */
export function customLayer(members: Record<string | symbol, unknown>, layers: readonly DefinedLayer[]): Layer {
  const given = { ...members } as Record<string, unknown>;
  const place = typeof given['layer'] === 'string' ? given['layer'] : 'layer';
  const { layer, source, options, name } = checkOptions(specSchema, given, place);
  const defined = definedLayerOf(members) ?? layers.find((candidate) => candidate.layer === layer);
  if (defined === undefined) return { kind: 'custom', layer, source, options, ...named({ name }) };
  return {
    ...{
      kind: 'custom',
      layer: defined.layer,
      source: defined.source,
      options: optionsOf(defined.definition, options),
    },
    ...{ [DEFINED]: defined, ...named({ name }) },
  };
}

/** The layer that a specification needs. Throws LAYER_UNKNOWN when it came out of a file and the layer was not given. */
export function requireDefined(spec: CustomSpec, place = ''): DefinedLayer {
  const defined = definedLayerOf(spec);
  if (defined !== null) return defined;
  throw new LockstepError('LAYER_UNKNOWN', {
    place: `${place}layer "${spec.name}"`,
    expected: `the layer "${spec.layer}", which a user wrote in a module`,
    received: 'a model without it, from a file',
    advice:
      `Import the layer and give it: loadModel(path, { layers: [${spec.layer}] }); a run that resumes has it in its model. ` +
      'Files never make Lockstep import code.',
  });
}

/** The layers of a model that users wrote, each once. Those of a file that were not given are left out. */
export function customLayersOf({ layers }: Pick<ModelSpec, 'layers'>): readonly DefinedLayer[] {
  const defined = layers.map((spec) => (spec.kind === 'custom' ? definedLayerOf(spec) : null));
  return [...new Set(defined)].filter((layer) => layer !== null);
}

/** Whether some layer of the model is not there: see `requireDefined`. */
export function hasUnknownLayers({ layers }: Pick<ModelSpec, 'layers'>): boolean {
  return layers.some((spec) => spec.kind === 'custom' && definedLayerOf(spec) === null);
}

/** That a name means one layer: a file could not say which. Throws INVALID_MODEL. */
export function checkDistinct(layers: readonly LayerSpec[], place: string): void {
  const known = new Map<string, DefinedLayer>();
  for (const defined of customLayersOf({ layers })) {
    const other = known.get(defined.layer);
    known.set(defined.layer, defined);
    if (other === undefined || (other.module === defined.module && other.source === defined.source)) continue;
    throw new LockstepError('INVALID_MODEL', {
      place,
      expected: `one layer of the name "${defined.layer}"`,
      received: `two, of ${other.module} and ${defined.module}`,
      advice: 'Give one of them another name in its definition.',
    });
  }
}

/** Layers that a caller gives for a file's model. Throws INVALID_OPTION. */
export function checkLayers(layers: unknown, place: string): readonly DefinedLayer[] {
  if (layers === undefined) return [];
  const wrong: unknown = Array.isArray(layers) ? layers.find((layer) => !isDefinedLayer(layer)) : layers;
  if (Array.isArray(layers) && wrong === undefined) return layers as DefinedLayer[];
  throw new LockstepError('INVALID_OPTION', {
    place,
    expected: 'a list of layers that defineLayer has made',
    received: typeof wrong === 'object' ? JSON.stringify(wrong).slice(0, 80) : typeof wrong,
    advice: "For example: import { swish } from './swish.ts'; loadModel(path, { layers: [swish] }).",
  });
}
