import type { LabelKind } from '../data/dataset.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { KernelCall, RowMatrix } from '../ops/calls.ts';
import type { LossName } from '../ops/losses.ts';
import type { OptimizerSpec } from '../optim/optimizer.ts';
import type { Region } from './memoryMap.ts';

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
  readonly threads: number;
  readonly optimizer: OptimizerSpec | null;

  /** Int32 control words, see runtime/control.ts. */
  readonly control: number;
  /** Float64 [blocks of rows, LOSS_SUMS.count]. */
  readonly lossSums: number;
  /** Float64 [2, TOTALS.count]: sums of the epoch so far, of training and of evaluation. */
  readonly totals: number;
  /** Float32 numbers of the optimizer's kernel, and its float64 scalars. */
  readonly hyper: number;
  readonly optimizerScalars: number;

  readonly slots: SlotLayout;
  readonly output: RowMatrix;
  readonly scratch: ScratchLayout;

  /**
   * Calls of a range of rows: to the last layer's output; its softmax, where only predictions are wanted; backward. And
   * of one block of rows: loss.
   */
  readonly forward: readonly KernelCall[];
  readonly head: readonly KernelCall[];
  readonly loss: readonly KernelCall[];
  readonly backward: readonly KernelCall[];
  /** Brings derived forms of all parameters up to date: before the first step, and after callbacks that may change weights. */
  readonly refresh: readonly KernelCall[];

  readonly blocks: readonly PlannedBlock[];
  /** Runs of consecutive blocks that one thread takes at once: [first, end). */
  readonly units: readonly (readonly [number, number])[];
  /**
   * Address of each parameter's gradient, in the order of the parameters, for the blocks' gradients to be copied to. Empty
   * when nobody asks for whole gradients: then a block's lives in the thread's scratch until the block is updated.
   */
  readonly gradients: readonly number[];

  /** Regions to be zeroed before the first step: control words, sums and optimizer state. */
  readonly zeroed: readonly Region[];
  readonly memory: { readonly regions: readonly Region[]; readonly begin: number; readonly end: number };
}

/** The ring of batches between the loader and the steps. Slot s lies at address + s · bytes. */
export interface SlotLayout {
  readonly count: number;
  readonly address: number;
  readonly bytes: number;
  /** Offsets inside a slot. Features [batchSize, featureWidth]; labels [batchSize, labelWidth]; weights and row numbers [batchSize]. */
  readonly features: number;
  readonly labels: number;
  readonly sampleWeights: number;
  readonly rowNumbers: number;
  readonly featureWidth: number;
  readonly labelKind: LabelKind;
  readonly labelWidth: number;
  /** Number of classes when labels are class indices, else 0. */
  readonly classes: number;
}

/** Memory of each thread: the kernels' scratch, then one partial sum a level of the summation tree. */
export interface ScratchLayout {
  readonly address: number;
  readonly bytesPerThread: number;
  readonly levels: number;
  readonly levelOffset: number;
  readonly levelBytes: number;
}

/** A range of one parameter: its gradient over all shards, its update, and what depends on it. */
export interface PlannedBlock {
  /** Index into the model's parameters. */
  readonly parameter: number;
  readonly begin: number;
  readonly elements: number;
  readonly gradient: KernelCall;
  readonly update: readonly KernelCall[];
  readonly refresh: readonly KernelCall[];
}

/** Bytes of control words; runtime/control.ts uses the first of them. */
export const CONTROL_BYTES = 1024;

/** Positions of the float64 totals of an epoch: Σ weight·loss, Σ weight, Σ weight·correct, rows. */
export const TOTALS = { loss: 0, weight: 1, correct: 2, rows: 3, count: 4 } as const;

export interface PlanRequest {
  readonly spec: ModelSpec;
  /** What the steps do: 'train' updates; 'gradients' stops before; 'evaluate' stops at the loss; 'predict' has none. */
  readonly purpose: 'train' | 'gradients' | 'evaluate' | 'predict';
  /** null for 'predict'. */
  readonly loss: LossName | null;
  /** null unless 'train'. */
  readonly optimizer: OptimizerSpec | null;
  readonly batchSize: number;
  readonly shards: number | 'auto';
  /** Batches in the ring. */
  readonly slots: number;
  readonly threads: number;
  /** First free byte of the arena. */
  readonly begin: number;
}
