import { instantiateKernels } from '@lockstep/kernels';
import { controlWords } from './arena.ts';
import { changingStage, FAILURE, isBefore, sequenceOf, STAGE, WORD } from './control.ts';
import { ScheduleCursor } from './schedule.ts';
import { StepRunner } from './stepRunner.ts';
import type { RunDescription } from './tasks.ts';

/**
 * When a run has ended in the middle of an update, does what is left of it, on the calling thread: so the weights are those
 * of a whole number of steps, however the run ended. Only when all threads are gone. `near`: steps completed.
 */
export function settleUpdate({ memory, plan, kernels, schedule }: RunDescription, near: number): void {
  const control = controlWords(memory.buffer, plan);
  const phase = Atomics.load(control, WORD.phase);
  const stage = phase & 3;
  // Weights and statistics change in the last stage alone: until then there is nothing to be made whole.
  if (stage !== changingStage(plan)) return;
  if (Atomics.load(control, WORD.failure) !== FAILURE.none) return;
  const cursor = new ScheduleCursor(schedule, sequenceOf(phase, near));
  const { sequence, beginsUpdate, updates } = cursor;
  if (isBefore(sequence, Atomics.load(control, WORD.completed)) || cursor.done) return;
  if (!updates && plan.movingStatistics === 0) return;
  const slot = (sequence >>> 0) % plan.slots.count;
  const rows = Atomics.load(control, WORD.slotRows + slot);
  // Without functions of users: none is called where weights change.
  const table = instantiateKernels(kernels, memory);
  const runners = Array.from({ length: plan.threads }, (_, rank) => {
    const runner = new StepRunner(plan, table, memory.buffer, rank);
    runner.begin(sequence, slot, rows, beginsUpdate, updates);
    return runner;
  });
  // First what was begun, which only the thread's own scratch has the gradient for; then what was not.
  for (const runner of runners) runner.finishInterrupted(stage);
  for (let unit = 0; unit < plan.units.length; unit++) {
    if (stage === STAGE.reduce) runners[0].reduceUnit(unit);
    else runners[0].updateUnit(unit);
  }
}
