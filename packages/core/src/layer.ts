/**
 * `@lockstep/core/layer`: what a module that holds a layer or a loss of a user's own needs. Every thread imports it before the
 * first step of a model with such a layer, so it must not bring all of core along.
 */
export * from './errors.ts';
export {
  deterministicExp as exp,
  deterministicExpm1 as expm1,
  deterministicLog as log,
  deterministicPow as pow,
  deterministicSigmoid as sigmoid,
  deterministicTanh as tanh,
} from './elementary.ts';
export { type CustomLayer, defineLayer } from './model/defineLayer.ts';
export { type CustomLoss, defineLoss } from './model/defineLoss.ts';
export type {
  BackwardRow,
  DefinedLayer,
  ForwardRow,
  LayerDefinition,
  LayerParameter,
  LayerRow,
  ParameterRow,
} from './model/layerDefinition.ts';
export type { CustomLossSpec, DefinedLoss, LossDefinition, LossGradientRow, LossRow } from './model/lossDefinition.ts';
