import type { Measure } from '../metrics/measures.ts';
import type { Driver } from '../runtime/driver.ts';
import { epochStart, type Schedule, trainStepsOf } from '../runtime/schedule.ts';
import type { Callback } from './callbacks.ts';
import type { Run } from './run.ts';

/** Ten times a second: often enough to look alive, too rarely to cost anything. */
const INTERVAL_MILLISECONDS = 100;

/**
 * Tells callbacks where a run stands. It reads shared memory from a timer on the caller's thread; the workers do not
 * know that it exists. The sums it reads may be of different steps, which is good enough for a display.
 */
export class ProgressMeter {
  readonly #run: Run;
  readonly #driver: Driver;
  readonly #schedule: Schedule;
  readonly #measures: readonly Measure[];
  readonly #callbacks: readonly Callback[];
  readonly #onError: (error: unknown) => void;
  #stepping = false;
  #timer: NodeJS.Timeout | null = null;
  #epoch = 0;
  #epochBegin = 0;
  #runBegin: number | null = null;

  constructor(
    run: Run,
    driver: Driver,
    schedule: Schedule,
    measures: readonly Measure[],
    callbacks: readonly Callback[],
    onError: (error: unknown) => void,
  ) {
    this.#run = run;
    this.#driver = driver;
    this.#schedule = schedule;
    this.#measures = measures;
    this.#onError = onError;
    this.#callbacks = callbacks.filter((callback) => callback.onProgress !== undefined);
  }

  /** The steps of an epoch begin, from 0. The timer runs through all epochs, so that short ones are reported too. */
  beginEpoch(epoch: number): void {
    this.#epoch = epoch;
    this.#epochBegin = performance.now();
    this.#runBegin ??= this.#epochBegin;
    this.#stepping = true;
    if (this.#callbacks.length > 0) this.#timer ??= setInterval(() => this.#report(), INTERVAL_MILLISECONDS);
  }

  /** The steps of an epoch have ended. */
  endEpoch(): void {
    this.#stepping = false;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #report(): void {
    if (!this.#stepping) return;
    const now = performance.now();
    const completed = this.#driver.completed();
    const length = epochStart(this.#schedule, this.#schedule.epochs);
    const steps = trainStepsOf(this.#schedule, this.#epoch);
    const step = Math.min(completed - epochStart(this.#schedule, this.#epoch), steps);
    if (step <= 0) return;
    const progress = {
      epoch: this.#epoch + 1,
      epochs: this.#schedule.epochs,
      step,
      steps,
      metrics: this.#run.metrics(this.#measures, 'train'),
      samplesPerSecond: (this.#run.trainedRows() * 1000) / (now - this.#epochBegin),
      secondsLeft: (((now - (this.#runBegin ?? now)) / completed) * (length - completed)) / 1000,
    };
    // On a timer, nobody is there to catch: the error goes to the run, which ends with it.
    try {
      for (const callback of this.#callbacks) callback.onProgress?.(progress);
    } catch (error) {
      this.#onError(error);
    }
  }
}
