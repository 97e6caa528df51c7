import { attachKernels, type KernelTable } from '@lockstep/kernels/thread';
import { HOLDS, THREAD } from '../plan/words.ts';
import { barrierWords, checkAttached, controlWords, threadLine } from './arena.ts';
import { Barrier } from './barrier.ts';
import { FAILURE, isBefore, lastStage, phaseOf, sequenceOf, signalReady, sleepWhile, STAGE, WORD } from './control.ts';
import { FaultInjector } from './faults.ts';
import { FeatureSources } from './featureSources.ts';
import { ScheduleCursor } from './schedule.ts';
import { completeStep, failStep, wakeLoader } from './stepEnd.ts';
import type { RowTallies } from './rowTallies.ts';
import { StepRunner } from './stepRunner.ts';
import type { ComputeTask, RunDescription } from './tasks.ts';

/** The long task of one compute thread: all steps of a run, or what is left of them when it takes another's place. */
export async function compute(task: ComputeTask): Promise<void> {
  const { memory, plan } = task.run;
  checkAttached(controlWords(memory.buffer, plan), plan);
  const functions = await functionsOf(task.run);
  const sources = await FeatureSources.open(task.run, task.sources, functions);
  try {
    // Imported where something is counted, so that other runs start without it.
    const tallies =
      plan.tallies === null ? null : (await import('./rowTallies.ts')).createRowTallies(plan, functions, memory.buffer);
    new ComputeThread(task, functions, sources, tallies).run();
  } finally {
    sources.close();
  }
}

/** What the plan's calls run. What it takes for functions of users is loaded only where there are such. */
async function functionsOf({ memory, plan, kernels }: RunDescription): Promise<KernelTable> {
  const table = await attachKernels(kernels, memory);
  if (plan.customLayers.length === 0 && plan.customLoss === null) return table;
  const [{ withUserCode }, { importUserCode }] = await Promise.all([
    import('./userCode.ts'),
    import('./userModules.ts'),
  ]);
  return withUserCode(table, plan, await importUserCode(plan), memory.buffer);
}

/**
 * Each step has two phases with a barrier behind each, or three where updates come apart. In the first, threads claim
 * ranges of rows; in the others, units of parameter blocks. Nothing here depends on who claims what.
 *
 * A thread can be ended anywhere, and another of the same rank then joins the phase that is open: it cannot have ended
 * without this rank. What the first one had begun and not finished is found by whoever ends the phase, when all others wait.
 */
class ComputeThread {
  readonly #task: ComputeTask;
  readonly #control: Int32Array;
  readonly #line: Int32Array;
  readonly #barrier: Barrier;
  readonly #runner: StepRunner;
  readonly #sources: FeatureSources;
  readonly #faults: FaultInjector | null;
  readonly #cursor: ScheduleCursor;
  /** The stage in which this thread joins a run that goes on already. */
  readonly #firstStage: number;

  constructor(task: ComputeTask, kernels: KernelTable, sources: FeatureSources, tallies: RowTallies | null) {
    const { plan, memory, schedule } = task.run;
    const { buffer } = memory;
    this.#task = task;
    this.#control = controlWords(buffer, plan);
    this.#line = threadLine(buffer, plan, task.rank);
    this.#faults = FaultInjector.of(task.faults, this.#control, this.#line);
    this.#barrier = new Barrier(this.#control, barrierWords(buffer, plan), plan.threads, task.rank);
    this.#runner = new StepRunner(plan, kernels, buffer, task.rank, this.#faults, tallies);
    this.#sources = sources;
    const phase = Atomics.load(this.#control, WORD.phase);
    this.#cursor = new ScheduleCursor(schedule, sequenceOf(phase, task.from));
    this.#firstStage = phase & 3;
  }

  run(): void {
    const control = this.#control;
    const cursor = this.#cursor;
    let stage = this.#firstStage;
    let joins = true;
    signalReady(control, this.#line);
    for (; !cursor.done; cursor.advance()) {
      const { sequence } = cursor;
      waitUntilAfter(control, WORD.released, sequence);
      waitUntilAfter(control, WORD.filled, sequence);
      const ranges = this.#begin();
      for (const last = this.#lastStage(); stage <= last; stage++) {
        const phase = phaseOf(sequence, stage);
        // Where its predecessor had arrived, the others may have gone on: nothing of this phase may be touched any more.
        if (!joins || !this.#barrier.hasArrived(phase)) {
          if (joins && stage !== STAGE.compute) this.#runner.finishInterrupted(stage);
          if (stage === STAGE.compute) this.#computeRanges(phase, ranges);
          else this.#changeBlocks(phase, stage);
        }
        joins = false;
        if (this.#barrier.arrive(phase)) this.#endPhase(phase, stage, stage === last, ranges);
        if (Atomics.load(control, WORD.failure) !== FAILURE.none) return;
      }
      stage = STAGE.compute;
    }
  }

  #begin(): number {
    const { sequence, training, beginsUpdate, updates, stepLow, stepHigh } = this.#cursor;
    const slot = this.#slot();
    this.#runner.countStep(stepLow, stepHigh);
    const rows = Atomics.load(this.#control, WORD.slotRows + slot);
    return this.#runner.begin(sequence, slot, rows, beginsUpdate, training && updates);
  }

  #slot(): number {
    return (this.#cursor.sequence >>> 0) % this.#task.run.plan.slots.count;
  }

  #lastStage(): number {
    if (!this.#cursor.training) return STAGE.compute;
    return lastStage(this.#task.run.plan, this.#cursor.updates);
  }

  #computeRanges(phase: number, ranges: number): void {
    this.#faults?.at('start', this.#cursor.sequence);
    for (let range = this.#claim(phase); range < ranges; range = this.#claim(phase)) {
      this.#hold(phase, range);
      this.#faults?.at('compute', this.#cursor.sequence);
      this.#computeRange(range);
    }
    this.#release();
    this.#faults?.at('computed', this.#cursor.sequence);
  }

  #computeRange(range: number): void {
    const { training } = this.#cursor;
    const features = training ? this.#sources.train : this.#sources.evaluation;
    features?.gather(this.#slot(), this.#runner.rangeStart(range), this.#runner.rangeRows(range));
    this.#runner.computeRange(range, training);
  }

  #changeBlocks(phase: number, stage: number): void {
    const units = this.#task.run.plan.units.length;
    for (let unit = this.#claim(phase); unit < units; unit = this.#claim(phase)) {
      this.#hold(phase, unit);
      this.#changeUnit(stage, unit);
    }
    this.#release();
  }

  #changeUnit(stage: number, unit: number): void {
    if (stage === STAGE.reduce) this.#runner.reduceUnit(unit);
    else this.#runner.updateUnit(unit);
  }

  /** Alone, while all others wait: what only one thread may do. All of it may have been done by a predecessor already. */
  #endPhase(phase: number, stage: number, last: boolean, ranges: number): void {
    const control = this.#control;
    const { sequence, training } = this.#cursor;
    this.#line[THREAD.phase] = phase;
    this.#line[THREAD.holds] = HOLDS.end;
    let ends = last;
    // Completed: the predecessor only did not live to open the next phase. The slot may hold another batch by now.
    if (!isBefore(sequence, Atomics.load(control, WORD.completed))) {
      if (Atomics.load(control, WORD.restarts) > 0) this.#finishLost(stage, ranges);
      const failure = this.#finishStage(stage, training);
      if (failure !== FAILURE.none) {
        failStep(control, failure);
        ends = false;
      }
    }
    if (ends) completeStep(control, sequence);
    this.#faults?.at('end', sequence);
    this.#release();
    this.#barrier.open(last ? phaseOf(sequence + 1, STAGE.compute) : phaseOf(sequence, stage + 1));
    // After the others go on: the loader would take the core of one that has yet to wake.
    if (ends) wakeLoader(control);
  }

  #finishStage(stage: number, training: boolean): number {
    if (stage === STAGE.compute) return this.#runner.finishCompute(training) ? FAILURE.none : FAILURE.lossNotFinite;
    if (stage === STAGE.reduce) return this.#runner.finishReduce() ? FAILURE.none : FAILURE.gradientNotFinite;
    return FAILURE.none;
  }

  /** Does what threads had claimed that have ended since: all others wait, so what is not done is lost. */
  #finishLost(stage: number, ranges: number): void {
    if (stage === STAGE.compute) {
      for (let range = 0; range < ranges; range++) if (!this.#runner.isRangeDone(range)) this.#computeRange(range);
      return;
    }
    // A predecessor may have ended in the middle of this very loop: its block is changed in part, or whole and not yet marked.
    this.#runner.finishInterrupted(stage);
    for (let unit = 0; unit < this.#task.run.plan.units.length; unit++) this.#changeUnit(stage, unit);
  }

  #claim(phase: number): number {
    return this.#barrier.claim(phase);
  }

  /** For the coordinator, which watches whether threads move, and tells where one stopped. */
  #hold(phase: number, index: number): void {
    this.#line[THREAD.phase] = phase;
    this.#line[THREAD.moves]++;
    this.#line[THREAD.holds] = index + 1;
  }

  #release(): void {
    this.#line[THREAD.holds] = HOLDS.nothing;
  }
}

/** Waits until the counter in `word` has passed `sequence`. Woken by whoever moves the counter. */
function waitUntilAfter(control: Int32Array, word: number, sequence: number): void {
  for (;;) {
    const seen = Atomics.load(control, word);
    if (isBefore(sequence, seen)) return;
    sleepWhile(control, word, seen);
  }
}
