export * from './errors.ts';
export type * from './data/dataset.ts';
export { type NumberArray, tensorDataset, type TensorDatasetOptions } from './data/tensorDataset.ts';
export { BatchFiller, type FillerOptions } from './data/batchFiller.ts';
export { checkOptions } from './model/check.ts';
export { dense, type DenseOptions, type Layer } from './model/layers.ts';
export { checkSpec, type SequentialOptions } from './model/build.ts';
export { formatCount } from './model/formatCount.ts';
export type { Activation, DenseSpec, Initializer, LayerSpec, ModelSpec } from './model/spec.ts';
export { decodeSafetensors, encodeSafetensors, type Tensor, type TensorFile } from './model/safetensors.ts';
export type { LossName } from './ops/losses.ts';
export { adam, type AdamOptions } from './optim/adam.ts';
export type { AdamSpec, OptimizerSpec, SgdSpec } from './optim/optimizer.ts';
export { checkOptimizer } from './optim/checkOptimizer.ts';
export { sgd, type SgdOptions } from './optim/sgd.ts';
export { compilePlan } from './plan/compile.ts';
export { formatBytes, type Region } from './plan/memoryMap.ts';
export { layOutModel } from './plan/modelLayout.ts';
export type { Plan, PlanRequest } from './plan/plan.ts';
export { availableCores } from './runtime/cores.ts';
export type { Fault } from './runtime/faults.ts';
export type { Callback, EpochEnd, EpochMetrics, Progress, TrainBegin } from './train/callbacks.ts';
export { fitRequest } from './train/fitRequest.ts';
export type { Gradients, GradientsOptions } from './train/gradients.ts';
export type { History } from './train/history.ts';
export { loadModel, Model, modelFromSpec, type Parameter, sequential } from './train/model.ts';
export {
  type CheckedFitOptions,
  checkFitOptions,
  type EvaluateOptions,
  type FitOptions,
  type MetricName,
} from './train/options.ts';
export { formatMetrics, formatSeconds, progressLine, type ProgressStream } from './train/progressLine.ts';
export { describeKernels, type KernelSelection, loadKernels } from '@lockstep/kernels';
