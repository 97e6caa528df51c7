export * from './errors.ts';
export { WARNING_CODES, type WarningCode } from './warnings.ts';
export { readCheckpoint, readCheckpointHeader } from './checkpoint/file.ts';
export { type CheckpointHeader, isCheckpoint } from './checkpoint/format.ts';
export { type Difference, differences, type Differences, hashOf } from './checkpoint/identity.ts';
export type { CheckpointPosition, CheckpointRecord } from './checkpoint/state.ts';
export { adaptNormalization } from './data/adaptNormalization.ts';
export { cache, type CacheOptions } from './data/cache.ts';
export { concat } from './data/concat.ts';
export type * from './data/dataset.ts';
export {
  type GeneratedBatch,
  type GeneratedRow,
  generatorDataset,
  type GeneratorDatasetOptions,
  type RowGenerator,
  type RowIterable,
} from './data/generatorDataset.ts';
export type { LabelOption } from './data/labelOption.ts';
export { map, type MapOptions } from './data/mapDataset.ts';
export type { MapContext, MapFunction, MapRandom, MapRow } from './data/mapRow.ts';
export { newBatch } from './data/newBatch.ts';
export { readInOrder, type RowsInOrder } from './data/readInOrder.ts';
export { skip, slice, take } from './data/sliceDataset.ts';
export { type NumberArray, tensorDataset, type TensorDatasetOptions } from './data/tensorDataset.ts';
export { BatchFiller, type FillerOptions } from './data/batchFiller.ts';
export { checkOptions } from './model/check.ts';
export { constant, orthogonal, randomNormal, randomUniform, truncatedNormal } from './model/initializers.ts';
export { l1, l1l2, l2 } from './model/regularizers.ts';
export { elu, leakyRelu } from './model/activations.ts';
export {
  add,
  apply,
  concatenate,
  type FunctionalOptions,
  input,
  type InputOptions,
  SymbolicTensor,
} from './model/functional.ts';
export { dropout, type DropoutOptions } from './model/dropoutLayer.ts';
export { customLayersOf } from './model/customLayers.ts';
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
export { activation, dense, flatten, reshape, type DenseOptions, type Layer } from './model/layers.ts';
export {
  batchNormalization,
  type BatchNormalizationOptions,
  layerNormalization,
  type LayerNormalizationOptions,
  normalization,
  type NormalizationOptions,
  rescaling,
} from './model/normalizationLayers.ts';
export {
  categoryEncoding,
  type CategoryEncodingOptions,
  embedding,
  type EmbeddingOptions,
} from './model/categoryLayers.ts';
export { checkSpec, type SequentialOptions } from './model/build.ts';
export { formatBytes, formatCount } from './formatNumbers.ts';
export type {
  Activation,
  ActivationLayerSpec,
  ActivationSpec,
  AddSpec,
  BatchNormalizationSpec,
  CategoryEncodingSpec,
  CategoryMode,
  ConcatenateSpec,
  CustomSpec,
  DenseSpec,
  DropoutSpec,
  EmbeddingSpec,
  FlattenSpec,
  Initializer,
  InitializerSpec,
  InputSpec,
  LayerNormalizationSpec,
  LayerSpec,
  ModelSpec,
  NormalizationSpec,
  RegularizerSpec,
  RescalingSpec,
  ReshapeSpec,
} from './model/spec.ts';
export { decodeSafetensors, encodeSafetensors, type Tensor, type TensorFile } from './model/safetensors.ts';
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  type CrossentropyOptions,
  type CrossentropySpec,
  huber,
  type HuberSpec,
  type Loss,
  type LossName,
  type LossSpec,
  type PlainLossSpec,
  sparseCategoricalCrossentropy,
} from './model/losses.ts';
export {
  binaryAccuracy,
  type BinaryAccuracyOptions,
  type ClassMetricOptions,
  f1,
  precision,
  recall,
  topKAccuracy,
  type TopKAccuracyOptions,
} from './metrics/createMetrics.ts';
export type {
  Average,
  BinaryAccuracySpec,
  ClassMetricSpec,
  Metric,
  MetricName,
  MetricSpec,
  PlainMetricSpec,
  TopKAccuracySpec,
} from './metrics/metric.ts';
export { adadelta, type AdadeltaOptions } from './optim/adadelta.ts';
export { adagrad, type AdagradOptions } from './optim/adagrad.ts';
export { adam, type AdamOptions } from './optim/adam.ts';
export { adamax, type AdamaxOptions } from './optim/adamax.ts';
export { adamW, type AdamWOptions } from './optim/adamW.ts';
export { lbfgs, type LbfgsOptions } from './optim/lbfgs.ts';
export { lion, type LionOptions } from './optim/lion.ts';
export { nadam, type NadamOptions } from './optim/nadam.ts';
export type {
  AdadeltaSpec,
  AdagradSpec,
  AdamaxSpec,
  AdamSpec,
  AdamWSpec,
  LbfgsSpec,
  LionSpec,
  NadamSpec,
  OptimizerSpec,
  RmspropSpec,
  SgdSpec,
} from './optim/optimizer.ts';
export type { LearningRate, LearningRateSchedule } from './optim/schedules/schedule.ts';
export {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseScaling,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstantDecay,
  polynomialDecay,
  warmUp,
} from './optim/schedules/schedules.ts';
export { checkOptimizer } from './optim/checkOptimizer.ts';
export { rmsprop, type RmspropOptions } from './optim/rmsprop.ts';
export { sgd, type SgdOptions } from './optim/sgd.ts';
export { compilePlan } from './plan/compile.ts';
export type { Region } from './plan/memoryMap.ts';
export { layOutModel } from './plan/modelLayout.ts';
export type { Plan, PlanRequest } from './plan/plan.ts';
export { availableCores } from './runtime/cores.ts';
export type { Fault, FaultAction, FaultPoint } from './runtime/faults.ts';
export type {
  BatchBegin,
  BatchEnd,
  Callback,
  CallbackState,
  CheckpointWritten,
  EpochBegin,
  EpochEnd,
  EpochMetrics,
  Progress,
  RateControl,
  ResumePoint,
  ThreadRestart,
  TrainBegin,
  TrainEnd,
  TrainedModel,
} from './train/callbacks.ts';
export { csvLogger, type CsvLoggerOptions } from './train/csvLogger.ts';
export { earlyStopping, type EarlyStoppingOptions } from './train/earlyStopping.ts';
export { modelCheckpoint, type ModelCheckpointOptions } from './train/modelCheckpoint.ts';
export { reduceLearningRateOnPlateau, type ReduceLearningRateOptions } from './train/reduceLearningRateOnPlateau.ts';
export type { ClassWeights } from './train/classWeights.ts';
export type { ConfusionMatrixOptions } from './train/confusionMatrix.ts';
export type { Monitor } from './train/monitor.ts';
export type { FindLearningRateOptions, LearningRateSearch } from './train/findLearningRate.ts';
export { checkLayer, type CheckLayerOptions } from './train/checkLayer.ts';
export { checkLoss, type CheckLossOptions } from './train/checkLoss.ts';
export { configurationOf } from './train/configuration.ts';
export type { DataIdentity, RowsOfRun, RowSummary, RunConfiguration, RunManifest } from './train/manifest.ts';
export { dataOfFit, type DataOfFit } from './train/dataOfFit.ts';
export type { Notice, NoticeCode } from './train/notices.ts';
export { fitRequest } from './train/fitRequest.ts';
export type { Gradients, GradientsOptions } from './train/gradients.ts';
export type { CheckpointOptions } from './train/checkpointOptions.ts';
export type { CheckpointSummary, History } from './train/history.ts';
export {
  functional,
  type LoadOptions,
  loadModel,
  Model,
  modelFromSpec,
  type Parameter,
  sequential,
} from './train/model.ts';
export { perceptron, type PerceptronOptions } from './train/perceptron.ts';
export type { EvaluateOptions } from './train/evaluateOptions.ts';
export {
  type CheckedFitOptions,
  checkFitOptions,
  type FitOptions,
  type WeightAverageOptions,
} from './train/fitOptions.ts';
export { formatMetrics, formatSeconds, progressLine, type ProgressStream } from './train/progressLine.ts';
export { describeKernels, type KernelSelection, loadKernels } from '@lockstep/kernels';
