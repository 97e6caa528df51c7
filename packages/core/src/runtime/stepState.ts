import { type Plan, STEP_STATE, stepStateCount } from '../plan/plan.ts';
import type { OptimizerSpec } from '../optim/optimizer.ts';
import { ruleOf } from '../optim/registry.ts';

/** The two copies of what steps carry on, see STEP_STATE. Copy s mod 2 is what step s begins with. */
export class StepState {
  readonly #copies: readonly [Float64Array, Float64Array];

  constructor(plan: Plan, buffer: ArrayBufferLike) {
    const count = stepStateCount(plan.optimizer === null ? 0 : ruleOf(plan.optimizer).scalarCount);
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
      if (optimizer !== null) ruleOf(optimizer).initializeScalars(optimizer, scalarsOf(copy));
    }
  }

  /** What the learning rate is multiplied by from now on. Only while no step is in progress. */
  scaleRate(factor: number): void {
    for (const copy of this.#copies) copy[STEP_STATE.rateFactor] *= factor;
  }

  /** Zeroes the epoch's totals. Only while no step is in progress. */
  resetTotals(): void {
    for (const copy of this.#copies) copy.fill(0, 0, STEP_STATE.groupWeight);
  }
}

/** The optimizer's part of such a copy. */
export function scalarsOf(copy: Float64Array): Float64Array {
  return copy.subarray(STEP_STATE.scalars);
}
