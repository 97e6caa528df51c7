import type { LayerSpec } from '../model/spec.ts';
import { activationOperation } from './activation.ts';
import { denseOperation } from './dense.ts';
import { addOperation, concatenateOperation } from './merge.ts';
import { flattenOperation, inputOperation, reshapeOperation } from './shapes.ts';
import type { LayerOperation } from './layer.ts';

/** Every kind of layer, by the `kind` of its specification. */
const OPERATIONS: { readonly [Kind in LayerSpec['kind']]: LayerOperation<Extract<LayerSpec, { kind: Kind }>> } = {
  dense: denseOperation,
  activation: activationOperation,
  input: inputOperation,
  flatten: flattenOperation,
  reshape: reshapeOperation,
  add: addOperation,
  concatenate: concatenateOperation,
};

export function operationOf(spec: LayerSpec): LayerOperation {
  return OPERATIONS[spec.kind];
}
