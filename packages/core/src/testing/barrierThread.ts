import { parentPort, workerData } from 'node:worker_threads';
import { Barrier } from '../runtime/barrier.ts';

/** What a thread of barrier.test.ts does; it answers with one message. */
export type BarrierTask = RoundsTask | WaitTask;

export interface RoundsTask {
  readonly kind: 'rounds';
  readonly control: Int32Array;
  readonly threads: number;
  readonly rank: number;
  readonly rounds: number;
  /** First of the words in which the threads note their rounds. */
  readonly notes: number;
}

export interface WaitTask {
  readonly kind: 'wait';
  readonly control: Int32Array;
  readonly threads: number;
}

/** Notes the round, meets the others, looks at what they noted, meets again; so nobody may be seen in another round. */
function rounds({ control, threads, rank, rounds: count, notes }: RoundsTask): { last: number; torn: number } {
  const barrier = new Barrier(control, threads);
  let last = 0;
  let torn = 0;
  for (let round = 1; round <= count; round++) {
    // Plain stores and loads: what the barrier orders, it must also make visible.
    control[notes + rank] = round;
    if (barrier.arrive()) {
      last++;
      barrier.release();
    }
    for (let other = 0; other < threads; other++) if (control[notes + other] !== round) torn++;
    if (barrier.arrive()) barrier.release();
  }
  return { last, torn };
}

function wait({ control, threads }: WaitTask): string {
  try {
    return new Barrier(control, threads).arrive() ? 'last' : 'released';
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

const task = workerData as BarrierTask;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(task.kind === 'rounds' ? rounds(task) : wait(task));
