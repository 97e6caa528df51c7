import { threadId } from 'node:worker_threads';
import { THREAD } from '../plan/words.ts';
import { loaderLine, readerLine, threadLine } from './arena.ts';
import { RunAborted } from './control.ts';
import { describeFailure } from '../failure.ts';
import type { Task, TaskResult } from './tasks.ts';

/**
 * What piscina runs in a thread: one task for the whole run. A thread that fails reports it; the others wait for it at
 * their next barrier, until the coordinator has replaced it or ends the run.
 */
export default async function runTask(task: Task): Promise<TaskResult> {
  const line = lineOf(task);
  // First of all: from now on the coordinator can end this thread.
  Atomics.store(line, THREAD.id, threadId);
  try {
    // Imported here, so that a thread loads the code of its own role alone.
    if (task.role === 'compute') await (await import('./compute.ts')).compute(task);
    else if (task.role === 'load') await (await import('./load.ts')).load(task);
    else await (await import('./read.ts')).read(task);
    return null;
  } catch (error) {
    if (error instanceof RunAborted) return null;
    return { failure: describeFailure(error) };
  }
}

function lineOf(task: Task): Int32Array {
  const { plan, memory } = task.run;
  if (task.role === 'compute') return threadLine(memory.buffer, plan, task.rank);
  if (task.role === 'load') return loaderLine(memory.buffer, plan);
  return readerLine(memory.buffer, plan, task.reader);
}
