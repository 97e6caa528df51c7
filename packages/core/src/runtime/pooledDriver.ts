import { controlWords } from './arena.ts';
import { abortRun, FAILURE, isBefore, signalEvent, wake, WORD } from './control.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { ThreadPool } from './pool.ts';
import { lossNotFinite, stepTimedOut, threadBroke, threadFailed } from './stepErrors.ts';
import type { Task } from './tasks.ts';

/** How often the coordinator looks whether steps still come, in milliseconds. */
const WATCH_MILLISECONDS = 500;

/** How long a run may take to pause after its signal has fired, before it is given up where it stands. */
const PAUSE_MILLISECONDS = 1000;

/**
 * The coordinator: runs on the caller's thread, which it never blocks. Steps are driven by the workers among
 * themselves; the coordinator says how far they may go, sleeps on `WORD.event` asynchronously, and watches.
 */
export class PooledDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #control: Int32Array;
  readonly #pool: ThreadPool;
  /** Of the first thread that failed; thrown by the call of `runUntil` in progress, or else by the next. */
  #failure: Error | null = null;
  #closed: Promise<void> | null = null;

  private constructor(options: DriverOptions, pool: ThreadPool) {
    this.#options = options;
    this.#pool = pool;
    this.#control = controlWords(options.run.memory.buffer, options.run.plan);
  }

  /** Starts the threads: one for each rank of the plan, and the loader's. */
  static async start(options: DriverOptions): Promise<PooledDriver> {
    const { run, sources, faults } = options;
    const onError = (cause: unknown): void => driver.#threadEnded(threadBroke('thread pool', null, cause));
    const driver: PooledDriver = new PooledDriver(options, await ThreadPool.create(run.plan.threads + 1, onError));
    const own = (thread: number | 'loader'): DriverOptions['faults'] =>
      faults.filter((fault) => fault.thread === thread);
    for (let rank = 0; rank < run.plan.threads; rank++) {
      driver.#submit(`worker ${rank}`, { role: 'compute', run, rank, sources, faults: own(rank) });
    }
    driver.#submit('loader', { role: 'load', run, sources, faults: own('loader') });
    try {
      await driver.#untilReady(run.plan.threads + 1);
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
    // Releasing a step here would let the threads run into the next epoch while the caller believes that they rest.
    if (!isBefore(this.completed(), limit)) return;
    if (this.#failure !== null) throw this.#failure;
    const requestPause = (): void => {
      Atomics.store(control, WORD.pauseRequest, 1);
    };
    signal?.addEventListener('abort', requestPause, { once: true });
    try {
      Atomics.store(control, WORD.limit, limit);
      Atomics.store(control, WORD.released, (this.completed() + 1) | 0);
      wake(control, WORD.released);
      await this.#untilPaused(limit);
    } finally {
      signal?.removeEventListener('abort', requestPause);
    }
    signal?.throwIfAborted();
  }

  completed(): number {
    return Atomics.load(this.#control, WORD.completed);
  }

  close(): Promise<void> {
    abortRun(this.#control);
    this.#closed ??= this.#pool.close();
    return this.#closed;
  }

  #untilReady(threads: number): Promise<void> {
    return this.#watch(WORD.ready, () => Atomics.load(this.#control, WORD.ready) === threads);
  }

  #untilPaused(limit: number): Promise<void> {
    return this.#watch(WORD.completed, () => {
      if (Atomics.load(this.#control, WORD.failure) === FAILURE.lossNotFinite) throw lossNotFinite(this.completed());
      return !isBefore(this.completed(), limit) || this.#isPaused();
    });
  }

  /** Sleeps until `done`, looking again at every event; throws when `progressWord` stands still for too long. */
  async #watch(progressWord: number, done: () => boolean): Promise<void> {
    const control = this.#control;
    const { signal, stepTimeout } = this.#options;
    let abortedAt: number | null = null;
    let progressAt = performance.now();
    let progress = Atomics.load(control, progressWord);
    for (;;) {
      // Read before looking: an event that comes between the look and the wait makes the wait return at once.
      const event = Atomics.load(control, WORD.event);
      if (done()) return;
      if (this.#failure !== null) throw this.#failure;
      await Atomics.waitAsync(control, WORD.event, event, WATCH_MILLISECONDS).value;
      if (signal?.aborted === true) {
        // Steps that are going on pause soon; a source or a step that hangs does not.
        abortedAt ??= performance.now();
        if (performance.now() - abortedAt > PAUSE_MILLISECONDS) signal.throwIfAborted();
      }
      const seen = Atomics.load(control, progressWord);
      if (seen !== progress) {
        progress = seen;
        progressAt = performance.now();
      } else if (performance.now() - progressAt > stepTimeout) {
        throw stepTimedOut(this.completed(), stepTimeout);
      }
    }
  }

  /** Whether the last step ended without releasing the next: the answer to a pause request. */
  #isPaused(): boolean {
    const control = this.#control;
    return (
      Atomics.load(control, WORD.pauseRequest) !== 0 &&
      Atomics.load(control, WORD.released) === Atomics.load(control, WORD.completed)
    );
  }

  #submit(thread: string, task: Task): void {
    this.#pool.run(task).then(
      (result) => {
        if (result !== null) this.#threadEnded(threadFailed(thread, result.step, result.failure));
      },
      (cause: unknown) => this.#threadEnded(threadBroke(thread, this.completed(), cause)),
    );
  }

  #threadEnded(error: Error): void {
    this.#failure ??= error;
    abortRun(this.#control);
    signalEvent(this.#control);
  }
}
