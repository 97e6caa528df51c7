import { checkDefinition, checkFunctions, hashOfModule, optionsOf, warnOfChance } from './definition.ts';
import type { AnyLayerDefinition, DefinedLayer, LayerDefinition, LayerParameter } from './layerDefinition.ts';
import type { Layer } from './layers.ts';
import { type CustomSpec, DEFINED } from './spec.ts';

// Threads import this file with every module of a layer: it must stay light.

/** Makes a layer for a model, as `dense` does: what `defineLayer` returns. Throws INVALID_OPTION. */
export interface CustomLayer<Given = object> extends DefinedLayer {
  (...options: LayerArguments<Given>): Layer;
}

/** Options may be left out where none is required. `name`: unique in the model. */
type LayerArguments<Given> = object extends Given ? [options?: Given & Named] : [options: Given & Named];
interface Named {
  readonly name?: string;
}

const MEMBERS = {
  options: 'may',
  outputShape: 'may',
  parameters: 'may',
  forward: 'must',
  backward: 'must',
  parameterGradients: 'others',
} as const;

/** Of all copies of this package that a program may hold. */
const BRAND: unique symbol = Symbol.for('lockstep.layer');

/**
 * A layer of a user's own, e.g.
 * `export const swish = defineLayer(import.meta.url, { name: 'swish', forward(row) …, backward(row) … })`. It stands in a
 * module of its own and is exported: every thread imports that module. The result makes layers:
 * `sequential([dense(64), swish()], …)`. Throws INVALID_MODEL.
 */
export function defineLayer<
  Given = object,
  Options = object,
  Parameters extends Readonly<Record<string, LayerParameter>> = Readonly<Record<string, LayerParameter>>,
>(module: string, definition: LayerDefinition<Given, Options, Parameters>): CustomLayer<Given> {
  const own = Object.freeze({ ...definition }) as unknown as AnyLayerDefinition;
  const { forward, backward, parameterGradients = {} } = own;
  checkDefinition('defineLayer', module, own, MEMBERS);
  checkFunctions('defineLayer(parameterGradients', parameterGradients);
  warnOfChance(`the layer "${own.name}"`, module, { forward, backward, ...parameterGradients });
  const create = ({ name, ...given }: Named = {}): Layer => ({
    ...{ kind: 'custom', layer: own.name, source, options: optionsOf(own, given), [DEFINED]: defined },
    ...(name === undefined ? {} : { name }),
  });
  const source = hashOfModule('defineLayer', module, own.name);
  const defined = Object.assign(create, { layer: own.name, module, source, definition: own, [BRAND]: true });
  return Object.freeze(defined);
}

export function isDefinedLayer(value: unknown): value is DefinedLayer {
  return typeof value === 'function' && BRAND in value;
}

/** What a specification was made with; null for one that came out of a file, until the layer is given to it. */
export function definedLayerOf(spec: Pick<CustomSpec, typeof DEFINED>): DefinedLayer | null {
  const defined = spec[DEFINED];
  return isDefinedLayer(defined) ? defined : null;
}
