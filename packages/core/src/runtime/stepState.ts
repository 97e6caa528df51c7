import { type Plan, STEP_STATE } from '../plan/plan.ts';
import type { OptimizerSpec } from '../optim/optimizer.ts';
import { ruleOf } from '../optim/registry.ts';

/** The two copies of what steps carry on, see STEP_STATE. Copy s mod 2 is what step s begins with. */
export class StepState {
  readonly #copies: readonly [Float64Array, Float64Array];
  readonly #tallies: Plan['tallies'];

  constructor(plan: Plan, buffer: ArrayBufferLike) {
    const { stepStateCount: count } = plan;
    this.#tallies = plan.tallies;
    const copy = (index: number): Float64Array => new Float64Array(buffer, plan.stepState + index * count * 8, count);
    this.#copies = [copy(0), copy(1)];
  }

  /** What step `sequence` begins with; of the number of completed steps: how things stand. */
  before(sequence: number): Float64Array {
    return this.#copies[sequence & 1];
  }

  /** What step `sequence` leaves. */
  after(sequence: number): Float64Array {
    return this.#copies[(sequence + 1) & 1];
  }

  /** As before the first step. `optimizer`: the plan's, whose scalars begin as its rule says. */
  initialize(optimizer: OptimizerSpec | null): void {
    for (const copy of this.#copies) {
      copy.fill(0);
      copy[STEP_STATE.rateFactor] = 1;
      if (optimizer !== null) ruleOf(optimizer).initializeScalars(optimizer, scalarsOf(copy, optimizer));
    }
  }

  /** What the learning rate is multiplied by from now on. Only while no step is in progress. */
  scaleRate(factor: number): void {
    for (const copy of this.#copies) copy[STEP_STATE.rateFactor] *= factor;
  }

  /** Zeroes the epoch's totals. Only while no step is in progress. */
  resetTotals(): void {
    for (const copy of this.#copies) {
      copy.fill(0, 0, STEP_STATE.groupWeight);
      if (this.#tallies !== null) copy.fill(0, this.#tallies.train, this.#tallies.evaluate + this.#tallies.totals);
    }
  }
}

/** The optimizer's part of such a copy; empty without one. */
export function scalarsOf(copy: Float64Array, optimizer: OptimizerSpec | null): Float64Array {
  const count = optimizer === null ? 0 : ruleOf(optimizer).scalarCount;
  return copy.subarray(STEP_STATE.scalars, STEP_STATE.scalars + count);
}
