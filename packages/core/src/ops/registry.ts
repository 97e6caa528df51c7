import type { LayerSpec } from '../model/spec.ts';
import { activationOperation } from './activation.ts';
import { normalizationOperation, rescalingOperation } from './affine.ts';
import { batchNormalizationOperation } from './batchNormalization.ts';
import { categoryEncodingOperation } from './categoryEncoding.ts';
import { customOperation } from './custom.ts';
import { denseOperation } from './dense.ts';
import { dropoutOperation } from './dropout.ts';
import { embeddingOperation } from './embedding.ts';
import { layerNormalizationOperation } from './layerNormalization.ts';
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
  layerNormalization: layerNormalizationOperation,
  rescaling: rescalingOperation,
  normalization: normalizationOperation,
  embedding: embeddingOperation,
  categoryEncoding: categoryEncodingOperation,
  dropout: dropoutOperation,
  batchNormalization: batchNormalizationOperation,
  custom: customOperation,
};

export function operationOf(spec: LayerSpec): LayerOperation {
  return OPERATIONS[spec.kind];
}
