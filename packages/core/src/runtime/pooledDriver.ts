import { controlWords } from './arena.ts';
import { abortRun, signalEvent, stepsRest, wake, WORD } from './control.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { readersBeside, ThreadKeeper } from './keeper.ts';
import { diagnose } from './lossDiagnosis.ts';
import { ThreadPool } from './pool.ts';
import { Restarts } from './restarts.ts';
import { stepName } from './schedule.ts';
import { settleUpdate } from './settle.ts';
import { stepTimedOut, threadBroke } from './stepErrors.ts';

/** How often the coordinator looks whether threads still move, in milliseconds. */
const WATCH_MILLISECONDS = 500;

/** The same while a thread is being replaced, to tell how long that took. */
const RECOVERY_MILLISECONDS = 5;

/** How long a run may take to pause after its signal has fired while no thread moves, before it is given up where it stands. */
const PAUSE_MILLISECONDS = 1000;

/**
 * The coordinator: runs on the caller's thread, which it never blocks. Steps are driven by the workers among
 * themselves; the coordinator says how far they may go, sleeps on `WORD.event` asynchronously, and watches.
 */
export class PooledDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #control: Int32Array;
  readonly #pool: ThreadPool;
  readonly #keeper: ThreadKeeper;
  readonly #restarts: Restarts;
  /** Up to where steps may go; a sequence number that does not wrap, so that the words that do can be told from it. */
  #limit: number;
  /** What ended the run; thrown by the call of `runUntil` in progress, or else by the next. */
  #failure: { readonly error: unknown } | null = null;
  #closed: Promise<void> | null = null;

  private constructor(options: DriverOptions, pool: ThreadPool) {
    this.#options = options;
    this.#pool = pool;
    this.#control = controlWords(options.run.memory.buffer, options.run.plan);
    this.#limit = options.run.schedule.start;
    this.#restarts = new Restarts(options.restarts);
    this.#keeper = new ThreadKeeper(options, pool, this.#restarts, {
      onFailure: (error) => this.#fail(error),
      completed: () => this.completed(),
    });
  }

  /** Starts the threads: one for each rank of the plan, and the loader's. */
  static async start(options: DriverOptions): Promise<PooledDriver> {
    const onError = (cause: unknown): void => driver.#fail(threadBroke('thread pool', null, cause, 0));
    const { plan } = options.run;
    const pool = await ThreadPool.create(plan.threads + 1 + readersBeside(plan), onError);
    const driver: PooledDriver = new PooledDriver(options, pool);
    driver.#keeper.start();
    try {
      await driver.#watch(() => driver.#keeper.allReady());
    } catch (error) {
      await driver.close();
      throw error;
    }
    return driver;
  }

  async runUntil(limit: number): Promise<void> {
    const control = this.#control;
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const completed = this.completed();
    // Releasing a step here would let the threads run into the next epoch while the caller believes that they rest.
    if (completed >= limit) return;
    if (this.#failure !== null) throw this.#failure.error;
    const requestPause = (): void => this.pause();
    signal?.addEventListener('abort', requestPause, { once: true });
    try {
      this.#limit = limit;
      Atomics.store(control, WORD.pauseRequest, 0);
      Atomics.store(control, WORD.limit, limit | 0);
      Atomics.store(control, WORD.released, (completed + 1) | 0);
      wake(control, WORD.released);
      await this.#watch(() => {
        this.#restarts.report(this.completed());
        const failure = Atomics.load(control, WORD.failure);
        if (failure !== 0) throw this.#stepFailed(failure);
        return this.completed() >= limit || this.isPaused();
      });
    } finally {
      signal?.removeEventListener('abort', requestPause);
    }
    signal?.throwIfAborted();
  }

  pause(): void {
    Atomics.store(this.#control, WORD.pauseRequest, 1);
  }

  isPaused(): boolean {
    return stepsRest(this.#control);
  }

  completed(): number {
    return this.#limit - ((this.#limit - Atomics.load(this.#control, WORD.completed)) | 0);
  }

  close(): Promise<void> {
    this.#keeper.close();
    abortRun(this.#control);
    this.#closed ??= this.#pool.close().then(() => {
      this.#restarts.report(Infinity);
      settleUpdate(this.#options.run, this.completed());
    });
    return this.#closed;
  }

  /** Sleeps until `done`, looking again at every event; throws when nothing moves any more. */
  async #watch(done: () => boolean): Promise<void> {
    const control = this.#control;
    const { signal, stepTimeout } = this.#options;
    let still = 0;
    let unanswered = 0;
    let lookedAt = performance.now();
    for (;;) {
      // Read before looking: an event that comes between the look and the wait makes the wait return at once.
      const event = Atomics.load(control, WORD.event);
      if (done()) return;
      if (this.#failure !== null) throw this.#failure.error;
      const milliseconds = this.#restarts.recovering ? RECOVERY_MILLISECONDS : WATCH_MILLISECONDS;
      await Atomics.waitAsync(control, WORD.event, event, milliseconds).value;
      this.#keeper.endRequested();
      const elapsed = performance.now() - lookedAt;
      if (elapsed < WATCH_MILLISECONDS / 2) continue;
      lookedAt = performance.now();
      // A process that was stopped, or a machine that slept, lost the time for its threads too: it counts as one look.
      const counted = Math.min(elapsed, 2 * WATCH_MILLISECONDS);
      const moved = this.#keeper.look(counted);
      still = moved ? 0 : still + counted;
      // Steps that are going on pause soon; a source or a step that hangs does not.
      unanswered = signal?.aborted === true && !moved ? unanswered + counted : 0;
      if (unanswered > PAUSE_MILLISECONDS) signal?.throwIfAborted();
      // The keeper ends threads that hang before that. Here nobody is to blame.
      if (still > 2 * stepTimeout + WATCH_MILLISECONDS) throw stepTimedOut(this.#stepName(), stepTimeout);
    }
  }

  #stepFailed(failure: number): unknown {
    const { plan, memory } = this.#options.run;
    const sequence = this.completed();
    const slot = (sequence >>> 0) % plan.slots.count;
    const rows = Atomics.load(this.#control, WORD.slotRows + slot);
    return diagnose({ plan, buffer: memory.buffer, name: this.#stepName(), sequence, slot, rows, failure });
  }

  #stepName(): string {
    return stepName(this.#options.run.schedule, this.completed());
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#keeper.close();
    abortRun(this.#control);
    signalEvent(this.#control);
  }
}
