import type { CheckpointPosition } from '../checkpoint/state.ts';
import type { Measure } from '../metrics/measures.ts';
import type { Driver } from '../runtime/driver.ts';
import { callAfter } from '../runtime/longTimers.ts';
import { epochStart, type Schedule, trainStepsOf } from '../runtime/schedule.ts';
import { BatchCallbacks, rateControl } from './batchCallbacks.ts';
import type { Callback, EpochMetrics } from './callbacks.ts';
import type { Checkpointer, Standing } from './checkpointer.ts';
import type { FullBatchSearch } from './fullBatchSearch.ts';
import { hashWeights } from './hashWeights.ts';
import type { History } from './history.ts';
import { nameOfValidation } from './monitor.ts';
import type { Notices } from './notices.ts';
import type { CheckedFitOptions } from './fitOptions.ts';
import { penaltyOf } from './penalty.ts';
import { noticeTrend } from './noticing.ts';
import type { ProgressMeter } from './progressMeter.ts';
import { asJson, type RunRecord } from './record.ts';
import type { Run } from './run.ts';
import type { ModelState } from './state.ts';
import { Stepping } from './stepping.ts';

export interface TrainingParts {
  readonly state: ModelState;
  readonly run: Run;
  readonly driver: Driver;
  readonly schedule: Schedule;
  readonly meter: ProgressMeter;
  readonly callbacks: readonly Callback[];
  readonly options: CheckedFitOptions;
  readonly measures: readonly Measure[];
  /** Fires when the run is to stop between two steps. */
  readonly signal: AbortSignal;
  readonly checkpointer: Checkpointer | null;
  readonly record: RunRecord;
  readonly from: CheckpointPosition;
  readonly notices: Notices;
  /** What moves the weights where steps do not. */
  readonly search: FullBatchSearch | null;
}

/** Runs the epochs of a fit: steps, evaluation, callbacks, and checkpoints in between. */
export class Training {
  readonly #parts: TrainingParts;
  readonly #batches: BatchCallbacks | null;
  readonly #steps: Stepping;
  #timeIsUp = false;
  /** Epochs completed, their evaluation and callbacks included. */
  #epochsDone: number;

  constructor(parts: TrainingParts) {
    const { run, callbacks, measures, schedule } = parts;
    this.#parts = parts;
    this.#batches = BatchCallbacks.of(callbacks, {
      ...{ run, epochs: schedule.epochs, batches: schedule.trainSteps, measures },
    });
    this.#steps = new Stepping(parts);
    this.#epochsDone = parts.from.epoch;
  }

  /**
   * Runs until all is done, the time is over or a callback stops it; returns which. When the signal fires, the last
   * checkpoint is written before it rejects with the signal's reason.
   */
  async run(): Promise<History['stoppedBy']> {
    const { state, driver, meter, options, signal, checkpointer } = this.#parts;
    const { maxTime } = options;
    const cancel =
      maxTime === undefined
        ? undefined
        : callAfter(maxTime * 1000, () => {
            this.#timeIsUp = true;
            driver.pause();
          });
    try {
      return await this.#epochs();
    } catch (error) {
      // Steps stand still between two of them, unless the run had to be given up: then its weights may be half updated.
      if (signal.aborted && error === signal.reason && driver.isPaused()) {
        await checkpointer?.finish(this.#standing(), null);
      }
      throw error;
    } finally {
      cancel?.();
      meter.stop();
      state.phase = 'resting';
    }
  }

  /** Training steps done in all. */
  trainedSteps(): number {
    return this.#position().steps;
  }

  async #epochs(): Promise<History['stoppedBy']> {
    const { schedule, checkpointer, record, run, from, search } = this.#parts;
    if (record.stopped) return 'callback';
    if (search?.converged === true && from.step === 0) return 'convergence';
    for (let epoch = from.epoch; epoch < schedule.epochs; epoch++) {
      // The epoch that a checkpoint was in the middle of goes on with its totals.
      if (epoch > from.epoch || from.step === 0) run.state.resetTotals();
      const metrics = await this.#epoch(epoch);
      const inBatch = this.#batches?.stopped === true;
      if (metrics === null) return inBatch ? 'batchCallback' : 'maxTime';
      if (record.stopped) {
        // An epoch that was cut short is none to judge by: a run with more steps goes on from the checkpoint before its evaluation.
        if (!this.#isCutShort(epoch)) await checkpointer?.finish(this.#standing(), metrics);
        return 'callback';
      }
      if (this.#isCutShort(epoch)) break;
      const converged = search?.converged === true;
      const isLast = converged || epoch === schedule.epochs - 1;
      if (isLast || inBatch) await checkpointer?.finish(this.#standing(), metrics);
      if (converged) return 'convergence';
      if (inBatch && !isLast) return 'batchCallback';
      if (!isLast) await checkpointer?.betweenEpochs(this.#standing(), metrics);
    }
    return 'completion';
  }

  /** One epoch; null when the time was over, or a callback ended the run, in the middle of it. */
  async #epoch(epoch: number): Promise<EpochMetrics | null> {
    const { state, run, driver, schedule, meter, callbacks, checkpointer, record } = this.#parts;
    await this.#beginEpoch(epoch);
    state.phase = 'stepping';
    const rowsBefore = run.trainedRows();
    const begin = performance.now();
    meter.beginEpoch(epoch);
    await this.#trainingSteps(epoch);
    const seconds = (performance.now() - begin) / 1000;
    const rows = run.trainedRows() - rowsBefore;
    record.seconds += seconds;
    record.rows += rows;
    const isDone = driver.completed() >= epochStart(schedule, epoch) + trainStepsOf(schedule, epoch);
    if (!isDone || this.#isCutShort(epoch)) {
      // Before the evaluation: a run with more steps goes on from here as if it had never stopped.
      await checkpointer?.finish(this.#standing(), null);
      if (!isDone) {
        meter.endEpoch();
        state.phase = 'resting';
        return null;
      }
    }
    await this.#steps.runUntil(epochStart(schedule, epoch + 1));
    meter.endEpoch();
    state.phase = 'resting';

    const metrics = this.#metrics();
    const weightsHash = await this.#hash();
    for (const [name, value] of Object.entries(metrics)) (record.metrics[name] ??= []).push(value);
    record.weightsHashes.push(weightsHash);
    noticeTrend(this.#parts);
    const end = {
      ...{ epoch: epoch + 1, epochs: schedule.epochs, steps: this.trainedSteps(), metrics, seconds, weightsHash },
      ...{ samplesPerSecond: rows / seconds, ...rateControl(run) },
      stop: () => {
        record.stopped = true;
      },
    };
    for (const callback of callbacks) await callback.onEpochEnd?.(end);
    if (callbacks.some((callback) => callback.onEpochEnd !== undefined)) this.#steps.touched();
    if (!this.#isCutShort(epoch)) this.#epochsDone++;
    return metrics;
  }

  /** Tells callbacks of the epoch, unless they have been told by the run that this one goes on from, or nothing of it will be run. */
  async #beginEpoch(epoch: number): Promise<void> {
    const { run, schedule, callbacks, record, state } = this.#parts;
    const { step, steps } = this.#position();
    const own = callbacks.filter((callback) => callback.onEpochBegin !== undefined);
    if (own.length === 0 || step > 0 || record.begun !== null || this.#timeIsUp) return;
    this.#parts.signal.throwIfAborted();
    state.phase = 'resting';
    const begin = { epoch: epoch + 1, epochs: schedule.epochs, steps, ...rateControl(run) };
    for (const callback of own) await callback.onEpochBegin?.(begin);
    record.begun = 'epoch';
    this.#steps.touched();
  }

  /** The training steps of an epoch, with checkpoints on the way; ends early when the time is over or a callback stops it. */
  async #trainingSteps(epoch: number): Promise<void> {
    const { driver, schedule, checkpointer } = this.#parts;
    const start = epochStart(schedule, epoch);
    const end = start + trainStepsOf(schedule, epoch);
    const before = epoch * schedule.trainSteps;
    while (driver.completed() < end && !this.#timeIsUp && this.#batches?.stopped !== true) {
      const due = checkpointer?.nextStep(this.trainedSteps()) ?? Infinity;
      if (this.#batches === null) await this.#steps.trainUntil(Math.min(end, start + due - before));
      else await this.#batch(this.#batches);
      if (driver.completed() < end) checkpointer?.betweenSteps(this.#standing());
    }
  }

  /** One step, and the callbacks before and after it. */
  async #batch(batches: BatchCallbacks): Promise<void> {
    const { driver, record, signal } = this.#parts;
    if (record.begun !== 'batch') {
      signal.throwIfAborted();
      await this.#atRest(() => batches.begin(this.#position()));
      record.begun = 'batch';
    }
    const next = driver.completed() + 1;
    try {
      await this.#steps.trainUntil(next);
    } catch (error) {
      // A signal that fires during a step is told after it: the batch has come to its end, and a checkpoint must know.
      const isWhole = signal.aborted && error === signal.reason && driver.isPaused() && driver.completed() === next;
      if (isWhole) await this.#atRest(() => batches.end(this.#position()));
      throw error;
    }
    if (driver.completed() === next) await this.#atRest(() => batches.end(this.#position()));
  }

  /** Calls callbacks while all threads rest; they may write to the weights. */
  async #atRest(call: () => Promise<void>): Promise<void> {
    const { state } = this.#parts;
    state.phase = 'resting';
    await call();
    state.phase = 'stepping';
    this.#steps.touched();
  }

  /** Whether `maxSteps` ends the run in the middle of this epoch. */
  #isCutShort(epoch: number): boolean {
    return trainStepsOf(this.#parts.schedule, epoch) < this.#parts.schedule.trainSteps;
  }

  #standing(): Standing {
    const { driver, record } = this.#parts;
    return { position: this.#position(), record: asJson(record), completed: driver.completed() };
  }

  /** Where the run stands between two steps. An evaluation that has begun counts as not begun. */
  #position(): CheckpointPosition {
    const { driver, schedule } = this.#parts;
    const epoch = this.#epochsDone;
    const trainSteps = epoch < schedule.epochs ? trainStepsOf(schedule, epoch) : 0;
    const step = Math.min(driver.completed() - epochStart(schedule, epoch), trainSteps);
    return { epoch, step, steps: epoch * schedule.trainSteps + step };
  }

  #metrics(): EpochMetrics {
    const { state, run, options, measures, record, search } = this.#parts;
    const measured = run.metrics(measures, 'train');
    // An epoch whose weights were not accepted leaves the model with those of an earlier one.
    const train =
      search === null || search.accepted
        ? measured
        : Object.fromEntries(Object.keys(measured).map((name) => [name, record.metrics[name].at(-1) ?? NaN]));
    if (options.validation === undefined) return train;
    const evaluated = Object.entries(run.metrics(measures, 'evaluate', penaltyOf(state)));
    return {
      ...train,
      ...Object.fromEntries(evaluated.map(([name, value]) => [nameOfValidation(name), value])),
    };
  }

  #hash(): Promise<string> {
    const { state } = this.#parts;
    const { buffer } = state.arena.memory;
    return hashWeights(
      state.layout.parameters.map(({ address, elements }) => new Float32Array(buffer, address, elements)),
    );
  }
}
