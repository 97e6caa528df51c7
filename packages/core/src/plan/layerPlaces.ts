import type { ModelSpec } from '../model/spec.ts';
import type { RowMatrix } from '../ops/calls.ts';
import type { ModelLayout, ParameterPlace } from './modelLayout.ts';

/**
 * Where a layer's numbers of a batch lie, for whoever wants to look at them: kernels do not need it. Of a last layer whose
 * activation the loss computes itself, `output` is what that is given.
 */
export interface LayerPlace {
  readonly name: string;
  readonly kind: string;
  readonly inputs: readonly RowMatrix[];
  readonly output: RowMatrix;
  readonly parameters: readonly Pick<ParameterPlace, 'name' | 'address' | 'elements'>[];
  /** How many entries it has, when its inputs are indices; else null. */
  readonly indices: number | null;
}

/** The places of all layers, in their order. `matrices`: of each. */
export function layerPlaces(
  { layers }: ModelSpec,
  { parameters }: ModelLayout,
  matrices: readonly Pick<LayerPlace, 'inputs' | 'output'>[],
): LayerPlace[] {
  return layers.map((spec, layer) => {
    const own = parameters.filter((place) => place.layer === layer);
    return {
      ...{ name: spec.name, kind: spec.kind, ...matrices[layer] },
      parameters: own.map(({ name, address, elements }) => ({ name, address, elements })),
      indices: indicesOf(spec),
    };
  });
}

function indicesOf(spec: ModelSpec['layers'][number]): number | null {
  if (spec.kind === 'embedding') return spec.inputDimension;
  return spec.kind === 'categoryEncoding' ? spec.categories : null;
}

/** The columns of the data that dense layers take as they are. Only data lies in slots. */
export function dataColumnsOfDense(layers: readonly LayerPlace[]): RowMatrix[] {
  return layers
    .filter(({ kind }) => kind === 'dense')
    .flatMap(({ inputs }) => inputs.filter(({ slotBytes }) => slotBytes > 0));
}
