import type { KernelTable } from '@lockstep/kernels';
import { VARIABLE_COUNT } from '../ops/calls.ts';
import { LOSS_SUMS } from '../ops/losses.ts';
import type { OptimizerRule } from '../optim/optimizer.ts';
import { ruleOf } from '../optim/registry.ts';
import { type Plan, TOTALS } from '../plan/plan.ts';
import { BLOCK_ROWS, blocksOf, rowRanges } from '../plan/rowRanges.ts';
import { shardsInBatch } from '../plan/shards.ts';
import { summationTree, type TreeStep } from '../plan/summationTree.ts';
import { Program, VARIABLE } from './program.ts';

/**
 * One thread's share of a step: computing ranges of rows, summing and applying parameter blocks, and the scalar work that
 * the last thread of each phase does. It knows nothing of other threads: compute.ts and inlineDriver.ts decide who calls
 * what when. The methods allocate nothing but what a batch of a new length needs once.
 */
export class StepRunner {
  readonly #plan: Plan;
  readonly #forward: Program;
  readonly #loss: Program;
  readonly #backward: Program;
  readonly #head: Program;
  readonly #gradients: readonly Program[];
  readonly #updates: readonly Program[];
  /**
   * By number of shards: the summation tree. By number of row blocks: the ranges that threads claim. Made when a batch of
   * that length first comes; a run has three lengths at most, that of whole batches and of the last ones of its datasets.
   */
  readonly #trees: Map<number, readonly TreeStep[]> = new Map();
  readonly #rangesByBlocks: Map<number, Ranges> = new Map();
  readonly #variables: Int32Array = new Int32Array(VARIABLE_COUNT);
  readonly #lossSums: Float64Array;
  readonly #totals: Float64Array;
  readonly #hyper: Float32Array;
  readonly #scalars: Float64Array;
  readonly #rule: OptimizerRule | null;
  readonly #levels: number;
  /** All of the memory, where gradients are to be kept; null otherwise. */
  readonly #memory: Float32Array | null;
  #rows = 0;
  #rowBlocks = 0;
  #ranges: Ranges = [];
  #tree: readonly TreeStep[] = [];

  /** `rank`: index of the thread, which owns a part of the scratch memory. */
  constructor(plan: Plan, kernels: KernelTable, buffer: ArrayBufferLike, rank: number) {
    this.#plan = plan;
    this.#forward = new Program(plan.forward, kernels);
    this.#loss = new Program(plan.loss, kernels);
    this.#backward = new Program(plan.backward, kernels);
    this.#head = new Program(plan.head, kernels);
    this.#gradients = plan.blocks.map((block) => new Program([block.gradient], kernels));
    this.#updates = plan.blocks.map((block) => new Program([...block.update, ...block.refresh], kernels));
    const rowBlocks = blocksOf(plan.batchSize);
    this.#lossSums = new Float64Array(buffer, plan.lossSums, rowBlocks * LOSS_SUMS.count);
    this.#totals = new Float64Array(buffer, plan.totals, 2 * TOTALS.count);
    this.#rule = plan.optimizer === null ? null : ruleOf(plan.optimizer);
    this.#hyper = new Float32Array(buffer, plan.hyper, this.#rule?.hyperCount ?? 0);
    this.#scalars = new Float64Array(buffer, plan.optimizerScalars, this.#rule?.scalarCount ?? 0);
    const scratch = plan.scratch.address + rank * plan.scratch.bytesPerThread;
    this.#levels = scratch + plan.scratch.levelOffset;
    this.#variables[VARIABLE.scratch] = scratch;
    this.#variables[VARIABLE.foldStride] = plan.scratch.levelBytes;
    this.#memory = plan.gradients.length > 0 ? new Float32Array(buffer) : null;
  }

  /** The batch that the following calls work on. Returns the number of ranges of rows that it is claimed in. */
  begin(slot: number, rows: number): number {
    this.#rows = rows;
    this.#rowBlocks = blocksOf(rows);
    this.#variables[VARIABLE.slot] = slot;
    this.#ranges = this.#rangesOf(this.#rowBlocks);
    this.#tree = this.#treeOf(shardsInBatch(rows, this.#plan.shardRows));
    return this.#ranges.length;
  }

  /** First row of a range, and how many rows of the batch it has. */
  rangeStart(range: number): number {
    return this.#ranges[range][0] * BLOCK_ROWS;
  }

  rangeRows(range: number): number {
    const [first, end] = this.#ranges[range];
    return Math.min(end * BLOCK_ROWS, this.#rows) - first * BLOCK_ROWS;
  }

  /** Forward, loss and, with `training`, backward of one range of rows. */
  computeRange(range: number, training: boolean): void {
    const [first, end] = this.#ranges[range];
    const start = first * BLOCK_ROWS;
    this.#select(start, end * BLOCK_ROWS);
    this.#forward.run(this.#variables);
    for (let block = first; block < end; block++) {
      this.#select(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS);
      this.#variables[VARIABLE.rowBlock] = block;
      this.#loss.run(this.#variables);
    }
    if (!training) return;
    this.#select(start, end * BLOCK_ROWS);
    this.#backward.run(this.#variables);
  }

  /** Forward of one range of rows to the model's output, softmax included. */
  predictRange(range: number): void {
    const [first, end] = this.#ranges[range];
    this.#select(first * BLOCK_ROWS, end * BLOCK_ROWS);
    this.#forward.run(this.#variables);
    this.#head.run(this.#variables);
  }

  /** Gradient sum, update and refresh of the blocks of one unit. */
  reduceUnit(unit: number): void {
    const [first, end] = this.#plan.units[unit];
    for (let block = first; block < end; block++) {
      this.#sumBlock(block);
      this.#updates[block].run(this.#variables);
      if (this.#memory !== null) this.#keepGradient(block, this.#memory);
    }
  }

  /**
   * After all rows, by one thread: adds the sums of the row blocks in order to the epoch's totals, and prepares the update.
   * Returns false when the loss is not finite; then nothing has been changed.
   */
  finishCompute(training: boolean): boolean {
    const sums = this.#lossSums;
    let loss = 0;
    let weight = 0;
    let correct = 0;
    for (let at = 0; at < this.#rowBlocks * LOSS_SUMS.count; at += LOSS_SUMS.count) {
      loss += sums[at + LOSS_SUMS.loss];
      weight += sums[at + LOSS_SUMS.weight];
      correct += sums[at + LOSS_SUMS.correct];
    }
    // Rounded to float32, as gradients are: a loss beyond its range has gradients beyond it too.
    if (training && !Number.isFinite(Math.fround(loss))) return false;
    const totals = this.#totals;
    const at = training ? 0 : TOTALS.count;
    totals[at + TOTALS.loss] += loss;
    totals[at + TOTALS.weight] += weight;
    totals[at + TOTALS.correct] += correct;
    totals[at + TOTALS.rows] += this.#rows;
    if (training && this.#rule !== null && this.#plan.optimizer !== null) {
      // A batch whose weights are all 0 has no gradient: scale 0 keeps it from becoming 0/0.
      this.#rule.prepareStep(this.#plan.optimizer, this.#scalars, this.#hyper, weight > 0 ? 1 / weight : 0);
    }
    return true;
  }

  #rangesOf(rowBlocks: number): Ranges {
    let ranges = this.#rangesByBlocks.get(rowBlocks);
    if (ranges === undefined) {
      ranges = rowRanges(rowBlocks, this.#plan.threads);
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
    this.#variables[VARIABLE.rows] = Math.min(end, this.#rows) - start;
  }

  /** The gradient of one block: shard by shard into partial sums, in the order of the tree, until level 0 holds them all. */
  #sumBlock(index: number): void {
    const program = this.#gradients[index];
    const variables = this.#variables;
    const tree = this.#tree;
    const { shardRows, scratch } = this.#plan;
    for (let shard = 0; shard < tree.length; shard++) {
      const { level, folds } = tree[shard];
      this.#select(shard * shardRows, (shard + 1) * shardRows);
      variables[VARIABLE.target] = this.#levels + level * scratch.levelBytes;
      variables[VARIABLE.folds] = folds;
      program.run(variables);
    }
  }

  /** Copies a block's gradient from level 0 to where the whole parameter's gradient is kept. */
  #keepGradient(index: number, memory: Float32Array): void {
    const { parameter, begin, elements } = this.#plan.blocks[index];
    const from = this.#levels / 4;
    memory.copyWithin(this.#plan.gradients[parameter] / 4 + begin, from, from + elements);
  }
}

type Ranges = readonly (readonly [number, number])[];
