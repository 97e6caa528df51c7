import { requireDefined } from '../model/customLayers.ts';
import { customLossOf, type LossSpec } from '../model/losses.ts';
import type { PlannedNode } from './layers.ts';
import type { ModelLayout } from './modelLayout.ts';
import type { PlannedCustomLayer, PlannedCustomLoss } from './plan.ts';

/** What threads need to know of the layers that users wrote, in the order in which they are computed. */
export function planCustomLayers(layout: ModelLayout, nodes: readonly PlannedNode[]): readonly PlannedCustomLayer[] {
  return nodes.flatMap(({ layer: index, spec, inputShapes, shape: outputShape }) => {
    if (spec.kind !== 'custom') return [];
    const { name, options } = spec;
    const { layer, module, source } = requireDefined(spec);
    const parameters = layout.parameters
      .filter((place) => place.layer === index)
      .map((place) => ({ name: place.name.slice(name.length + 1), address: place.address, elements: place.elements }));
    return [{ name, layer, module, source, options, inputShape: inputShapes[0], outputShape, parameters }];
  });
}

/** Whether a function of a user computes the gradient of some parameter. */
export function hasCustomGradients({ parameters }: ModelLayout, nodes: readonly PlannedNode[]): boolean {
  return nodes.some(
    ({ layer, spec }) => spec.kind === 'custom' && parameters.some((place) => place.layer === layer && place.trainable),
  );
}

/** The same for a loss that a user wrote; null for others. */
export function planCustomLoss(loss: LossSpec | null, outputs: number, labelWidth: number): PlannedCustomLoss | null {
  const defined = customLossOf(loss);
  if (loss?.kind !== 'custom' || defined === null) return null;
  const { loss: name, module, source } = defined;
  return { name, module, source, options: loss.options, outputs, labelWidth };
}
