import { instantiateKernels } from '@lockstep/kernels';
import { controlWords } from './arena.ts';
import { type SlotViews, slotViews } from './batchSlots.ts';
import { bounded } from './bounded.ts';
import { Breather } from './breather.ts';
import { FAILURE, isBefore, STAGE, WORD } from './control.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { FaultInjector } from './faults.ts';
import { BatchSequence } from './load.ts';
import { Restarts } from './restarts.ts';
import { ScheduleCursor } from './schedule.ts';
import { knownOrBroken, stepFailed, stepTimedOut } from './stepErrors.ts';
import { StepRunner } from './stepRunner.ts';

/**
 * Runs all steps on the calling thread: the same calls as compute.ts, without threads, barriers or waits, so that any bug
 * can be had without them. It pauses every few milliseconds, between ranges of rows and units, for the caller's event loop.
 * What throws is done again, as often as threads would be replaced.
 */
export class InlineDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #runner: StepRunner;
  readonly #views: readonly SlotViews[];
  readonly #cursor: ScheduleCursor;
  readonly #control: Int32Array;
  readonly #breather: Breather = new Breather();
  readonly #restarts: Restarts;
  /** null while the sources are not open. */
  #batches: BatchSequence | null = null;
  #completed: number;
  #pauseRequested = false;
  /** The stage of the step in progress that changes blocks; null when none does. */
  #changing: typeof STAGE.reduce | typeof STAGE.update | null = null;
  readonly #loaderFaults: FaultInjector;
  readonly #faults: FaultInjector;

  private constructor(options: DriverOptions) {
    const { memory, plan, kernels, schedule } = options.run;
    this.#options = options;
    // Only exceptions: ending the process or looping on purpose makes no sense on the caller's thread.
    const thrown = options.faults.filter((fault) => fault.action === 'throw');
    this.#loaderFaults = new FaultInjector(thrown.filter((fault) => fault.thread === 'loader'));
    this.#faults = new FaultInjector(thrown.filter((fault) => fault.thread === 0));
    const blockFaults = thrown.length === 0 ? null : this.#faults;
    this.#runner = new StepRunner(plan, instantiateKernels(kernels, memory), memory.buffer, 0, blockFaults);
    this.#views = slotViews(memory.buffer, plan.slots, plan.batchSize);
    this.#cursor = new ScheduleCursor(schedule);
    this.#completed = schedule.start;
    this.#control = controlWords(memory.buffer, plan);
    this.#restarts = new Restarts(options.restarts);
  }

  static async start(options: DriverOptions): Promise<InlineDriver> {
    const driver = new InlineDriver(options);
    await driver.#retrying('loader', () => driver.#open());
    return driver;
  }

  async runUntil(limit: number): Promise<void> {
    const { signal } = this.#options;
    this.#pauseRequested = false;
    while (isBefore(this.#cursor.sequence, limit) && !this.#pauseRequested) {
      signal?.throwIfAborted();
      await this.#step();
    }
    signal?.throwIfAborted();
  }

  pause(): void {
    this.#pauseRequested = true;
  }

  isPaused(): boolean {
    return true;
  }

  completed(): number {
    return this.#completed;
  }

  async close(): Promise<void> {
    this.#closeSources();
    this.#restarts.report(Infinity);
  }

  async #step(): Promise<void> {
    const rows = await this.#retrying('loader', () => this.#load());
    await this.#retrying('worker 0', () => this.#compute(rows));
    this.#cursor.advance();
    this.#completed++;
    Atomics.store(this.#control, WORD.completed, this.#cursor.sequence);
    this.#restarts.report(this.#completed);
  }

  /** Does it again when it throws, until there have been too many failures. */
  async #retrying<Result>(thread: 'loader' | 'worker 0', work: () => Result | Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const { signal } = this.#options;
        if (signal?.aborted === true && error === signal.reason) throw error;
        try {
          this.#restarts.note(thread, this.#completed, `step ${this.#completed + 1}`, error);
        } catch (failure) {
          if (thread === 'worker 0') this.#settle();
          throw failure;
        }
        if (thread === 'loader') this.#closeSources();
        (thread === 'loader' ? this.#loaderFaults : this.#faults).spend(this.#completed);
      }
    }
  }

  async #open(): Promise<BatchSequence> {
    const { run, sources } = this.#options;
    const opening = BatchSequence.open(run.schedule, run.plan.batchSize, sources);
    try {
      return (this.#batches = await bounded(opening, this.#bounds()));
    } catch (error) {
      // A source that opens after all, when nobody waits any more, is closed again.
      opening.then((batches) => batches.close()).catch(() => undefined);
      throw this.#known('loader', error);
    }
  }

  /** A source that threw may be in any state: the next batch comes from one that is opened anew. */
  #closeSources(): void {
    try {
      this.#batches?.close();
    } catch {
      // It is broken anyway.
    }
    this.#batches = null;
  }

  async #load(): Promise<number> {
    const batches = this.#batches ?? (await this.#open());
    try {
      this.#loaderFaults.at('start', this.#cursor.sequence);
      const filled = batches.fill(this.#cursor, this.#views[0], false);
      return typeof filled === 'number' ? filled : await bounded(filled, this.#bounds());
    } catch (error) {
      throw this.#known('loader', error);
    }
  }

  async #compute(rows: number): Promise<void> {
    const { sequence, training, beginsUpdate, updates } = this.#cursor;
    const { plan } = this.#options.run;
    const runner = this.#runner;
    this.#faults.at('start', sequence);
    const ranges = runner.begin(sequence, 0, rows, beginsUpdate, training && updates);
    for (let range = 0; range < ranges; range++) {
      if (runner.isRangeDone(range)) continue;
      this.#faults.at('compute', sequence);
      runner.computeRange(range, training);
      if (this.#breather.due()) await this.#breather.breathe();
    }
    this.#faults.at('computed', sequence);
    if (!runner.finishCompute(training)) throw stepFailed(FAILURE.lossNotFinite, this.#completed);
    if (!training) return;
    await this.#changeBlocks(STAGE.reduce);
    if (plan.clipNorm === null || !updates) return;
    if (!runner.finishReduce()) throw stepFailed(FAILURE.gradientNotFinite, this.#completed);
    await this.#changeBlocks(STAGE.update);
  }

  async #changeBlocks(stage: typeof STAGE.reduce | typeof STAGE.update): Promise<void> {
    this.#changing = stage;
    this.#runner.finishInterrupted(stage);
    for (let unit = 0; unit < this.#options.run.plan.units.length; unit++) {
      this.#changeUnit(stage, unit);
      if (this.#breather.due()) await this.#breather.breathe();
    }
    this.#changing = null;
  }

  #changeUnit(stage: typeof STAGE.reduce | typeof STAGE.update, unit: number): void {
    if (stage === STAGE.reduce) this.#runner.reduceUnit(unit);
    else this.#runner.updateUnit(unit);
  }

  /** The run ends with an error in the middle of an update: finishes it, as settle.ts does for threads. */
  #settle(): void {
    const stage = this.#changing;
    if (stage === null) return;
    this.#faults.disarm();
    this.#runner.finishInterrupted(stage);
    for (let unit = 0; unit < this.#options.run.plan.units.length; unit++) this.#changeUnit(stage, unit);
  }

  #bounds(): Parameters<typeof bounded>[1] {
    const { signal, stepTimeout } = this.#options;
    return { signal, milliseconds: stepTimeout, onTimeout: () => stepTimedOut(this.#completed, stepTimeout) };
  }

  /** What Lockstep raised, and the reason of an abort, stay what they are. */
  #known(thread: string, error: unknown): unknown {
    const { signal } = this.#options;
    if (signal?.aborted === true && error === signal.reason) return error;
    return knownOrBroken(thread, this.#completed, error);
  }
}
