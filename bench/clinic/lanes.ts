import { type CallFrame, type StackTime, stackTimes, type ThreadProfile } from './cpuProfile.ts';

/** What one thread did, under the name that its work gives it. */
export interface Lane {
  /** `main`, `loader`, `worker-0`, `worker-1`, …, or `thread-7` for one that did nothing of ours. */
  readonly name: string;
  /** The function that is its whole task; undefined for the main thread, which has many. */
  readonly task: CallFrame | undefined;
  readonly samples: readonly StackTime[];
}

/** The functions that are a thread's whole task, see packages/core/src/runtime/worker.ts. */
const TASKS = [
  { role: 'worker', functionName: 'compute', file: /\/runtime\/compute\.[jt]s$/ },
  { role: 'loader', functionName: 'load', file: /\/runtime\/load\.[jt]s$/ },
] as const;

/**
 * Names the threads by the task that their stacks show. Workers are numbered in the order in which they were started,
 * which is that of their ranks.
 */
export function nameLanes(profiles: readonly ThreadProfile[]): Lane[] {
  let workers = 0;
  let loaders = 0;
  const lanes = profiles.map(({ threadId, profile }): Lane => {
    const samples = stackTimes(profile);
    if (threadId === 0) return { name: 'main', task: undefined, samples };
    const found = samples.map(findTask).find((task) => task !== undefined);
    const task = found?.frame;
    if (found?.role === 'worker') return { name: `worker-${workers++}`, task, samples };
    // A second run in the same program has threads of its own.
    if (found?.role === 'loader') return { name: loaders++ === 0 ? 'loader' : `loader-${loaders}`, task, samples };
    return { name: `thread-${threadId}`, task, samples };
  });
  return lanes.toSorted((a, b) => rankOf(a) - rankOf(b));
}

/** The part of a lane in which the thread was at its task: without start-up. The main thread's is all of it. */
export function atTask({ name, samples }: Lane): readonly StackTime[] {
  return name === 'main' ? samples : samples.filter((sample) => findTask(sample) !== undefined);
}

function findTask({ stack }: StackTime): { role: 'worker' | 'loader'; frame: CallFrame } | undefined {
  for (const frame of stack) {
    const task = TASKS.find(({ functionName, file }) => frame.functionName === functionName && file.test(frame.url));
    if (task !== undefined) return { role: task.role, frame };
  }
  return undefined;
}

/** main, loaders, workers, others; equal ones stay in the order of their numbers. */
function rankOf({ name }: Lane): number {
  return ['main', 'loader', 'worker', 'thread'].indexOf(name.split('-')[0]);
}
