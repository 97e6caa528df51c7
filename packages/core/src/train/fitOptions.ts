import * as v from 'valibot';
import type { Dataset } from '../data/dataset.ts';
import { datasetSchema } from '../data/datasetSchema.ts';
import { DEFAULT_WINDOW_BYTES, LEAST_WINDOW_BYTES } from '../data/order.ts';
import { LockstepError } from '../errors.ts';
import { checkOptions, fraction, positiveInteger, positiveNumber, seedSchema } from '../model/check.ts';
import { checkMetricSpecs } from '../metrics/createMetrics.ts';
import type { Metric, MetricSpec } from '../metrics/metric.ts';
import { checkLossSpec, type Loss, type LossSpec } from '../model/losses.ts';
import type { ModelSpec } from '../model/spec.ts';
import { onlyLoss } from '../ops/losses.ts';
import { adam } from '../optim/adam.ts';
import type { OptimizerSpec } from '../optim/optimizer.ts';
import { checkOptimizer } from '../optim/checkOptimizer.ts';
import { type Fault, FAULT_ACTIONS, FAULT_POINTS } from '../runtime/faults.ts';
import type { Callback } from './callbacks.ts';
import { CALLBACK_SENTENCE, callbackSchema } from './callbackSchema.ts';
import { type CheckedCheckpointOptions, type CheckpointOptions, checkpointSchema } from './checkpointOptions.ts';
import { checkClassWeights, type ClassWeights } from './classWeights.ts';
import {
  DEFAULT_RESTARTS,
  DEFAULT_STEP_TIMEOUT,
  metricsSchema,
  readersSchema,
  shardsSchema,
  workersSchema,
} from './commonOptions.ts';

/** Options of `model.fit`. */
export interface FitOptions {
  /**
   * 'sparseCategoricalCrossentropy' (class indices, softmax last), 'categoricalCrossentropy' (a probability for each class),
   * 'binaryCrossentropy' (0 and 1, sigmoid last), 'meanSquaredError', 'meanAbsoluteError', 'huber', 'logCosh' (values), 'hinge',
   * 'klDivergence', 'poisson'; 'perceptron' (0 and 1, step last), which may be left out, as such a model has no other; or one with
   * numbers of its own, such as huber({ delta: 2 }).
   */
  readonly loss?: Loss;
  /** Default adam(). */
  readonly optimizer?: OptimizerSpec;
  /**
   * Computed on the training batches as they go and on the validation data; default none. Names, or what topKAccuracy,
   * binaryAccuracy, precision, recall and f1 return. All of them count rows by their weights.
   */
  readonly metrics?: readonly Metric[];
  /**
   * What the weight of each training row is multiplied by, by its class: { 0: 1, 1: 5 }, or a list of all. Classes left out
   * have 1. Not for validation data. The loss stays Σ weight · loss / Σ weight.
   */
  readonly classWeights?: ClassWeights;
  /** Rows a step; default 32. A dataset with fewer rows makes one batch of all. */
  readonly batchSize?: number;
  /** Passes over the data; default 1. */
  readonly epochs?: number;
  /** Evaluated after every epoch: `valLoss` and so on. */
  readonly validation?: Dataset;
  /**
   * In place of `validation`: this fraction of the rows, in (0, 1), the last of them, before any shuffling; they are not
   * trained on. Sorted data needs another split.
   */
  readonly validationSplit?: number;
  /**
   * Trains on the first so many batches only, in file order, and validates on the same: a model that cannot learn a few batches
   * by heart has a mistake.
   */
  readonly overfitBatches?: number;
  /**
   * true, or a number of batches (true: 1): an epoch of so many batches of training and of validation, without checkpoints and
   * files, to see whether everything runs.
   */
  readonly fastDevRun?: boolean | number;
  /**
   * Compute threads: a number, or 'auto' (default) for as many as make a step faster, at most the cores this process may use. 1
   * runs on the calling thread. Never changes the result.
   */
  readonly workers?: number | 'auto';
  /**
   * Pieces of a batch whose gradients are summed in a fixed tree; 'auto' (default) depends on the batch size alone, and on whether the
   * model has batch normalization, whose statistics are those of such a piece: then they have whole blocks of eight rows, 64 at most
   * with 'auto'. Changes the bits.
   */
  readonly shards?: number | 'auto';
  /** Seed of the shuffle; default 0. */
  readonly seed?: number;
  /** A new order every epoch; default true. */
  readonly shuffle?: boolean;
  /**
   * Threads that read a dataset with windows, the loader's among them: each loads a part of every window. 'auto' (default): 1,
   * or where chunks take more work than reading, as many as there are cores that no worker uses, at most 4. With one worker
   * there is 1. Never changes the result.
   */
  readonly readers?: number | 'auto';
  /**
   * Bytes of the windows that rows are shuffled in, at least 1 MiB; default 64 MiB: chunks of the data are shuffled, and the rows of
   * as many neighbours as fit. Larger ones mix rows better and take more memory, twice as much with threads. Part of the order,
   * so that it changes the bits; without `shuffle` it has no effect.
   */
  readonly windowBytes?: number;
  /**
   * Batches whose gradients are added up for one update of the weights; default 1. What is left at the end of an epoch makes an
   * update too.
   */
  readonly accumulateGradBatches?: number;
  /**
   * Largest norm of the whole gradient of an update: a longer one is scaled down to it (Pascanu et al. 2013; Keras's
   * global_clipnorm). Default: none.
   */
  readonly gradientClipNorm?: number;
  /**
   * Keeps a moving average of the trained weights, average = decay · average + (1 − decay) · weights after every update, which
   * begins with the weights that the run begins with (Polyak & Juditsky 1992; Keras's use_ema), and leaves the model with it when
   * the run comes to its end. Until then, and in checkpoints, the model's weights are those that are trained: so epochs'
   * metrics and hashes, and the best weights that `earlyStopping` restores, are of these. Default: none.
   */
  readonly weightAverage?: WeightAverageOptions;
  /** Training steps of the whole run at most, those before a resumption included. */
  readonly maxSteps?: number;
  /** Seconds after which the run ends between two steps, as a run that is done; a checkpoint lets it be taken up again. */
  readonly maxTime?: number;
  /** Where and when to write checkpoints; default: none are written. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * true: goes on from the newest whole checkpoint in `checkpoint.directory`, or begins when there is none, so that the same
   * program can simply be started again. A path: that checkpoint, or the newest in that folder. The weights that result are
   * those of a run that was never interrupted. Default false.
   */
  readonly resume?: boolean | string;
  /** What is called between epochs or batches, in this order: see `Callback`. */
  readonly callbacks?: readonly Callback[];
  /** A line of progress on standard error; default: only on a terminal. */
  readonly progress?: boolean;
  /**
   * Stops the run between two steps, with a checkpoint where they are written; `fit` rejects with the signal's reason and the
   * model keeps its weights.
   */
  readonly signal?: AbortSignal;
  /**
   * Whether the first SIGINT or SIGTERM stops the run between two steps, with a checkpoint, before the process ends of it; a
   * second one ends it at once. For programs that have no handlers of their own; default false.
   */
  readonly handleSignals?: boolean;
  /**
   * For how long a thread that has work may stand still before another takes its place, in seconds; default 60. An inline run
   * bounds only its waits for data.
   */
  readonly stepTimeout?: number;
  /**
   * Threads that break and are replaced in a run at most; default 3. What they had begun is done again, with the same bits.
   * Mistakes in data and options end the run at once.
   */
  readonly maxWorkerRestarts?: number;
  /** Faults on purpose, for testing what happens when a thread breaks. */
  readonly faults?: readonly Fault[];
}

export interface WeightAverageOptions {
  /** In [0, 1); default 0.99, as Keras's ema_momentum. */
  readonly decay?: number;
}

const faultSchema = v.strictObject({
  thread: v.union([
    v.literal('loader'),
    v.number(),
    v.custom<`reader ${number}`>((value) => typeof value === 'string' && /^reader [1-9]\d*$/.test(value)),
  ]),
  step: v.number(),
  action: v.picklist(FAULT_ACTIONS),
  at: v.exactOptional(v.picklist(FAULT_POINTS)),
  times: v.exactOptional(v.number()),
});

const RESTARTS_SENTENCE = 'maxWorkerRestarts is a whole number of at least 0';

const SPLIT_SENTENCE = 'validationSplit is a number between 0 and 1';

const fitSchema = v.strictObject({
  loss: v.optional(v.unknown()),
  optimizer: v.optional(v.unknown(), adam()),
  metrics: v.optional(metricsSchema, []),
  classWeights: v.optional(v.unknown()),
  batchSize: v.optional(positiveInteger('batchSize'), 32),
  epochs: v.optional(positiveInteger('epochs'), 1),
  validation: v.optional(datasetSchema),
  validationSplit: v.optional(
    v.pipe(
      v.number(SPLIT_SENTENCE),
      v.check((value) => value > 0 && value < 1, SPLIT_SENTENCE),
    ),
  ),
  overfitBatches: v.optional(positiveInteger('overfitBatches')),
  fastDevRun: v.optional(
    v.pipe(
      v.union([v.boolean(), positiveInteger('fastDevRun')], 'fastDevRun is true, false or a number of batches'),
      v.transform((value) => (value === false ? undefined : Number(value))),
    ),
  ),
  workers: v.optional(workersSchema, 'auto'),
  readers: v.optional(readersSchema, 'auto'),
  shards: v.optional(shardsSchema, 'auto'),
  seed: v.optional(seedSchema, 0),
  shuffle: v.optional(v.boolean('shuffle is true or false'), true),
  windowBytes: v.optional(
    v.pipe(
      positiveInteger('windowBytes'),
      v.minValue(LEAST_WINDOW_BYTES, `windowBytes is at least ${LEAST_WINDOW_BYTES}`),
    ),
    DEFAULT_WINDOW_BYTES,
  ),
  accumulateGradBatches: v.optional(positiveInteger('accumulateGradBatches'), 1),
  gradientClipNorm: v.optional(positiveNumber('gradientClipNorm')),
  weightAverage: v.optional(v.strictObject({ decay: v.optional(fraction('decay'), 0.99) })),
  maxSteps: v.optional(positiveInteger('maxSteps')),
  maxTime: v.optional(positiveNumber('maxTime')),
  checkpoint: v.optional(checkpointSchema),
  resume: v.optional(v.union([v.boolean(), v.string()], 'resume is true, false or the path of a checkpoint'), false),
  callbacks: v.optional(v.array(callbackSchema, `Callbacks are a list of objects. ${CALLBACK_SENTENCE}`), []),
  progress: v.optional(v.boolean('progress is true or false')),
  signal: v.optional(v.instance(AbortSignal, 'signal is an AbortSignal')),
  handleSignals: v.optional(v.boolean('handleSignals is true or false'), false),
  stepTimeout: v.optional(positiveNumber('stepTimeout'), DEFAULT_STEP_TIMEOUT),
  maxWorkerRestarts: v.optional(
    v.pipe(v.number(RESTARTS_SENTENCE), v.integer(RESTARTS_SENTENCE), v.minValue(0, RESTARTS_SENTENCE)),
    DEFAULT_RESTARTS,
  ),
  faults: v.optional(v.array(faultSchema), []),
});

type OptionalFitOption =
  | 'classWeights'
  | 'validation'
  | 'validationSplit'
  | 'overfitBatches'
  | 'maxSteps'
  | 'maxTime'
  | 'gradientClipNorm'
  | 'progress'
  | 'signal';

/** FitOptions with the defaults filled in. */
export type CheckedFitOptions = Required<
  Omit<FitOptions, OptionalFitOption | 'checkpoint' | 'loss' | 'metrics' | 'weightAverage' | 'fastDevRun'>
> & {
  readonly loss: LossSpec;
  readonly metrics: readonly MetricSpec[];
} & {
  readonly [Name in OptionalFitOption]?: FitOptions[Name] | undefined;
} & {
  readonly checkpoint?: CheckedCheckpointOptions | undefined;
  /** Batches. */
  readonly fastDevRun?: number | undefined;
  readonly weightAverage?: Required<WeightAverageOptions> | undefined;
};

/** `spec`: of the model that is trained, which may know its loss. */
export function checkFitOptions(options: FitOptions, spec: ModelSpec): CheckedFitOptions {
  const checked = checkOptions(fitSchema, options, 'fit');
  if (checked.resume === true && checked.checkpoint === undefined) {
    throw new LockstepError('INVALID_OPTION', {
      place: 'fit.resume',
      expected: 'checkpoint: { directory }, where checkpoints are looked for, or a path',
      received: 'true',
      advice: 'For example: checkpoint: { directory: "runs/digits" }, resume: true.',
    });
  }
  const loss = checkLossSpec(checked.loss ?? onlyLoss(spec) ?? undefined, 'fit.loss');
  const optimizer = checkOptimizer(checked.optimizer, 'fit.optimizer');
  if (checked.gradientClipNorm !== undefined && 'clipNorm' in optimizer && optimizer.clipNorm !== undefined) {
    throw new LockstepError('INVALID_OPTION', {
      place: 'fit.gradientClipNorm',
      expected: 'one way of clipping gradients by their norm',
      received: `it and the optimizer's clipNorm`,
      advice: 'gradientClipNorm is of the whole gradient, clipNorm of each parameter by itself: leave one of them out.',
    });
  }
  const metrics = checkMetricSpecs(checked.metrics, 'fit.metrics');
  const classWeights = checkClassWeights(checked.classWeights, 'fit.classWeights');
  // Losses that a line search compares are sums over the rows in one order.
  const shuffle = checked.shuffle && optimizer.kind !== 'lbfgs';
  return { ...checked, loss, metrics, classWeights, optimizer, shuffle };
}
