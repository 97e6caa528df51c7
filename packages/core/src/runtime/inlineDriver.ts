import { instantiateKernels } from '@lockstep/kernels';
import type { BatchViews } from '../data/dataset.ts';
import { controlWords } from './arena.ts';
import { slotViews } from './batchSlots.ts';
import { WORD } from './control.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { raiseFault } from './faults.ts';
import { BatchSequence } from './load.ts';
import { ScheduleCursor } from './schedule.ts';
import { lossNotFinite, threadBroke } from './stepErrors.ts';
import { StepRunner } from './stepRunner.ts';
import { LockstepError } from '../errors.ts';
import { Breather } from './breather.ts';

/**
 * Runs all steps on the calling thread: the same calls as worker.ts, without threads, barriers or waits, so that any bug can be had
 * without them. It pauses every few milliseconds, between shards, for the caller's event loop.
 */
export class InlineDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #batches: BatchSequence;
  readonly #runner: StepRunner;
  readonly #views: readonly BatchViews[];
  readonly #cursor: ScheduleCursor;
  readonly #control: Int32Array;
  readonly #breather: Breather = new Breather();

  private constructor(options: DriverOptions, batches: BatchSequence) {
    const { memory, plan, kernels, schedule } = options.run;
    this.#options = options;
    this.#batches = batches;
    this.#runner = new StepRunner(plan, instantiateKernels(kernels, memory), memory.buffer, 0);
    this.#views = slotViews(memory.buffer, plan.slots, plan.batchSize);
    this.#cursor = new ScheduleCursor(schedule);
    this.#control = controlWords(memory.buffer, plan);
  }

  static async start(options: DriverOptions): Promise<InlineDriver> {
    try {
      return new InlineDriver(options, await BatchSequence.open(options.run.schedule, options.sources));
    } catch (error) {
      throw error instanceof LockstepError ? error : threadBroke('loader', 0, error);
    }
  }

  async runUntil(limit: number): Promise<void> {
    while (this.#cursor.sequence < limit) {
      this.#options.signal?.throwIfAborted();
      const { sequence } = this.#cursor;
      try {
        await this.#step();
      } catch (error) {
        throw error instanceof LockstepError ? error : threadBroke('worker 0', sequence, error);
      }
    }
    this.#options.signal?.throwIfAborted();
  }

  completed(): number {
    return this.#cursor.sequence;
  }

  async close(): Promise<void> {
    this.#batches.close();
  }

  async #step(): Promise<void> {
    const { plan } = this.#options.run;
    const { sequence, training } = this.#cursor;
    const rows = await this.#load(sequence);
    this.#raise(0, sequence);
    const ranges = this.#runner.begin(0, rows);
    for (let range = 0; range < ranges; range++) {
      this.#runner.computeRange(range, training);
      if (this.#breather.due()) await this.#breather.breathe();
    }
    if (!this.#runner.finishCompute(training)) throw lossNotFinite(sequence);
    for (let unit = 0; training && unit < plan.units.length; unit++) {
      this.#runner.reduceUnit(unit);
      if (this.#breather.due()) await this.#breather.breathe();
    }
    this.#cursor.advance();
    Atomics.store(this.#control, WORD.completed, this.#cursor.sequence);
  }

  async #load(sequence: number): Promise<number> {
    try {
      this.#raise('loader', sequence);
      return await this.#batches.fill(this.#cursor, this.#views[0]);
    } catch (error) {
      throw error instanceof LockstepError ? error : threadBroke('loader', sequence, error);
    }
  }

  #raise(thread: 0 | 'loader', sequence: number): void {
    const own = this.#options.faults.filter((fault) => fault.thread === thread && fault.action === 'throw');
    if (own.length > 0) raiseFault(own, sequence);
  }
}
