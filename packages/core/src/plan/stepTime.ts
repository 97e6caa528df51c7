import { blocksOf } from './rowRanges.ts';

/** What decides how long a step takes, roughly. */
export interface StepWork {
  readonly batchSize: number;
  /** Pieces of the batch that threads share out; default its blocks of rows. */
  readonly pieces?: number;
  readonly parameters: number;
  /** Whether it updates the parameters, or only computes the model's output. */
  readonly training: boolean;
  /** Numbers that layers of users write for a row, which JavaScript computes; default 0. */
  readonly customNumbers?: number;
}

/**
 * Costs in microseconds, measured on two cores of a Zen 4 at 3.7 GHz; docs/scaling.md says how. Other machines of the last
 * ten years differ by less than the choice of threads would notice.
 */
const COSTS = {
  /** One floating-point operation of a product, at 90 GFLOP/s. */
  operation: 1 / 90_000,
  /** Updating and packing one parameter. */
  parameter: 0.0007,
  /** A number of a user's layer in one pass, with an exponential in it. What they write may be cheaper or far dearer. */
  customNumber: 0.03,
  /** What a step costs besides: control, calls, loss. */
  step: 8,
  /** Two barriers and the claims of two threads; and for each more, the time until the last sleeper has been woken. */
  meeting: 33,
  sleeper: 4,
  /** When the loader's thread has no core of its own, it interrupts a step now and then while the others wait. */
  sharedCore: 40,
};

/** Microseconds of a step on so many threads of a machine with so many cores. */
export function stepTime(work: StepWork, threads: number, cores: number): number {
  const { batchSize, pieces = blocksOf(batchSize), parameters, training, customNumbers = 0 } = work;
  /** Of the thread that has most pieces. */
  const share = Math.ceil(pieces / threads) / pieces;
  const product = 2 * parameters * batchSize * COSTS.operation;
  const custom = customNumbers * batchSize * COSTS.customNumber;
  const rowsTime = (training ? 2 : 1) * (product + custom);
  // The gradient of a user's parameter is one thread's.
  const alone = training ? custom : 0;
  const gradients = training ? product + parameters * COSTS.parameter : 0;
  let meeting = 0;
  if (threads > 1) meeting = COSTS.meeting + COSTS.sleeper * (threads - 2);
  if (threads > 1 && threads >= cores) meeting += COSTS.sharedCore;
  return COSTS.step + rowsTime * share + gradients / threads + alone + meeting;
}

/**
 * Least gains for which threads at all, and then one thread more, are worth what they cost: starting them takes a tenth of a
 * second, and every epoch they have to stop and start.
 */
const WORTH = { threads: 1.3, another: 1.005 };

/**
 * The number of threads, at most `cores`, with which a step is fastest: 1 for steps so small that threads would mostly wait
 * for each other, and no more than bring something. It never changes a result.
 */
export function fastestThreads(work: StepWork, cores: number): number {
  let best = 1;
  for (let threads = 2; threads <= cores; threads++) {
    const gain = stepTime(work, best, cores) / stepTime(work, threads, cores);
    if (gain > (best === 1 ? WORTH.threads : WORTH.another)) best = threads;
  }
  return best;
}
