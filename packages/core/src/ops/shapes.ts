import { LockstepError } from '../errors.ts';
import { elementCount, type FlattenSpec, formatShape, type InputSpec, type ReshapeSpec } from '../model/spec.ts';
import type { LayerOperation } from './layer.ts';

/** Layers that compute nothing: rows are flat anyway, and only their shape is told otherwise. The plan leaves them out. */
const NOTHING = {
  parameters: () => [],
  forward: () => [],
  gradientForm: () => ({ mask: null, packed: null }),
  backward: () => [],
  blocks: () => [],
  refresh: () => [],
} as const;

export const inputOperation: LayerOperation<InputSpec> = { ...NOTHING, outputShape: ({ shape }) => shape };

export const flattenOperation: LayerOperation<FlattenSpec> = {
  ...NOTHING,
  outputShape: (_spec, [inputShape]) => [elementCount(inputShape)],
};

export const reshapeOperation: LayerOperation<ReshapeSpec> = {
  ...NOTHING,
  outputShape({ name, targetShape }, [inputShape]) {
    if (elementCount(targetShape) === elementCount(inputShape)) return targetShape;
    throw new LockstepError('INVALID_MODEL', {
      place: `layer "${name}"`,
      expected: `a target shape of ${elementCount(inputShape)} numbers, as ${formatShape(inputShape)} has`,
      received: `${formatShape(targetShape)}, which has ${elementCount(targetShape)}`,
      advice: 'A reshape changes how the numbers of a row are grouped, not how many there are.',
    });
  },
};
