import { HOLDS } from '../plan/words.ts';
import { controlWords } from './arena.ts';
import { BatchSequence, type RunWindows } from './batchSequence.ts';
import { bounded } from './bounded.ts';
import { Breather } from './breather.ts';
import { changingStage, FAILURE, lastStage, STAGE, WORD } from './control.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { FaultInjector } from './faults.ts';
import { functionsOf } from './functions.ts';
import { diagnose } from './lossDiagnosis.ts';
import { Restarts } from './restarts.ts';
import { createRowTallies } from './rowTallies.ts';
import { ScheduleCursor, stepName } from './schedule.ts';
import { stepTimedOut } from './stepErrors.ts';
import { StepRunner } from './stepRunner.ts';
import { WindowGather } from './windowGather.ts';
import { describeWork } from './work.ts';

type ChangingStage = typeof STAGE.reduce | typeof STAGE.update;

/**
 * Runs all steps on the calling thread: the same calls as compute.ts, without threads, barriers or waits, so that any bug
 * can be had without them. It pauses every few milliseconds, between ranges of rows and units, for the caller's event loop.
 * What throws is done again, as often as threads would be replaced.
 */
export class InlineDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #runner: StepRunner;
  /** What reading windows takes, and what gathers from them; null for datasets that have none. */
  readonly #windows: RunWindows | null;
  readonly #train: WindowGather | null;
  readonly #evaluation: WindowGather | null;
  readonly #cursor: ScheduleCursor;
  readonly #control: Int32Array;
  readonly #breather: Breather = new Breather();
  readonly #restarts: Restarts;
  readonly #loaderFaults: FaultInjector | null;
  readonly #faults: FaultInjector | null;
  /** null while the sources are not open. */
  #batches: BatchSequence | null = null;
  /** Rows of the batch of the step in progress; null while it is not there. */
  #rows: number | null = null;
  /** The stage of the step in progress that changes blocks; null when none does. */
  #changing: ChangingStage | null = null;
  #completed: number;
  #pauseRequested = false;

  private constructor(options: DriverOptions) {
    const { memory, plan, schedule } = options.run;
    this.#options = options;
    // Only exceptions: ending the process or looping on purpose makes no sense on the caller's thread.
    const thrown = options.faults.filter((fault) => fault.action === 'throw');
    const faultsOf = (thread: number | 'loader'): FaultInjector | null => {
      const own = thrown.filter((fault) => fault.thread === thread);
      return own.length === 0 ? null : new FaultInjector(own);
    };
    this.#loaderFaults = faultsOf('loader');
    this.#faults = faultsOf(0);
    const functions = functionsOf(options.run, options.code);
    const tallies = createRowTallies(plan, functions, memory.buffer);
    this.#runner = new StepRunner(plan, functions, memory.buffer, 0, this.#faults, tallies);
    const onChunk = (): void => this.#loaderFaults?.at('chunk', this.#cursor.sequence);
    this.#windows = plan.windows === null ? null : { functions, releases: null, readers: null, onChunk };
    this.#train = WindowGather.of(plan, 'train', functions, memory.buffer);
    this.#evaluation = WindowGather.of(plan, 'evaluation', functions, memory.buffer);
    this.#cursor = new ScheduleCursor(schedule);
    this.#completed = schedule.start;
    this.#control = controlWords(memory.buffer, plan);
    this.#restarts = new Restarts(options.restarts);
  }

  static async start(options: DriverOptions): Promise<InlineDriver> {
    const driver = new InlineDriver(options);
    await driver.#retrying(async () => void (await driver.#openSources()));
    return driver;
  }

  async runUntil(limit: number): Promise<void> {
    this.#pauseRequested = false;
    await this.#retrying(() => this.#steps(limit));
    this.#options.signal?.throwIfAborted();
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

  /** Goes on where it was when something throws, until there have been too many failures. */
  async #retrying(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        this.#recover(error);
      }
    }
  }

  #recover(error: unknown): void {
    const { signal } = this.#options;
    if (signal?.aborted === true && error === signal.reason) throw error;
    const isLoader = this.#rows === null;
    const thread = isLoader ? 'loader' : 'worker 0';
    const step = this.#completed;
    try {
      const name = this.#stepName();
      this.#restarts.note(thread, { step, name, place: `${name}, ${this.#work()}` }, error);
    } catch (failure) {
      this.#settle();
      throw failure;
    }
    // A source that threw may be in any state: the next batch comes from one that is opened anew.
    if (isLoader) this.#closeSources();
    (isLoader ? this.#loaderFaults : this.#faults)?.spend(step);
  }

  /** Waits only for sources that have to be waited for, and to let the event loop turn: a step may take microseconds. */
  async #steps(limit: number): Promise<void> {
    const { signal } = this.#options;
    // A step that is done again comes to its end before anything else: it may have changed a part of the weights.
    while (this.#completed < limit && (this.#rows !== null || !this.#pauseRequested)) {
      if (this.#rows === null) {
        signal?.throwIfAborted();
        const batches = this.#batches ?? (await this.#openSources());
        this.#loaderFaults?.at('start', this.#cursor.sequence);
        const filled = batches.fill(this.#cursor, 0, false);
        this.#rows = typeof filled === 'number' ? filled : await bounded(filled, this.#bounds());
      }
      const computing = this.#computeRanges(this.#rows);
      if (computing !== null) await computing;
      if (this.#cursor.training) {
        const reducing = this.#changeBlocks(STAGE.reduce);
        if (reducing !== null) await reducing;
        if (!this.#runner.finishReduce()) throw this.#stepFailed(FAILURE.gradientNotFinite);
        if (lastStage(this.#options.run.plan, this.#cursor.updates) === STAGE.update) {
          const updating = this.#changeBlocks(STAGE.update);
          if (updating !== null) await updating;
        }
      }
      this.#rows = null;
      this.#cursor.advance();
      this.#completed++;
      this.#control[WORD.completed] = this.#cursor.sequence;
      if (this.#restarts.recovering) this.#restarts.report(this.#completed);
    }
  }

  /** All ranges that are not done yet; a promise only when the event loop has to turn in between. */
  #computeRanges(rows: number, first = 0): Promise<void> | null {
    const { sequence, training, beginsUpdate, updates, stepLow, stepHigh } = this.#cursor;
    const runner = this.#runner;
    runner.countStep(stepLow, stepHigh);
    if (first === 0) this.#faults?.at('start', sequence);
    const windows = training ? this.#train : this.#evaluation;
    const ranges = runner.begin(sequence, 0, rows, beginsUpdate, training && updates);
    for (let range = first; range < ranges; range++) {
      if (runner.isRangeDone(range)) continue;
      this.#faults?.at('compute', sequence);
      windows?.gather(0, runner.rangeStart(range), runner.rangeRows(range));
      runner.computeRange(range, training);
      if (this.#breather.due()) {
        return this.#breather.breathe().then(() => this.#computeRanges(rows, range + 1) ?? undefined);
      }
    }
    this.#faults?.at('computed', sequence);
    if (!runner.finishCompute(training)) throw this.#stepFailed(FAILURE.lossNotFinite);
    return null;
  }

  /** All blocks that are not done yet; a promise only when the event loop has to turn in between. */
  #changeBlocks(stage: ChangingStage, first = 0): Promise<void> | null {
    this.#changing = stage;
    if (first === 0) this.#runner.finishInterrupted(stage);
    for (let unit = first; unit < this.#options.run.plan.units.length; unit++) {
      this.#changeUnit(stage, unit);
      if (this.#breather.due()) {
        return this.#breather.breathe().then(() => this.#changeBlocks(stage, unit + 1) ?? undefined);
      }
    }
    this.#changing = null;
    return null;
  }

  #changeUnit(stage: ChangingStage, unit: number): void {
    if (stage === STAGE.reduce) this.#runner.reduceUnit(unit);
    else this.#runner.updateUnit(unit);
  }

  /** The run ends with an error in the middle of an update: finishes it, as settle.ts does for threads. */
  #settle(): void {
    const stage = this.#changing;
    if (stage !== changingStage(this.#options.run.plan)) return;
    this.#faults?.disarm();
    this.#runner.finishInterrupted(stage);
    for (let unit = 0; unit < this.#options.run.plan.units.length; unit++) this.#changeUnit(stage, unit);
    this.#changing = null;
  }

  #stepFailed(failure: number): unknown {
    const { plan, memory } = this.#options.run;
    const batch = { sequence: this.#completed, slot: 0, rows: this.#rows ?? 0 };
    return diagnose({ plan, buffer: memory.buffer, name: this.#stepName(), ...batch, failure });
  }

  #stepName(): string {
    return stepName(this.#options.run.schedule, this.#completed);
  }

  /** What is being done in the step. */
  #work(): string {
    if (this.#rows === null) return 'loading its batch';
    return describeWork(this.#options.run.plan, this.#changing ?? STAGE.compute, HOLDS.nothing, true, this.#rows);
  }

  async #openSources(): Promise<BatchSequence> {
    const { run, sources } = this.#options;
    const opening = BatchSequence.open(run, sources, this.#windows);
    try {
      return (this.#batches = await bounded(opening, this.#bounds()));
    } catch (error) {
      // A source that opens after all, when nobody waits any more, is closed again.
      opening.then((batches) => batches.close()).catch(() => undefined);
      throw error;
    }
  }

  #closeSources(): void {
    try {
      this.#batches?.close();
    } catch {
      // It is of no use any more.
    }
    this.#batches = null;
  }

  #bounds(): Parameters<typeof bounded>[1] {
    const { signal, stepTimeout } = this.#options;
    return { signal, milliseconds: stepTimeout, onTimeout: () => stepTimedOut(this.#stepName(), stepTimeout) };
  }
}
