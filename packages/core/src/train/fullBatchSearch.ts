import { LockstepError } from '../errors.ts';
import { LBFGS, LBFGS_STATE } from '../optim/lbfgsRule.ts';
import { beginLineSearch, continueLineSearch, LOSS_ROUNDING, SEARCH } from '../optim/lineSearch.ts';
import type { LbfgsSpec } from '../optim/optimizer.ts';
import { type CorrectionPair, dot, quasiNewtonDirection, type Vector } from '../optim/twoLoop.ts';
import { scalarsOf } from '../runtime/stepState.ts';
import type { Run } from './run.ts';
import type { ModelState } from './state.ts';

/** Steps in succession that may leave the loss as it is before the run counts as converged. */
const MOST_IDLE = 5;

/**
 * Moves the weights of a run with `lbfgs`, on the caller's thread, while no step is in progress: `ask` sets those that the next
 * step is to evaluate, `tell` takes its loss and gradient. Between steps the model has the weights that were accepted last. What
 * it knows lies in the run's state vectors and scalars, so checkpoints have it; all sums are in float64, in one order.
 */
export class FullBatchSearch {
  readonly #run: Run;
  readonly #spec: LbfgsSpec;
  /** The trained parameters, and the sums of their gradients that a step leaves. */
  readonly #weights: Vector;
  readonly #sums: Vector;
  /** The weights that were accepted last, their gradient, and where the line search goes from there. */
  readonly #base: Vector;
  readonly #gradient: Vector;
  readonly #direction: Vector;
  /** The pairs by their places. */
  readonly #places: readonly CorrectionPair[];
  /** The gradient of the last evaluation, rounded as `#gradient`; and room for the direction. */
  readonly #tried: Vector;
  readonly #room: readonly Float64Array[];

  /** When the run's state has been restored. */
  constructor({ layout, arena }: ModelState, run: Run, spec: LbfgsSpec) {
    const { buffer } = arena.memory;
    const trained = [...layout.parameters.keys()].filter((parameter) => layout.parameters[parameter].trainable);
    const viewsOf = (addressOf: (parameter: number) => number): Vector =>
      trained.map((parameter) => new Float32Array(buffer, addressOf(parameter), layout.parameters[parameter].elements));
    const vector = (name: string): Vector => {
      const own = run.plan.state.filter((state) => state.name === name);
      return viewsOf((parameter) => own.find((state) => state.parameter === parameter)?.address ?? 0);
    };
    this.#run = run;
    this.#spec = spec;
    this.#weights = viewsOf((parameter) => layout.parameters[parameter].address);
    this.#sums = viewsOf((parameter) => run.plan.gradients[parameter]);
    this.#base = this.#weights.map((values) => Float32Array.from(values));
    this.#gradient = vector('gradient');
    this.#direction = vector('direction');
    this.#places = Array.from({ length: spec.historySize }, (_, place) => ({
      step: vector(`step ${place}`),
      difference: vector(`difference ${place}`),
    }));
    this.#tried = this.#weights.map(({ length }) => new Float32Array(length));
    this.#room = this.#weights.map(({ length }) => new Float64Array(length));
  }

  get converged(): boolean {
    return this.#scalars()[LBFGS.state] === LBFGS_STATE.converged;
  }

  /** Whether what the last step has measured is of the weights that the model has. */
  get accepted(): boolean {
    return this.#scalars()[LBFGS.accepted] === 1;
  }

  /** Gives the model the weights that are to be evaluated. */
  ask(): void {
    const scalars = this.#scalars();
    if (scalars[LBFGS.state] !== LBFGS_STATE.searches) return;
    const step = scalars[SEARCH.step];
    for (const [part, values] of this.#weights.entries()) {
      const [base, direction] = [this.#base[part], this.#direction[part]];
      for (let i = 0; i < values.length; i++) values[i] = base[i] + step * direction[i];
    }
  }

  /** Gives the model back those that were accepted. */
  restore(): void {
    copyTo(this.#weights, this.#base);
  }

  /** Begins anew where a callback has changed the weights. */
  adopt(): void {
    const isSame = this.#weights.every((values, part) => values.every((value, i) => value === this.#base[part][i]));
    if (isSame) return;
    copyTo(this.#base, this.#weights);
    this.#scalars()[LBFGS.state] = LBFGS_STATE.begins;
  }

  /**
   * Takes what the step that has just been completed has found, and leaves the model with the weights accepted. `name`: of the
   * step. Throws LOSS_NOT_FINITE where the weights that the run began with have no finite gradient.
   */
  tell(name: string): void {
    const scalars = this.#scalars();
    const { loss, isFinite } = this.#measure();
    if (scalars[LBFGS.state] === LBFGS_STATE.begins) {
      // Steps see for themselves that the loss is.
      if (!isFinite) throw gradientNotFinite(name);
      scalars[LBFGS.pairs] = 0;
      scalars[LBFGS.idle] = 0;
      scalars[LBFGS.accepted] = 1;
      copyTo(this.#gradient, this.#tried);
      this.#beginLine(loss);
      return;
    }
    const slope = isFinite ? dot(this.#tried, this.#direction) : NaN;
    const outcome = continueLineSearch(scalars, isFinite ? loss : NaN, slope, this.#spec.maxLineSearch);
    scalars[LBFGS.accepted] = outcome === 'accepted' && this.#accept(loss) ? 1 : 0;
    if (scalars[LBFGS.accepted] === 1) {
      this.#beginLine(loss);
      return;
    }
    this.restore();
    // Numbers that are not finite have no place in checkpoints.
    if (!isFinite) this.#run.state.resetTotals();
    if (outcome !== 'evaluate') this.#fail();
  }

  /** The loss of the last step and whether it and its gradient, which is divided by the weight of the rows, are finite. */
  #measure(): { readonly loss: number; readonly isFinite: boolean } {
    const { loss, weight } = this.#run.trainedLoss();
    const scale = weight > 0 ? 1 / weight : 0;
    // Rounded to float32, as gradients are.
    let isFinite = weight === 0 || Number.isFinite(Math.fround(loss));
    for (const [part, tried] of this.#tried.entries()) {
      const sums = this.#sums[part];
      for (let i = 0; i < tried.length; i++) {
        tried[i] = sums[i] * scale;
        isFinite &&= tried[i] - tried[i] === 0;
      }
    }
    // Rows without weight have no loss, and ask for nothing.
    return { loss: weight > 0 ? loss : 0, isFinite };
  }

  /** Takes the step that has been tried, unless it has moved nothing. */
  #accept(loss: number): boolean {
    const scalars = this.#scalars();
    const place = (scalars[LBFGS.newest] + 1) % this.#spec.historySize;
    const { step, difference } = this.#places[place];
    let moves = false;
    for (const [part, values] of this.#weights.entries()) {
      for (let i = 0; i < values.length; i++) moves ||= values[i] !== this.#base[part][i];
    }
    if (!moves) return false;
    for (const [part, values] of this.#weights.entries()) {
      for (let i = 0; i < values.length; i++) {
        step[part][i] = values[i] - this.#base[part][i];
        difference[part][i] = this.#tried[part][i] - this.#gradient[part][i];
      }
    }
    // The oldest pair has made room. One without curvature is none: it would turn directions uphill.
    const kept = Math.min(scalars[LBFGS.pairs], this.#spec.historySize - 1);
    const isCurved = dot(step, difference) > LOSS_ROUNDING * LOSS_ROUNDING * dot(difference, difference);
    scalars[LBFGS.pairs] = isCurved ? kept + 1 : kept;
    if (isCurved) scalars[LBFGS.newest] = place;
    const isIdle = scalars[SEARCH.loss] - loss <= LOSS_ROUNDING * Math.abs(loss);
    scalars[LBFGS.idle] = isIdle ? scalars[LBFGS.idle] + 1 : 0;
    copyTo(this.#base, this.#weights);
    copyTo(this.#gradient, this.#tried);
    return true;
  }

  /** Along this line nothing lowers the loss: goes straight down the slope, if that was not it. */
  #fail(): void {
    const scalars = this.#scalars();
    if (scalars[LBFGS.pairs] === 0) {
      scalars[LBFGS.state] = LBFGS_STATE.converged;
      return;
    }
    scalars[LBFGS.pairs] = 0;
    this.#beginLine(scalars[SEARCH.loss]);
  }

  /** From the weights accepted, whose loss and gradient are known, to the next; or finds that there is nothing to be gained. */
  #beginLine(loss: number): void {
    const scalars = this.#scalars();
    const { historySize, tolerance } = this.#spec;
    let largest = 0;
    let sum = 0;
    for (const values of this.#gradient) {
      for (const value of values) {
        largest = Math.max(largest, Math.abs(value));
        sum += Math.abs(value);
      }
    }
    if (largest <= tolerance || scalars[LBFGS.idle] >= MOST_IDLE) {
      scalars[LBFGS.state] = LBFGS_STATE.converged;
      return;
    }
    const pairs = Array.from(
      { length: scalars[LBFGS.pairs] },
      (_, age) => this.#places[(scalars[LBFGS.newest] - age + historySize) % historySize],
    );
    quasiNewtonDirection(this.#direction, this.#gradient, pairs, this.#room);
    let slope = dot(this.#gradient, this.#direction);
    if (!(slope < 0 && Number.isFinite(slope))) {
      scalars[LBFGS.pairs] = 0;
      quasiNewtonDirection(this.#direction, this.#gradient, [], this.#room);
      slope = dot(this.#gradient, this.#direction);
    }
    scalars[LBFGS.state] = LBFGS_STATE.searches;
    // A first step says nothing of the size of the next one: no weight moves by more than 1.
    beginLineSearch(scalars, loss, slope, scalars[LBFGS.pairs] === 0 ? Math.min(1, 1 / sum) : 1);
  }

  /** What the next step begins with. */
  #scalars(): Float64Array {
    return scalarsOf(this.#run.carried(), this.#spec);
  }
}

function copyTo(target: Vector, source: Vector): void {
  for (const [part, values] of target.entries()) values.set(source[part]);
}

function gradientNotFinite(name: string): LockstepError {
  return new LockstepError('LOSS_NOT_FINITE', {
    place: `fit, ${name}: gradient`,
    expected: 'a finite gradient',
    received: 'NaN or infinity, of a loss that is finite',
    advice: 'This step has changed nothing. Aim for features near ±1, and for smaller weights to begin with.',
  });
}
