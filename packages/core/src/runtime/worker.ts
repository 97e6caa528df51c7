import { threadId } from 'node:worker_threads';
import { THREAD } from '../plan/words.ts';
import { loaderLine, threadLine } from './arena.ts';
import { RunAborted } from './control.ts';
import { describeFailure } from '../failure.ts';
import type { Task, TaskResult } from './tasks.ts';

/**
 * What piscina runs in a thread: one task for the whole run. A thread that fails reports it; the others wait for it at
 * their next barrier, until the coordinator has replaced it or ends the run.
 */
export default async function runTask(task: Task): Promise<TaskResult> {
  const { memory, plan } = task.run;
  const line = task.role === 'compute' ? threadLine(memory.buffer, plan, task.rank) : loaderLine(memory.buffer, plan);
  // First of all: from now on the coordinator can end this thread.
  Atomics.store(line, THREAD.id, threadId);
  try {
    // Imported here, so that a thread loads the code of its own role alone.
    if (task.role === 'compute') await (await import('./compute.ts')).compute(task);
    else await (await import('./load.ts')).load(task);
    return null;
  } catch (error) {
    if (error instanceof RunAborted) return null;
    return { failure: describeFailure(error) };
  }
}
