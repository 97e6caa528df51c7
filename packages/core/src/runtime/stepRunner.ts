import type { KernelTable } from '@lockstep/kernels';
import { VARIABLE_COUNT } from '../ops/calls.ts';
import type { Plan } from '../plan/plan.ts';
import { BLOCK_ROWS, blocksOf, rangesOf } from '../plan/rowRanges.ts';
import { shardsInBatch } from '../plan/shards.ts';
import { summationTree, type TreeStep } from '../plan/summationTree.ts';
import { threadLine } from './arena.ts';
import { phaseOf, STAGE } from './control.ts';
import { FeatureScale } from './featureScale.ts';
import type { FaultInjector } from './faults.ts';
import { Journal } from './journal.ts';
import { Program, VARIABLE } from './program.ts';
import { RandomKeys } from './randomKeys.ts';
import type { RowTallies } from './rowTallies.ts';
import { type StepBatch, StepSums } from './stepSums.ts';

/**
 * One thread's share of a step: computing ranges of rows, summing and applying parameter blocks, and the scalar work that
 * one thread does at the end of each phase (stepSums.ts). It knows nothing of other threads: compute.ts and inlineDriver.ts decide who
 * calls what when. The methods allocate nothing but what a batch of a new length needs once.
 *
 * Everything can be done again. Ranges and the sums of the loss write what depends on inputs alone; blocks are changed in
 * place, once: each is marked with the phase in which it was done, and the journal says how far the one in progress is.
 */
export class StepRunner {
  readonly #plan: Plan;
  readonly #forward: Program;
  readonly #evaluation: Program;
  readonly #loss: Program;
  readonly #backward: Program;
  readonly #blocks: readonly BlockPrograms[];
  /**
   * By number of shards: the summation tree. By number of row blocks: the ranges that threads claim. Made when a batch of
   * that length first comes; a run has three lengths at most, that of whole batches and of the last ones of its datasets.
   */
  readonly #trees: Map<number, readonly TreeStep[]> = new Map();
  readonly #rangesByBlocks: Map<number, Ranges> = new Map();
  readonly #variables: Int32Array = new Int32Array(VARIABLE_COUNT);
  readonly #sums: StepSums;
  readonly #featureScale: FeatureScale | null;
  readonly #randomKeys: RandomKeys;
  /** Counts for metrics; null where nothing is counted, or no rows are computed. */
  readonly #tallies: RowTallies | null;
  readonly #doneRanges: Int32Array;
  readonly #doneBlocks: Int32Array;
  readonly #journal: Journal;
  readonly #levels: number;
  /** Whether gradients are kept beside the weights, see Plan.gradients. */
  readonly #keeps: boolean;
  readonly #regularizes: boolean;
  readonly #faults: FaultInjector | null;
  readonly #batch: { -readonly [Field in keyof StepBatch]: StepBatch[Field] } = {
    sequence: 0,
    rows: 0,
    beginsUpdate: true,
    updates: true,
  };
  #ranges: Ranges = [];
  #tree: readonly TreeStep[] = [];

  /** `rank`: index of the thread, which owns a part of the scratch memory. `tallies`: what plan.tallies asks for. */
  constructor(
    plan: Plan,
    kernels: KernelTable,
    buffer: ArrayBufferLike,
    rank: number,
    faults: FaultInjector | null = null,
    tallies: RowTallies | null = null,
  ) {
    this.#plan = plan;
    this.#forward = new Program(plan.forward, kernels);
    this.#evaluation = new Program(plan.evaluation, kernels);
    this.#loss = new Program(plan.loss, kernels);
    this.#backward = new Program(plan.backward, kernels);
    this.#blocks = plan.blocks.map((block) => ({
      isStatistic: block.momentum !== null,
      gradient: new Program([block.gradient], kernels),
      regularize: new Program(block.regularize, kernels),
      keep: new Program(block.keep, kernels),
      square: new Program(block.square, kernels),
      apply: new Program([...block.update, ...block.refresh], kernels),
    }));
    this.#sums = new StepSums(plan, buffer);
    this.#featureScale = FeatureScale.of(plan, buffer);
    this.#tallies = tallies;
    this.#doneRanges = new Int32Array(buffer, plan.doneRanges, blocksOf(plan.batchSize));
    this.#doneBlocks = new Int32Array(buffer, plan.doneBlocks, plan.blocks.length);
    this.#journal = new Journal(threadLine(buffer, plan, rank));
    const scratch = plan.scratch.address + rank * plan.scratch.bytesPerThread;
    this.#randomKeys = new RandomKeys(plan, buffer, scratch);
    this.#levels = scratch + plan.scratch.levelOffset;
    this.#variables[VARIABLE.scratch] = scratch;
    this.#variables[VARIABLE.foldStride] = plan.scratch.levelBytes;
    this.#keeps = plan.gradients.length > 0;
    this.#regularizes = plan.regularization !== null;
    this.#faults = faults;
  }

  /**
   * The batch that the following calls work on: that of step `sequence`, in a slot. `beginsUpdate`: gradients kept are
   * replaced, not added to; `updates`: the step ends with an update. Returns the number of ranges of rows that it is claimed in.
   */
  begin(sequence: number, slot: number, rows: number, beginsUpdate = true, updates = true): number {
    const batch = this.#batch;
    batch.sequence = sequence;
    batch.rows = rows;
    batch.beginsUpdate = beginsUpdate;
    batch.updates = updates;
    this.#variables[VARIABLE.slot] = slot;
    this.#variables[VARIABLE.keep] = beginsUpdate ? 0 : 1;
    this.#ranges = this.#rangesOf(blocksOf(rows));
    this.#tree = this.#treeOf(shardsInBatch(rows, this.#plan.shardRows));
    return this.#ranges.length;
  }

  /** Number of the training step in the run, in two words (schedule.ts): what random numbers are counted by. Starts at 0. */
  countStep(low: number, high: number): void {
    this.#randomKeys.setStep(low, high);
  }

  /** First row of a range, and how many rows of the batch it has. */
  rangeStart(range: number): number {
    return this.#ranges[range][0] * BLOCK_ROWS;
  }

  rangeRows(range: number): number {
    const [first, end] = this.#ranges[range];
    return Math.min(end * BLOCK_ROWS, this.#batch.rows) - first * BLOCK_ROWS;
  }

  /** Whether a range has been computed in this step. */
  isRangeDone(range: number): boolean {
    return this.#doneRanges[range] === this.#mark(STAGE.compute);
  }

  /** Forward, loss and, with `training`, backward of one range of rows. */
  computeRange(range: number, training: boolean): void {
    const [first, end] = this.#ranges[range];
    const start = first * BLOCK_ROWS;
    this.#select(start, end * BLOCK_ROWS);
    // Layers that ask for the shard get ranges that are shards.
    this.#variables[VARIABLE.shard] = range;
    (training ? this.#forward : this.#evaluation).run(this.#variables);
    this.#tallies?.activate(this.#variables);
    for (let block = first; block < end; block++) {
      this.#select(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS);
      this.#variables[VARIABLE.rowBlock] = block;
      this.#loss.run(this.#variables);
      this.#tallies?.count(this.#variables);
    }
    if (training) {
      this.#select(start, end * BLOCK_ROWS);
      this.#backward.run(this.#variables);
    }
    this.#doneRanges[range] = this.#mark(STAGE.compute);
  }

  /** Forward of one range of rows to the model's output. */
  predictRange(range: number): void {
    const [first, end] = this.#ranges[range];
    this.#select(first * BLOCK_ROWS, end * BLOCK_ROWS);
    this.#evaluation.run(this.#variables);
  }

  /**
   * Gradient sums of the blocks of one unit, as far as they are not done; and their update, unless it comes apart. Statistics move
   * where weights change: a step that fails leaves them as they were.
   */
  reduceUnit(unit: number): void {
    const [first, end] = this.#plan.units[unit];
    const mark = this.#mark(STAGE.reduce);
    for (let block = first; block < end; block++) {
      if (this.#doneBlocks[block] === mark || (this.#plan.updatesApart && this.#blocks[block].isStatistic)) continue;
      this.#sumBlock(block);
      this.#faults?.at('reduce', this.#batch.sequence);
      this.#journal.begin(block, mark);
      this.#finishReduce(block, mark);
    }
  }

  /**
   * Updates the blocks of one unit, as far as they are not done, with gradients that `reduceUnit` has left. In a step without an
   * update that is the statistics alone.
   */
  updateUnit(unit: number): void {
    const [first, end] = this.#plan.units[unit];
    const mark = this.#mark(STAGE.update);
    for (let block = first; block < end; block++) {
      const { isStatistic } = this.#blocks[block];
      if (this.#doneBlocks[block] === mark || !(isStatistic || this.#batch.updates)) continue;
      if (isStatistic) this.#sumBlock(block);
      this.#journal.begin(block, mark);
      this.#finishUpdate(block, mark);
    }
  }

  /** Goes on with the block that the thread's predecessor was in the middle of, if there is one. */
  finishInterrupted(stage: number): void {
    const mark = this.#mark(stage);
    const block = this.#journal.last(mark);
    if (block < 0 || this.#doneBlocks[block] === mark) return;
    if (stage === STAGE.reduce) this.#finishReduce(block, mark);
    else this.#finishUpdate(block, mark);
  }

  #finishReduce(block: number, mark: number): void {
    const { isStatistic, keep, square, apply } = this.#blocks[block];
    if (this.#keeps) keep.run(this.#variables);
    if (isStatistic || this.#batch.updates) (this.#plan.updatesApart ? square : apply).run(this.#variables);
    this.#faults?.at('reduced', this.#batch.sequence);
    this.#doneBlocks[block] = mark;
  }

  #finishUpdate(block: number, mark: number): void {
    this.#blocks[block].apply.run(this.#variables);
    this.#faults?.at('updated', this.#batch.sequence);
    this.#doneBlocks[block] = mark;
  }

  /** See StepSums: what one thread does when all ranges are done, and when all blocks are. */
  finishCompute(training: boolean): boolean {
    if (!this.#sums.finishCompute(this.#batch, training)) return false;
    const slot = this.#variables[VARIABLE.slot];
    this.#tallies?.finish(this.#batch, slot, training);
    if (training) this.#featureScale?.note(this.#batch.sequence, slot, this.#batch.rows);
    return true;
  }

  finishReduce(): boolean {
    return this.#sums.finishReduce(this.#batch);
  }

  /** What a range or block is marked with when it is done in this step. Memory starts at 0, which no mark is. */
  #mark(stage: number): number {
    return ~phaseOf(this.#batch.sequence, stage);
  }

  #rangesOf(rowBlocks: number): Ranges {
    let ranges = this.#rangesByBlocks.get(rowBlocks);
    if (ranges === undefined) {
      ranges = rangesOf(this.#plan, rowBlocks);
      this.#rangesByBlocks.set(rowBlocks, ranges);
    }
    return ranges;
  }

  #treeOf(shards: number): readonly TreeStep[] {
    let tree = this.#trees.get(shards);
    if (tree === undefined) {
      tree = summationTree(shards);
      this.#trees.set(shards, tree);
    }
    return tree;
  }

  /** Sets the variables to rows [start, end) of the batch, as far as it has them. */
  #select(start: number, end: number): void {
    this.#variables[VARIABLE.start] = start;
    this.#variables[VARIABLE.rows] = Math.min(end, this.#batch.rows) - start;
  }

  /**
   * The gradient of one block: shard by shard into partial sums, in the order of the tree, until level 0 holds them all; and that
   * of the weights' penalty, as they still are what the step has found.
   */
  #sumBlock(index: number): void {
    const { gradient, regularize } = this.#blocks[index];
    const variables = this.#variables;
    const tree = this.#tree;
    const { shardRows, scratch } = this.#plan;
    for (let shard = 0; shard < tree.length; shard++) {
      const { level, folds } = tree[shard];
      this.#select(shard * shardRows, (shard + 1) * shardRows);
      variables[VARIABLE.shard] = shard;
      variables[VARIABLE.target] = this.#levels + level * scratch.levelBytes;
      variables[VARIABLE.folds] = folds;
      gradient.run(variables);
    }
    if (this.#regularizes) regularize.run(variables);
  }
}

interface BlockPrograms {
  /** Whether it is a moving average of statistics, see PlannedBlock.momentum. */
  readonly isStatistic: boolean;
  readonly gradient: Program;
  readonly regularize: Program;
  readonly keep: Program;
  readonly square: Program;
  readonly apply: Program;
}

type Ranges = readonly (readonly [number, number])[];
