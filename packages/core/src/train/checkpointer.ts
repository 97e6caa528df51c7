import { existsSync } from 'node:fs';
import type { CheckpointPosition, CheckpointRecord, CheckpointState } from '../checkpoint/state.ts';
import type { CheckpointStore } from '../checkpoint/store.ts';
import type { ModelSpec } from '../model/spec.ts';
import { callEvery } from '../runtime/longTimers.ts';
import { warn } from '../warnings.ts';
import type { Callback, CheckpointWritten, EpochMetrics } from './callbacks.ts';
import { callbackStates } from './callbackStates.ts';
import { hashWeights } from './hashWeights.ts';
import type { CheckpointSummary } from './history.ts';
import type { RunConfiguration } from './manifest.ts';
import { isBetter, monitoredValue } from './monitor.ts';
import type { CheckedCheckpointOptions } from './checkpointOptions.ts';
import type { Snapshot } from './snapshot.ts';

/** The summary of a run that writes none. */
export const NO_CHECKPOINTS: CheckpointSummary = {
  ...{ written: 0, failed: 0, pauseSeconds: 0, longestPauseSeconds: 0 },
  ...{ last: null, best: null },
};

export interface CheckpointerContext {
  readonly store: CheckpointStore;
  readonly options: CheckedCheckpointOptions;
  readonly snapshot: Snapshot;
  readonly spec: ModelSpec;
  readonly configuration: RunConfiguration;
  readonly callbacks: readonly Callback[];
  /** Asks for a pause after the step in progress, because a checkpoint is due or one has failed. */
  readonly requestPause: () => void;
  readonly best: CheckpointState['best'];
  /** The checkpoint that the run goes on from, if it is in the store. */
  readonly last: (Place & { readonly path: string }) | null;
}

/** Where in the run a checkpoint is, and which callbacks have been told of what comes next. */
interface Place {
  readonly position: CheckpointPosition;
  readonly begun: CheckpointRecord['begun'];
}

/** Where a run stands, between two steps. */
export interface Standing {
  readonly position: CheckpointPosition;
  readonly record: CheckpointRecord;
  /** Steps of the run's sequence completed. */
  readonly completed: number;
}

/**
 * Decides when checkpoints are written, and writes them one at a time from copies, while training goes on. One that is due
 * while another is still being written waits for it, and training does not: it then is of a later step.
 */
export class Checkpointer {
  readonly #context: CheckpointerContext;
  readonly #cancelTimer: (() => void) | null;
  #best: CheckpointState['best'];
  /** The write in progress; never rejects. */
  #writing: Promise<void> | null = null;
  /** Why the run cannot go on; thrown by the next `take`. */
  #failure: { readonly error: unknown } | null = null;
  #due = false;
  #closed = false;
  /** Where the run stood at the newest one. */
  #lastPlace: Place | null;
  readonly #summary = { written: 0, failed: 0, pauseSeconds: 0, longestPauseSeconds: 0 };
  #last: string | null = null;
  #bestPath: string | null = null;

  constructor(context: CheckpointerContext) {
    this.#context = context;
    this.#last = context.last?.path ?? null;
    this.#lastPlace = context.last;
    const { keepBest, everySeconds } = context.options;
    // The best of another metric says nothing of this one.
    this.#best = keepBest === undefined || context.best?.monitor === keepBest.monitor ? context.best : null;
    const bestPath = this.#best === null ? null : context.store.pathOf(this.#best.steps);
    this.#bestPath = bestPath !== null && existsSync(bestPath) ? bestPath : null;
    const isDue = (): void => this.#becomeDue();
    this.#cancelTimer = everySeconds === undefined ? null : callEvery(everySeconds * 1000, isDue);
  }

  get summary(): CheckpointSummary {
    return { ...this.#summary, last: this.#last, best: this.#bestPath };
  }

  /** The number of training steps done in all after which a checkpoint is due next; Infinity when steps do not decide. */
  nextStep(steps: number): number {
    const { everySteps } = this.#context.options;
    return everySteps === undefined ? Infinity : (Math.floor(steps / everySteps) + 1) * everySteps;
  }

  /** Between two steps of an epoch. Throws FILE_NOT_WRITTEN when one could not be written and the run is to stop then. */
  betweenSteps(standing: Standing): void {
    this.#throwFailure();
    const { everySteps } = this.#context.options;
    const { steps } = standing.position;
    if (everySteps !== undefined && steps % everySteps === 0 && steps > 0) this.#due = true;
    if (this.#due && this.#writing === null) this.#take(standing);
  }

  /** Between two epochs. Throws as `betweenSteps` does. */
  async betweenEpochs(standing: Standing, metrics: EpochMetrics): Promise<void> {
    this.#throwFailure();
    const { everySteps, everySeconds } = this.#context.options;
    const { steps } = standing.position;
    if (everySteps === undefined && everySeconds === undefined) this.#due = true;
    if (everySteps !== undefined && steps % everySteps === 0) this.#due = true;
    if (this.#becomesBest(standing, metrics)) {
      // The best epoch must not be missed, so here training waits for an earlier one.
      await this.#writing;
      this.#throwFailure();
      this.#due = true;
    }
    if (this.#due && this.#writing === null) this.#take(standing);
  }

  /**
   * The last one of the run, on the disk when this resolves. `metrics`: of the epoch that has just ended; null in the middle of
   * one.
   */
  async finish(standing: Standing, metrics: EpochMetrics | null): Promise<void> {
    await this.#writing;
    this.#throwFailure();
    const best = metrics !== null && this.#becomesBest(standing, metrics);
    if (best || !this.#isWritten(standing) || standing.record.stopped === true) this.#take(standing);
    await this.#writing;
    this.#throwFailure();
  }

  /** Whether the newest checkpoint is of here. Callbacks that have been told since of what comes next may have changed much. */
  #isWritten({ position: { epoch, step }, record: { begun } }: Standing): boolean {
    const last = this.#lastPlace;
    return last !== null && last.position.epoch === epoch && last.position.step === step && last.begun === begun;
  }

  /** Whether an epoch is the best so far, which is remembered. */
  #becomesBest({ position: { steps } }: Standing, metrics: EpochMetrics): boolean {
    const { keepBest } = this.#context.options;
    if (keepBest === undefined) return false;
    const value = monitoredValue(keepBest.monitor, metrics, 'fit.checkpoint.keepBest');
    if (!isBetter(keepBest, value, this.#best?.value ?? null)) return false;
    this.#best = { monitor: keepBest.monitor, value, steps };
    return true;
  }

  /** Lets a write in progress come to its end. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#writing;
  }

  #becomeDue(): void {
    this.#due = true;
    if (this.#writing === null && !this.#closed) this.#context.requestPause();
  }

  #take({ position, record, completed }: Standing): void {
    const { snapshot, spec, configuration, callbacks } = this.#context;
    const begin = performance.now();
    const { weights, extras, stepState } = snapshot.take(completed);
    const { states, tensors } = callbackStates(callbacks);
    const pauseSeconds = (performance.now() - begin) / 1000;
    this.#summary.pauseSeconds += pauseSeconds;
    this.#summary.longestPauseSeconds = Math.max(this.#summary.longestPauseSeconds, pauseSeconds);
    this.#due = false;
    this.#lastPlace = { position, begun: record.begun };
    const state = {
      ...{ configuration: { ...configuration }, spec, position, stepState, record, callbacks: states },
      ...{ best: this.#best, weights, extras: [...extras, ...tensors] },
    };
    this.#writing = this.#write(state, pauseSeconds).finally(() => {
      this.#writing = null;
      if ((this.#due || this.#failure !== null) && !this.#closed) this.#context.requestPause();
    });
  }

  async #write(state: Omit<CheckpointState, 'weightsHash'>, pauseSeconds: number): Promise<void> {
    const { store, options } = this.#context;
    const begin = performance.now();
    const { steps } = state.position;
    let written: CheckpointWritten;
    try {
      const weightsHash = await hashWeights(state.weights.map(({ data }) => data));
      const { path, bytes } = await store.write({ ...state, weightsHash });
      await store.prune({ keepLast: options.keepLast, keep: state.best === null ? [] : [state.best.steps] });
      this.#summary.written++;
      this.#last = path;
      if (state.best?.steps === steps) this.#bestPath = path;
      const writeSeconds = (performance.now() - begin) / 1000;
      written = { path, steps, weightsHash, bytes, pauseSeconds, writeSeconds };
    } catch (error) {
      this.#lastPlace = null;
      this.#summary.failed++;
      if (options.onError === 'stop') this.#failure = { error };
      else warn('LOCKSTEP_CHECKPOINT_FAILED', `No checkpoint after step ${steps}: ${String(error)}`);
      return;
    }
    try {
      for (const callback of this.#context.callbacks) callback.onCheckpoint?.(written);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
