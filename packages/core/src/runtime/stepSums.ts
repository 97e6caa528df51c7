import { COMMON_HYPER, MOVING_AVERAGE_HYPER } from '@lockstep/kernels/thread';
import { LOSS_SUMS } from '../ops/lossSums.ts';
import { learningRateOf, type OptimizerRule, type UpdateNumbers } from '../optim/optimizer.ts';
import { ruleOf } from '../optim/registry.ts';
import { rateAt } from '../optim/schedules/rateAt.ts';
import { type ClipNorm, type Plan, STEP_STATE, TOTALS } from '../plan/plan.ts';
import { blocksOf } from '../plan/rowRanges.ts';
import { scalarsOf, StepState } from './stepState.ts';

/** The batch of a step, as far as its sums depend on it. */
export interface StepBatch {
  readonly sequence: number;
  readonly rows: number;
  /** Whether gradients that are kept start afresh, and whether the step ends with an update. */
  readonly beginsUpdate: boolean;
  readonly updates: boolean;
}

/**
 * The scalar work of a step, which one thread does while all others wait: sums over the blocks of rows, the state that
 * steps carry on, the optimizer's scalars. All of it reads one copy of the state and writes the other, so that it can be
 * done again by another thread when the first one ends in the middle.
 */
export class StepSums {
  readonly #plan: Plan;
  readonly #rule: OptimizerRule | null;
  readonly #lossSums: Float64Array;
  readonly #state: StepState;
  /** The optimizer's part of both copies of the state. */
  readonly #scalars: readonly [Float64Array, Float64Array];
  /** The numbers of the optimizer's kernel; one for each parameter where each parameter's gradient is clipped by itself. */
  readonly #hyper: readonly Float32Array[];
  readonly #update: { -readonly [Name in keyof UpdateNumbers]: number } = { scale: 0.5, learningRate: 0.5 };
  /** Of the blocks of statistics: what their kernel reads, and their momentum. */
  readonly #statistics: readonly { readonly numbers: Float32Array; readonly momentum: number }[];
  /** One sum of squares a block, where gradients are clipped. */
  readonly #squares: Float64Array;
  /** The weight of the batch for the kernels, and what each block adds to the loss, where there are regularizers. */
  readonly #batchWeight: Float32Array | null;
  readonly #penalties: Float64Array;

  constructor(plan: Plan, buffer: ArrayBufferLike) {
    this.#plan = plan;
    this.#rule = plan.optimizer === null ? null : ruleOf(plan.optimizer);
    this.#lossSums = new Float64Array(buffer, plan.lossSums, blocksOf(plan.batchSize) * LOSS_SUMS.count);
    this.#state = new StepState(plan, buffer);
    const scalars = (copy: number): Float64Array => scalarsOf(this.#state.before(copy), plan.optimizer);
    this.#scalars = [scalars(0), scalars(1)];
    // Blocks are in the order of the parameters.
    const count = plan.clip?.of === 'parameter' ? 1 + (plan.blocks.at(-1)?.parameter ?? 0) : 1;
    const hyperCount = this.#rule?.hyperCount ?? 0;
    this.#hyper = Array.from(
      { length: count },
      (_, parameter) => new Float32Array(buffer, plan.hyper + parameter * plan.hyperBytes, hyperCount),
    );
    this.#squares = new Float64Array(buffer, plan.squares, plan.clip === null ? 0 : plan.blocks.length);
    this.#statistics = plan.blocks.flatMap(({ momentum }, block) =>
      momentum === null ? [] : [{ numbers: new Float32Array(buffer, plan.movingStatistics + block * 8, 2), momentum }],
    );
    const { regularization } = plan;
    this.#batchWeight = regularization === null ? null : new Float32Array(buffer, regularization.weight, 1);
    const penalized = regularization === null ? 0 : plan.blocks.length;
    this.#penalties = new Float64Array(buffer, regularization?.penalties ?? 0, penalized);
  }

  /**
   * After all rows, by one thread: adds the sums of the row blocks in order to the epoch's totals, and prepares the update
   * unless clipping comes first. Returns false when the loss is not finite; then nothing has been changed.
   */
  finishCompute(batch: StepBatch, training: boolean): boolean {
    const sums = this.#lossSums;
    let loss = 0;
    let weight = 0;
    let correct = 0;
    const end = blocksOf(batch.rows) * LOSS_SUMS.count;
    for (let at = 0; at < end; at += LOSS_SUMS.count) {
      loss += sums[at + LOSS_SUMS.loss];
      weight += sums[at + LOSS_SUMS.weight];
      correct += sums[at + LOSS_SUMS.correct];
    }
    if (this.#batchWeight !== null) this.#batchWeight[0] = weight;
    // Rounded to float32, as gradients are: a loss beyond its range has gradients beyond it too.
    if (training && !Number.isFinite(Math.fround(loss)) && !this.#tries(batch)) return false;
    const before = this.#state.before(batch.sequence);
    const after = this.#state.after(batch.sequence);
    for (let i = 0; i < after.length; i++) after[i] = before[i];
    const at = training ? STEP_STATE.train : STEP_STATE.evaluate;
    after[at + TOTALS.loss] += loss;
    after[at + TOTALS.weight] += weight;
    after[at + TOTALS.correct] += correct;
    after[at + TOTALS.rows] += batch.rows;
    if (!training) return true;
    this.#prepareStatistics(batch.rows);
    after[STEP_STATE.groupWeight] = batch.beginsUpdate ? weight : before[STEP_STATE.groupWeight] + weight;
    if (batch.updates && this.#plan.clip === null) this.#prepareUpdate(batch, 1);
    return true;
  }

  /**
   * After all blocks, by one thread: adds what regularizers have found to the epoch's total. In a step with clipping and an update,
   * prepares the update, with the gradient, or each parameter's, scaled down to the norm of the plan where its own is larger
   * (Pascanu et al. 2013, section 3.2). Returns false when a norm is not finite.
   */
  finishReduce(batch: StepBatch): boolean {
    if (this.#batchWeight !== null) this.#addPenalties(batch, this.#batchWeight[0]);
    const { clip } = this.#plan;
    if (clip === null || !batch.updates) return true;
    let sum = 0;
    for (let block = 0; block < this.#squares.length; block++) sum += this.#squares[block];
    const weight = this.#state.after(batch.sequence)[STEP_STATE.groupWeight];
    const norm = weight > 0 ? Math.sqrt(sum) / weight : 0;
    if (!Number.isFinite(norm)) return false;
    this.#prepareUpdate(batch, clip.of === 'model' && norm > clip.norm ? clip.norm / norm : 1);
    if (clip.of === 'parameter') this.#clipParameters(clip, batch);
    return true;
  }

  /**
   * From the numbers for all parameters, which stand in the first one's place, those of each: they differ in what its gradient is
   * multiplied by. From the last parameter down, so that the first one's are changed last.
   */
  #clipParameters(clip: ClipNorm, batch: StepBatch): void {
    const { blocks } = this.#plan;
    const weight = this.#state.after(batch.sequence)[STEP_STATE.groupWeight];
    const [common] = this.#hyper;
    const scale = this.#update.scale;
    for (let block = blocks.length - 1; block >= 0;) {
      const { parameter } = blocks[block];
      let sum = 0;
      for (; block >= 0 && blocks[block].parameter === parameter; block--) sum += this.#squares[block];
      const own = this.#hyper[parameter];
      for (let i = 0; i < own.length; i++) own[i] = common[i];
      const norm = weight > 0 ? Math.sqrt(sum) / weight : 0;
      own[COMMON_HYPER.scale] = norm > clip.norm ? (scale * clip.norm) / norm : scale;
    }
  }

  /** Whether the weights are only tried: a loss that is not finite then tells that they are no good. */
  #tries({ sequence }: StepBatch): boolean {
    return this.#rule?.tries?.(this.#scalars[sequence & 1]) ?? false;
  }

  #addPenalties({ sequence }: StepBatch, weight: number): void {
    let sum = 0;
    for (let block = 0; block < this.#penalties.length; block++) sum += this.#penalties[block];
    this.#state.after(sequence)[STEP_STATE.penalty] = this.#state.before(sequence)[STEP_STATE.penalty] + weight * sum;
  }

  /** Statistics come as sums over the rows. */
  #prepareStatistics(rows: number): void {
    for (let i = 0; i < this.#statistics.length; i++) {
      const { numbers, momentum } = this.#statistics[i];
      numbers[MOVING_AVERAGE_HYPER.scale] = 1 / rows;
      numbers[MOVING_AVERAGE_HYPER.momentum] = momentum;
    }
  }

  #prepareUpdate(batch: StepBatch, factor: number): void {
    const { optimizer } = this.#plan;
    if (this.#rule === null || optimizer === null) return;
    const before = this.#state.before(batch.sequence);
    const after = this.#state.after(batch.sequence);
    const scalars = this.#scalars[(batch.sequence + 1) & 1];
    for (let i = 0; i < scalars.length; i++) scalars[i] = before[STEP_STATE.scalars + i];
    const updates = before[STEP_STATE.updates];
    after[STEP_STATE.updates] = updates + 1;
    const learningRate = learningRateOf(optimizer);
    const rate = typeof learningRate === 'number' ? learningRate : rateAt(learningRate, updates);
    const weight = after[STEP_STATE.groupWeight];
    const update = this.#update;
    // Rows whose weights are all 0 have no gradient: scale 0 keeps it from becoming 0/0.
    update.scale = weight > 0 ? factor / weight : 0;
    update.learningRate = rate * before[STEP_STATE.rateFactor];
    this.#rule.prepareStep(optimizer, scalars, this.#hyper[0], update);
  }
}
