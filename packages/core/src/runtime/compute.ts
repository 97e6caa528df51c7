import { attachKernels, type KernelTable } from '@lockstep/kernels/thread';
import { checkAttached, controlWords } from './arena.ts';
import { Barrier } from './barrier.ts';
import { slotViews } from './batchSlots.ts';
import { FAILURE, isBefore, signalReady, sleepWhile, WORD } from './control.ts';
import { raiseFault } from './faults.ts';
import { FeatureSources } from './featureSources.ts';
import { ScheduleCursor } from './schedule.ts';
import { completeStep, failStep, wakeLoader } from './stepEnd.ts';
import { StepRunner } from './stepRunner.ts';
import type { ComputeTask } from './tasks.ts';

/** The long task of one compute thread: all steps of a run. */
export async function compute(task: ComputeTask, onStep: (step: number) => void): Promise<void> {
  const { memory, plan, kernels } = task.run;
  checkAttached(controlWords(memory.buffer, plan), plan);
  const sources = await FeatureSources.open(task.sources);
  try {
    runSteps(task, await attachKernels(kernels, memory), sources, onStep);
  } finally {
    sources.close();
  }
}

/**
 * Each step has two phases with a barrier behind each. In the first, threads claim ranges of rows; in the second, units of
 * parameter blocks. Nothing here depends on who claims what.
 */
function runSteps(
  task: ComputeTask,
  kernels: KernelTable,
  sources: FeatureSources,
  onStep: (step: number) => void,
): void {
  const { memory, plan, schedule } = task.run;
  const { buffer } = memory;
  const control = controlWords(buffer, plan);
  const runner = new StepRunner(plan, kernels, buffer, task.rank);
  const barrier = new Barrier(control, plan.threads);
  const views = slotViews(buffer, plan.slots, plan.batchSize);
  const units = plan.units.length;
  signalReady(control);

  for (const cursor = new ScheduleCursor(schedule); !cursor.done; cursor.advance()) {
    const { sequence, training } = cursor;
    onStep(sequence);
    waitUntilAfter(control, WORD.released, sequence);
    waitUntilAfter(control, WORD.filled, sequence);
    if (task.faults.length > 0) raiseFault(task.faults, sequence);
    const slot = (sequence >>> 0) % plan.slots.count;
    const features = training ? sources.train : sources.evaluation;
    const ranges = runner.begin(slot, Atomics.load(control, WORD.slotRows + slot));

    for (let range = claim(control, WORD.nextRange); range < ranges; range = claim(control, WORD.nextRange)) {
      if (features !== null) {
        const start = runner.rangeStart(range);
        features.copyFeatures(views[slot], start, views[slot].rowNumbers, start, runner.rangeRows(range));
      }
      runner.computeRange(range, training);
    }
    if (barrier.arrive()) {
      Atomics.store(control, WORD.nextRange, 0);
      if (!runner.finishCompute(training)) failStep(control, FAILURE.lossNotFinite);
      else if (!training) completeStep(control, sequence);
      barrier.release();
      if (!training) wakeLoader(control);
    }
    if (Atomics.load(control, WORD.failure) !== FAILURE.none) return;
    if (!training) continue;

    for (let unit = claim(control, WORD.nextUnit); unit < units; unit = claim(control, WORD.nextUnit)) {
      runner.reduceUnit(unit);
    }
    if (barrier.arrive()) {
      Atomics.store(control, WORD.nextUnit, 0);
      completeStep(control, sequence);
      barrier.release();
      // After the others go on: the loader would take the core of one that has yet to wake.
      wakeLoader(control);
    }
  }
}

function claim(control: Int32Array, word: number): number {
  return Atomics.add(control, word, 1);
}

/** Waits until the counter in `word` has passed `sequence`. Woken by whoever moves the counter. */
function waitUntilAfter(control: Int32Array, word: number, sequence: number): void {
  for (;;) {
    const seen = Atomics.load(control, word);
    if (isBefore(sequence, seen)) return;
    sleepWhile(control, word, seen);
  }
}
