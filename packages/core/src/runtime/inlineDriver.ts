import { instantiateKernels } from '@lockstep/kernels';
import { controlWords } from './arena.ts';
import { type SlotViews, slotViews } from './batchSlots.ts';
import { bounded } from './bounded.ts';
import { Breather } from './breather.ts';
import { isBefore, WORD } from './control.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { type Fault, raiseFault } from './faults.ts';
import { BatchSequence } from './load.ts';
import { ScheduleCursor } from './schedule.ts';
import { knownOrBroken, lossNotFinite, stepTimedOut } from './stepErrors.ts';
import { StepRunner } from './stepRunner.ts';

/**
 * Runs all steps on the calling thread: the same calls as compute.ts, without threads, barriers or waits, so that any bug
 * can be had without them. It pauses every few milliseconds, between ranges of rows and units, for the caller's event loop.
 */
export class InlineDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #batches: BatchSequence;
  readonly #runner: StepRunner;
  readonly #views: readonly SlotViews[];
  readonly #cursor: ScheduleCursor;
  readonly #control: Int32Array;
  readonly #breather: Breather = new Breather();
  readonly #loaderFaults: readonly Fault[];
  readonly #workerFaults: readonly Fault[];

  private constructor(options: DriverOptions, batches: BatchSequence) {
    const { memory, plan, kernels, schedule } = options.run;
    this.#options = options;
    this.#batches = batches;
    this.#runner = new StepRunner(plan, instantiateKernels(kernels, memory), memory.buffer, 0);
    this.#views = slotViews(memory.buffer, plan.slots, plan.batchSize);
    this.#cursor = new ScheduleCursor(schedule);
    this.#control = controlWords(memory.buffer, plan);
    // Only exceptions: leaving the process on purpose makes no sense on the caller's thread.
    const thrown = options.faults.filter((fault) => fault.action === 'throw');
    this.#loaderFaults = thrown.filter((fault) => fault.thread === 'loader');
    this.#workerFaults = thrown.filter((fault) => fault.thread === 0);
  }

  static async start(options: DriverOptions): Promise<InlineDriver> {
    const opening = BatchSequence.open(options.run.schedule, options.sources);
    try {
      return new InlineDriver(options, await bounded(opening, boundsOf(options, 0)));
    } catch (error) {
      // A source that opens after all, when nobody waits any more, is closed again.
      opening.then((batches) => batches.close()).catch(() => undefined);
      throw orBroken(error, 'loader', 0, options.signal);
    }
  }

  async runUntil(limit: number): Promise<void> {
    const { signal } = this.#options;
    while (isBefore(this.#cursor.sequence, limit)) {
      signal?.throwIfAborted();
      await this.#step();
    }
    signal?.throwIfAborted();
  }

  completed(): number {
    return this.#cursor.sequence;
  }

  async close(): Promise<void> {
    this.#batches.close();
  }

  async #step(): Promise<void> {
    const { sequence, training } = this.#cursor;
    const rows = await this.#load(sequence);
    try {
      await this.#compute(rows, sequence, training);
    } catch (error) {
      throw orBroken(error, 'worker 0', sequence, null);
    }
    this.#cursor.advance();
    Atomics.store(this.#control, WORD.completed, this.#cursor.sequence);
  }

  async #load(sequence: number): Promise<number> {
    try {
      raiseFault(this.#loaderFaults, sequence);
      const filled = this.#batches.fill(this.#cursor, this.#views[0], false);
      return typeof filled === 'number' ? filled : await bounded(filled, boundsOf(this.#options, sequence));
    } catch (error) {
      throw orBroken(error, 'loader', sequence, this.#options.signal);
    }
  }

  async #compute(rows: number, sequence: number, training: boolean): Promise<void> {
    raiseFault(this.#workerFaults, sequence);
    const ranges = this.#runner.begin(0, rows);
    for (let range = 0; range < ranges; range++) {
      this.#runner.computeRange(range, training);
      if (this.#breather.due()) await this.#breather.breathe();
    }
    if (!this.#runner.finishCompute(training)) throw lossNotFinite(sequence);
    if (!training) return;
    for (let unit = 0; unit < this.#options.run.plan.units.length; unit++) {
      this.#runner.reduceUnit(unit);
      if (this.#breather.due()) await this.#breather.breathe();
    }
  }
}

function boundsOf({ signal, stepTimeout }: DriverOptions, sequence: number): Parameters<typeof bounded>[1] {
  return { signal, milliseconds: stepTimeout, onTimeout: () => stepTimedOut(sequence, stepTimeout) };
}

/** What Lockstep raised, and the reason of an abort, stay what they are. */
function orBroken(error: unknown, thread: string, sequence: number, signal: AbortSignal | null): unknown {
  if (signal?.aborted === true && error === signal.reason) return error;
  return knownOrBroken(thread, sequence, error);
}
