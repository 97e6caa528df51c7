import { type KernelSelection, type KernelTable, loadKernels } from '@lockstep/kernels';
import type { Dataset } from '../data/dataset.ts';
import type { OrderOptions } from '../data/order.ts';
import type { FillerOptions } from '../data/batchFiller.ts';
import { LOSS_SUMS } from '../ops/lossSums.ts';
import { type Measure, valuesOf } from '../metrics/measures.ts';
import { customLayersOf } from '../model/customLayers.ts';
import { customLossOf } from '../model/losses.ts';
import { compilePlan } from '../plan/compile.ts';
import { type Plan, type PlanRequest, STEP_STATE, TOTALS } from '../plan/plan.ts';
import { blocksOf } from '../plan/rowRanges.ts';
import { learningRateOf } from '../optim/optimizer.ts';
import { ruleOf } from '../optim/registry.ts';
import { rateAt } from '../optim/schedules/rateAt.ts';
import type { Arena } from '../runtime/arena.ts';
import type { UserCode } from '../runtime/userCode.ts';
import type { Driver, DriverOptions } from '../runtime/driver.ts';
import { functionsOf } from '../runtime/functions.ts';
import { InlineDriver } from '../runtime/inlineDriver.ts';
import { importUserCode } from '../runtime/userModules.ts';
import { PooledDriver } from '../runtime/pooledDriver.ts';
import { refresherOf } from '../runtime/refresh.ts';
import type { ThreadRestart } from '../runtime/restarts.ts';
import type { Schedule } from '../runtime/schedule.ts';
import { StepState } from '../runtime/stepState.ts';
import { writeRunNumbers } from '../runtime/windowNumbers.ts';
import { warn } from '../warnings.ts';
import type { EpochMetrics } from './callbacks.ts';
import { startAverage } from './weightAverage.ts';

/** A plan with its place in the arena, ready for steps. Every run of a model goes through here; `close` undoes it. */
export class Run {
  readonly plan: Plan;
  readonly kernels: KernelSelection;
  /** What steps carry on. Only to be changed while no step is in progress. */
  readonly state: StepState;
  readonly #code: UserCode;
  readonly #arena: Arena;
  #driver: Driver | null = null;
  #refresh: (() => void) | null = null;

  /** `start`: sequence number of the first step, for a run that goes on from a checkpoint. */
  constructor(arena: Arena, request: Omit<PlanRequest, 'begin'>, start = 0) {
    this.kernels = loadKernels();
    warnOfKernels(this.kernels);
    this.plan = compilePlan({ ...request, begin: arena.used });
    this.#code = { layers: customLayersOf(request.spec), loss: customLossOf(request.loss) };
    this.#arena = arena;
    arena.attach(this.plan, start);
    const { windows } = this.plan;
    if (windows !== null && request.windows) writeRunNumbers(windows, request.windows, arena.memory.buffer);
    this.state = new StepState(this.plan, arena.memory.buffer);
    this.state.initialize(this.plan.optimizer);
    startState(this.plan, arena.memory.buffer);
    startAverage(this.plan, arena.memory.buffer);
    this.refresh();
  }

  /** Takes over the weights as they are now. Only while no step is in progress. */
  refresh(): void {
    this.#refresh ??= refresherOf(this.plan, this.kernels, this.#arena.memory);
    this.#refresh();
  }

  /** What the plan's calls run on the calling thread. */
  functions(): KernelTable {
    return functionsOf({ plan: this.plan, kernels: this.kernels, memory: this.#arena.memory }, this.#code);
  }

  /** Starts the threads, or the inline run when the plan is for one thread. */
  async start(schedule: Schedule, options: Omit<DriverOptions, 'run' | 'code'>): Promise<Driver> {
    await importUserCode(this.plan);
    const run = { memory: this.#arena.memory, plan: this.plan, kernels: this.kernels, schedule };
    const start = this.plan.threads === 1 ? InlineDriver : PooledDriver;
    this.#driver = await start.start({ run, code: this.#code, ...options });
    return this.#driver;
  }

  async close(): Promise<void> {
    await this.#driver?.close();
    this.#arena.release(this.plan);
  }

  /**
   * Metrics of the epoch so far, by name. NaN before the first row. `measures`: those whose tallies the plan has; `penalty`: what
   * the weights add to the loss of an evaluation; steps that train have added it up themselves.
   */
  metrics(measures: readonly Measure[], part: 'train' | 'evaluate', penalty = 0): EpochMetrics {
    const state = this.carried();
    const at = part === 'train' ? STEP_STATE.train : STEP_STATE.evaluate;
    const [weight, correct] = [state[at + TOTALS.weight], state[at + TOTALS.correct]];
    const penalties = part === 'train' ? state[STEP_STATE.penalty] : penalty * weight;
    const loss = (state[at + TOTALS.loss] + penalties) / weight;
    return { loss, ...valuesOf(measures, this.tallied(part), { weight, correct }) };
  }

  /** Totals of the plan's tallies, in the epoch so far. A view. */
  tallied(part: 'train' | 'evaluate'): Float64Array {
    const { tallies } = this.plan;
    return tallies === null
      ? new Float64Array(0)
      : this.carried().subarray(tallies[part], tallies[part] + tallies.totals);
  }

  /** Of the next update. */
  learningRate(): number {
    const state = this.carried();
    const rate = this.plan.optimizer === null ? 0 : learningRateOf(this.plan.optimizer);
    return rateAt(rate, state[STEP_STATE.updates]) * state[STEP_STATE.rateFactor];
  }

  /**
   * Of the training step just completed: the mean over the rows of its batch, by their weights, with penalties. Only while
   * steps rest.
   */
  batchLoss(): number {
    const completed = this.#driver?.completed() ?? 0;
    const at = STEP_STATE.train + TOTALS.rows;
    const rows = this.state.before(completed)[at] - this.state.before(completed - 1)[at];
    const count = blocksOf(rows) * LOSS_SUMS.count;
    const sums = new Float64Array(this.#arena.memory.buffer, this.plan.lossSums, count);
    let loss = this.state.before(completed)[STEP_STATE.penalty] - this.state.before(completed - 1)[STEP_STATE.penalty];
    let weight = 0;
    for (let block = 0; block < count; block += LOSS_SUMS.count) {
      loss += sums[block + LOSS_SUMS.loss];
      weight += sums[block + LOSS_SUMS.weight];
    }
    return loss / weight;
  }

  /** Training rows of the epoch so far. */
  trainedRows(): number {
    return this.carried()[STEP_STATE.train + TOTALS.rows];
  }

  /** Mean loss of the epoch's training rows so far, with penalties, and their weight. */
  trainedLoss(): { readonly loss: number; readonly weight: number } {
    const weight = this.carried()[STEP_STATE.train + TOTALS.weight];
    return { loss: this.metrics([], 'train').loss, weight };
  }

  /** What steps have carried up to here. Only to be changed while no step is in progress. */
  carried(): Float64Array {
    return this.state.before(this.#driver?.completed() ?? 0);
  }
}

/** The optimizer's vectors, which are zeroed, where they start at another value. Gradients that are kept start at 0. */
function startState({ optimizer, state, gradients }: Plan, buffer: ArrayBufferLike): void {
  const value = optimizer === null ? 0 : (ruleOf(optimizer).initialState?.(optimizer) ?? 0);
  if (value === 0) return;
  for (const { address, elements } of state) {
    if (!gradients.includes(address)) new Float32Array(buffer, address, elements).fill(value);
  }
}

let warned = false;

/** Slow or missing kernels are a warning of the process, once: a training that crawls should say why. */
function warnOfKernels(kernels: KernelSelection): void {
  if (warned) return;
  warned = true;
  for (const warning of kernels.warnings) warn('LOCKSTEP_KERNELS', warning);
}

/** A thread that was replaced costs time, and says something of the machine or of a source. */
export function warnOfRestart({ thread, place, cause }: ThreadRestart): void {
  warn('LOCKSTEP_THREAD_REPLACED', `${thread} broke and was replaced (${place}): ${cause}`);
}

/** How a thread is to read a dataset, for batches of the plan. */
export function fillerOptions(dataset: Dataset, plan: Plan, order: OrderOptions): FillerOptions {
  const { classes, probabilities } = plan.slots;
  return { dataset, batchSize: plan.batchSize, order, classes, probabilities };
}
