import type { LayerSpec } from '../model/spec.ts';
import { denseOperation } from './dense.ts';
import type { LayerOperation } from './layer.ts';

/** Every kind of layer, by the `kind` of its specification. */
const OPERATIONS: { readonly [Kind in LayerSpec['kind']]: LayerOperation<Extract<LayerSpec, { kind: Kind }>> } = {
  dense: denseOperation,
};

export function operationOf(spec: LayerSpec): LayerOperation {
  return OPERATIONS[spec.kind];
}
