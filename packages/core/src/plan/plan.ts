import type { LabelKind } from '../data/dataset.ts';
import type { TallySpec } from '../metrics/tally.ts';
import type { LossSpec } from '../model/losses.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { KernelCall, RowMatrix } from '../ops/calls.ts';
import type { OptimizerSpec } from '../optim/optimizer.ts';
import type { LayerPlace } from './layerPlaces.ts';
import type { Region } from './memoryMap.ts';
import type { PlannedWindows, WindowsRequest } from './windows.ts';

/**
 * Everything a run will do, as plain data: where each array lies, how a batch is cut, and the kernel calls. Computed
 * once (compile.ts), tested without threads, sent to every thread, and executed by runtime/.
 * Addresses and sizes are bytes in the arena; rows and counts are elements.
 */
export interface Plan {
  readonly version: 1;
  readonly batchSize: number;
  readonly shardRows: number;
  readonly shardCount: number;
  /** Whether a range of rows is a shard, see plan/batchCut.ts. */
  readonly wholeShards: boolean;
  readonly threads: number;
  readonly optimizer: OptimizerSpec | null;
  /** How long gradients may be, or null. */
  readonly clip: ClipNorm | null;
  /**
   * Whether weights are updated in a stage of their own (runtime/control.ts), when all gradients are there: to be clipped, or
   * because a function of a user computes some of them, which may throw when others would have been updated already.
   */
  readonly updatesApart: boolean;

  /** Int32 control words, see runtime/control.ts; and those of the barrier. */
  readonly control: number;
  readonly barrier: number;
  /** Float64 [blocks of rows, LOSS_SUMS.count]. */
  readonly lossSums: number;
  /** Float64 [2, stepStateCount]: see STEP_STATE. */
  readonly stepState: number;
  /** Numbers of each copy. */
  readonly stepStateCount: number;
  /** Float32 numbers of the optimizer's kernel; and from one parameter's to the next, where each has its own. Else 0. */
  readonly hyper: number;
  readonly hyperBytes: number;
  /** Int32, one a block of rows and one a parameter block: the phase in which it was last done, see runtime/stepRunner.ts. */
  readonly doneRanges: number;
  readonly doneBlocks: number;

  readonly slots: SlotLayout;
  /** Windows of the datasets whose features threads gather from them; null where there are none. */
  readonly windows: PlannedWindows | null;
  readonly output: RowMatrix;
  /** Float64, see FEATURE_SCALE; null where no dense layer takes features as they are, and outside training. */
  readonly featureScale: number | null;
  /** Every layer's, in their order. */
  readonly layers: readonly LayerPlace[];
  /** What is counted for metrics beside what the loss counts; null: nothing. */
  readonly tallies: PlannedTallies | null;
  readonly scratch: ScratchLayout;
  /** What random numbers are counted by beside the step, see runtime/randomKeys.ts. */
  readonly randomKeys: readonly RandomKey[];

  /**
   * Calls of a range of rows: to the model's output, in training and otherwise; backward. And of one block of rows: loss.
   */
  readonly forward: readonly KernelCall[];
  readonly evaluation: readonly KernelCall[];
  readonly loss: readonly KernelCall[];
  readonly backward: readonly KernelCall[];
  /** Brings derived forms of all parameters up to date: before the first step, and after callbacks that may change weights. */
  readonly refresh: readonly KernelCall[];

  readonly blocks: readonly PlannedBlock[];
  /** Runs of consecutive blocks that one thread takes at once: [first, end). */
  readonly units: readonly (readonly [number, number])[];
  /**
   * Address of each parameter's gradient, in the order of the parameters, which the blocks' gradients are added to or copied
   * to. Empty when nobody asks for whole gradients: then a block's lives in the thread's scratch until the block is updated.
   */
  readonly gradients: readonly number[];
  /** Float64, one a block: Σ of the squares of the gradients kept. 0 when nobody asks for their norm. */
  readonly squares: number;
  /** Float32 [blocks, 2], the numbers that `movingAverage` reads for the blocks of statistics. 0 when there are none. */
  readonly movingStatistics: number;
  /** Where the loss has penalties for the weights; null when there are none. */
  readonly regularization: Regularization | null;
  /** The moving average of the trained parameters over the updates; null when nobody asks for it. */
  readonly average: WeightAverage | null;
  /** What lives through the run beside the weights, for checkpoints. */
  readonly state: readonly StateVector[];

  /** What a thread needs to bind the calls of layers that users wrote. Empty for most models. */
  readonly customLayers: readonly PlannedCustomLayer[];
  readonly customLoss: PlannedCustomLoss | null;

  /** Regions to be zeroed before the first step: control words, sums and optimizer state. (And the lines of the threads.) */
  readonly zeroed: readonly Region[];
  readonly memory: { readonly regions: readonly Region[]; readonly begin: number; readonly end: number };
}

/** The ring of batches between the loader and the steps. Slot s lies at address + s · bytes. */
export interface SlotLayout {
  readonly count: number;
  readonly address: number;
  readonly bytes: number;
  /**
   * Offsets inside a slot. Features [batchSize, featureWidth]; labels [batchSize, labelWidth]; weights and row numbers
   * [batchSize].
   */
  readonly features: number;
  readonly labels: number;
  readonly sampleWeights: number;
  readonly rowNumbers: number;
  readonly featureWidth: number;
  readonly labelKind: LabelKind;
  readonly labelWidth: number;
  /** Number of classes when labels are class indices, else 0. */
  readonly classes: number;
  /** Whether labels are probabilities, so that others make the loss meaningless. */
  readonly probabilities: boolean;
}

/** An array of the size of a parameter: of the optimizer, or a gradient that is added up over several steps. */
export interface StateVector {
  readonly name: string;
  /** Index into the model's parameters. */
  readonly parameter: number;
  readonly address: number;
  readonly elements: number;
}

/** `weight`: float32, of the rows of the batch; `penalties`: float64, one a block: what its weights add to the mean loss. */
export interface Regularization {
  readonly weight: number;
  readonly penalties: number;
}

/**
 * `hyper`: float32 numbers of the kernel `movingAverage`; `vectors`: the averages, one for each trained parameter, and the
 * addresses of these.
 */
export interface WeightAverage {
  readonly decay: number;
  readonly hyper: number;
  readonly vectors: readonly (StateVector & { readonly weights: number })[];
}

/** Of a layer with random numbers: its seed, and which of such layers it is. */
export interface RandomKey {
  readonly seed: number;
  readonly layer: number;
}

/**
 * Memory of each thread: the kernels' scratch, the thread's line of words, its copy of the keys of random numbers, one partial
 * sum a level of the summation tree.
 */
export interface ScratchLayout {
  readonly address: number;
  readonly bytesPerThread: number;
  readonly lineOffset: number;
  readonly keyOffset: number;
  readonly levels: number;
  readonly levelOffset: number;
  readonly levelBytes: number;
}

/** Largest norm of the gradient of an update: of the whole of it, or of each parameter's. */
export interface ClipNorm {
  readonly norm: number;
  readonly of: 'model' | 'parameter';
}

/** What is counted of the rows for metrics (metrics/tally.ts), laid out as layOutTallies says. */
export interface PlannedTallies {
  readonly specs: readonly TallySpec[];
  /** Float64 [blocks of rows, sums of a block]. */
  readonly sums: number;
  /** Int32 [batchSize, places of a row]. */
  readonly places: number;
  /** The output after the loss's activation, where errors are to be those of probabilities; else the output itself. */
  readonly activated: RowMatrix;
  /** Calls of a range of rows that compute it. */
  readonly calls: readonly KernelCall[];
  /** Numbers of the totals, and where those of training and of evaluation begin in each copy of the step state. */
  readonly totals: number;
  readonly train: number;
  readonly evaluate: number;
}

/** A range of one parameter: its gradient over all shards, its update, and what depends on it. */
export interface PlannedBlock {
  /** Index into the model's parameters. */
  readonly parameter: number;
  readonly begin: number;
  readonly elements: number;
  /**
   * null for a range that is trained. Else it is a moving average of statistics of the batches, with this momentum: in the stage
   * in which weights change, in every training step, `gradient` computes the statistic and `update` moves the average by it, whatever
   * becomes of gradients.
   */
  readonly momentum: number | null;
  readonly gradient: KernelCall;
  /** Adds that of the weights' penalty to the sum over all shards, times the weight of the batch. Empty where there is none. */
  readonly regularize: readonly KernelCall[];
  /** Adds the gradient to those kept, or copies it there; and the sum of squares of what is kept. Empty where none are. */
  readonly keep: readonly KernelCall[];
  readonly square: readonly KernelCall[];
  /** With the gradient that is kept, or else the one in the scratch; and then the average of the weights, where there is one. */
  readonly update: readonly KernelCall[];
  readonly refresh: readonly KernelCall[];
}

/** A layer that a user wrote: the module that threads import, and what its functions work on. */
export interface PlannedCustomLayer {
  /** Its name in the model, which the names of its calls begin with. */
  readonly name: string;
  /** The name in its definition, the module's URL, and the SHA-256 of the module's file. */
  readonly layer: string;
  readonly module: string;
  readonly source: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Shapes of one row. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly parameters: readonly { readonly name: string; readonly address: number; readonly elements: number }[];
}

/** A loss that a user wrote. */
export interface PlannedCustomLoss {
  /** The name in its definition. */
  readonly name: string;
  readonly module: string;
  readonly source: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Numbers of a row of the model's output, and of labels. */
  readonly outputs: number;
  readonly labelWidth: number;
}

/** Of the first batch of a run: how far the largest feature that a dense layer takes is from 0, and its column in the data. */
export const FEATURE_SCALE = { value: 0, column: 1, count: 2 } as const;

/** Positions of the float64 totals of an epoch: Σ weight·loss, Σ weight, Σ weight·correct, rows. */
export const TOTALS = { loss: 0, weight: 1, correct: 2, rows: 3, count: 4 } as const;

/**
 * Float64 numbers that a step carries on to the next: the epoch's totals of training and of evaluation, Σ weight·penalty of its
 * training batches, the weight of the rows since the last update, how many updates there were, what the learning rate is
 * multiplied by (callbacks may change it between epochs), the optimizer's scalars, and behind them the totals of metrics
 * (PlannedTallies). There are two copies. Step s reads copy s mod 2 and writes the other, so a thread that ends in the middle
 * has destroyed nothing, and another can do the same again.
 */
export const STEP_STATE = {
  train: 0,
  evaluate: 4,
  penalty: 8,
  groupWeight: 9,
  updates: 10,
  rateFactor: 11,
  scalars: 12,
} as const;

/** Whether layers compute what they do in training. */
export function isTraining({ purpose, training = false }: PlanRequest): boolean {
  return purpose === 'train' || (purpose === 'gradients' && training);
}

export interface PlanRequest {
  readonly spec: ModelSpec;
  /** What the steps do: 'train' updates; 'gradients' stops before; 'evaluate' stops at the loss; 'predict' has none. */
  readonly purpose: 'train' | 'gradients' | 'evaluate' | 'predict';
  /** What is counted for metrics; default nothing. */
  readonly tallies?: readonly TallySpec[];
  /** null for 'predict'. */
  readonly loss: LossSpec | null;
  /** null unless 'train'. */
  readonly optimizer: OptimizerSpec | null;
  readonly batchSize: number;
  /** Of random numbers, where layers have no seed of their own; default 0. */
  readonly seed?: number;
  /** For 'gradients': whether layers compute what they do in training, where that differs; default false. */
  readonly training?: boolean;
  /** Whether gradients of several batches are added up before an update; and how long the sum may be, or null. */
  readonly accumulates?: boolean;
  readonly clip?: ClipNorm | null;
  /** Decay of the moving average of the weights, or null for none. */
  readonly averageDecay?: number | null;
  readonly shards: number | 'auto';
  /** Batches in the ring. */
  readonly slots: number;
  /** Where a dataset has windows; default null. */
  readonly windows?: WindowsRequest | null;
  readonly threads: number;
  /** First free byte of the arena. */
  readonly begin: number;
}
