import { compute } from './compute.ts';
import { abortRun, RunAborted } from './control.ts';
import { controlWords } from './arena.ts';
import { describeFailure } from './failure.ts';
import { load } from './load.ts';
import type { Task, TaskResult } from './tasks.ts';

/**
 * What piscina runs in a thread: one task for the whole run. A thread that fails ends the run for all others before it
 * reports, so that none waits for it.
 */
export default async function runTask(task: Task): Promise<TaskResult> {
  let step = 0;
  const onStep = (sequence: number): void => {
    step = sequence;
  };
  try {
    if (task.role === 'compute') compute(task, onStep);
    else await load(task, onStep);
    return null;
  } catch (error) {
    if (error instanceof RunAborted) return null;
    abortRun(controlWords(task.run.memory.buffer, task.run.plan));
    return { failure: describeFailure(error), step };
  }
}
