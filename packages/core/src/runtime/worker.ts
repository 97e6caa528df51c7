import { abortRun, RunAborted } from './control.ts';
import { controlWords } from './arena.ts';
import { describeFailure } from './failure.ts';
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
    // Imported here, so that a thread loads the code of its own role alone.
    if (task.role === 'compute') await (await import('./compute.ts')).compute(task, onStep);
    else await (await import('./load.ts')).load(task, onStep);
    return null;
  } catch (error) {
    if (error instanceof RunAborted) return null;
    abortRun(controlWords(task.run.memory.buffer, task.run.plan));
    return { failure: describeFailure(error), step };
  }
}
