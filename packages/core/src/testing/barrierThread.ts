import { parentPort, workerData } from 'node:worker_threads';
import { Barrier } from '../runtime/barrier.ts';
import { phaseOf } from '../runtime/control.ts';

/** What a thread of barrier.test.ts does; it answers with one message. */
export type BarrierTask = RoundsTask | WaitTask;

interface Shared {
  readonly control: Int32Array;
  readonly words: Int32Array;
  readonly threads: number;
  readonly rank: number;
}

export interface RoundsTask extends Shared {
  readonly kind: 'rounds';
  readonly rounds: number;
  /** In which the threads note their rounds. */
  readonly notes: Int32Array;
}

/** Waits at the end of phase 0. */
export interface WaitTask extends Shared {
  readonly kind: 'wait';
}

/** Notes the round, meets the others, looks at what they noted, meets again; so nobody may be seen in another round. */
function rounds({ control, words, threads, rank, rounds: count, notes }: RoundsTask): { last: number; torn: number } {
  const barrier = new Barrier(control, words, threads, rank);
  let last = 0;
  let torn = 0;
  for (let round = 1; round <= count; round++) {
    const [first, second] = [phaseOf(round - 1, 0), phaseOf(round - 1, 1)];
    // Plain stores and loads: what the barrier orders, it must also make visible.
    notes[rank] = round;
    if (barrier.arrive(first)) {
      last++;
      barrier.open(second);
    }
    for (let other = 0; other < threads; other++) if (notes[other] !== round) torn++;
    if (barrier.arrive(second)) barrier.open(phaseOf(round, 0));
  }
  return { last, torn };
}

function wait({ control, words, threads, rank }: WaitTask): string {
  try {
    return new Barrier(control, words, threads, rank).arrive(0) ? 'last' : 'released';
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

const task = workerData as BarrierTask;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(task.kind === 'rounds' ? rounds(task) : wait(task));
