import type { ScalingMachine, StepCosts } from './costs.ts';
import { type PhaseTask, runPhase } from './phase.ts';
import type { RangeCounts, StepCounts, UnitCounts } from './work.ts';

/** Mean microseconds of a step, and where one thread's time goes on average; the parts add up to `step`. */
export interface SimulatedStep {
  readonly step: number;
  /** Work of the two phases. */
  readonly ranges: number;
  readonly units: number;
  /** Waiting because memory is busy. */
  readonly memory: number;
  /** Waiting for threads that still work, or that the loader has interrupted. */
  readonly uneven: number;
  /** Claims, barriers, wake-ups, and what one thread does while the others wait. */
  readonly meeting: number;
}

/** Steps simulated: whole rounds of the longest ring. */
const STEPS = 64;
/** Bytes of a batch ring and its least and most slots, as train/threads.ts has them. */
const RING = { bytes: 4 * 1024 * 1024, least: 4, most: 32 };
/** Bytes that an update moves: weight, two moments and their new values; the packed forms. */
const UPDATE_BYTES = 32;
/** Of them, those that whoever updated the parameter last still has in its cache. */
const OWNED_BYTES = 12;

/** Lets `threads` threads take a step's ranges and units as compute.ts does. */
export function simulateStep(
  counts: StepCounts,
  threads: number,
  machine: ScalingMachine,
  costs: StepCosts,
): SimulatedStep {
  const { ranges, units } = tasksOf(counts, threads, machine, costs);
  const finish = costs.finish + counts.blocks * costs.finishBlock;
  const order = costs.orderBatch + counts.network.batchSize * costs.orderRow;
  const work = { ranges: sum(ranges) / threads, units: sum(units) / threads };
  if (threads === 1) {
    const phase = { claim: 0, bandwidth: machine.bandwidth };
    const busy = [ranges, units].map((tasks) => runPhase([0], tasks, phase).arrivals[0]);
    const meeting = order + finish + costs.step;
    const memory = busy[0] + busy[1] - work.ranges - work.units;
    return { step: busy[0] + busy[1] + meeting, ...work, memory, uneven: 0, meeting };
  }
  const interruption = threads < machine.cores ? 0 : order;
  const slots = ringSlots(counts.network);
  const phase = { claim: costs.transfer, bandwidth: machine.bandwidth };
  let starts: number[] = Array.from({ length: threads }, () => 0);
  let [memory, uneven] = [0, 0];
  let ahead = slots;
  const through = (tasks: readonly PhaseTask[], serial: number): void => {
    const { arrivals, delayed } = runPhase(starts, tasks, phase);
    const met = meet(arrivals, serial, costs);
    memory += delayed / threads;
    uneven += met.waited;
    starts = met.starts;
  };
  for (let step = 0; step < STEPS; step++) {
    starts = starts.map((start) => start + costs.step);
    // The loader wakes when half of the ring is free, fills it, and takes a core of somebody who works.
    if (--ahead <= slots / 2) {
      if (interruption > 0) {
        const burst = (slots - ahead) * interruption + 2 * costs.wakeCall;
        starts[0] += burst;
        uneven += burst / threads;
      }
      ahead = slots;
    }
    through(ranges, finish);
    through(units, 0);
  }
  // A loader that is slower than the steps sets their pace.
  const total = Math.max(Math.max(...starts) / STEPS, order);
  [memory, uneven] = [memory / STEPS, uneven / STEPS];
  return { step: total, ...work, memory, uneven, meeting: total - work.ranges - work.units - memory - uneven };
}

/** When everyone goes on after the last of `arrivals`, and how long a thread waited for it on average. */
function meet(arrivals: readonly number[], serial: number, costs: StepCosts): { starts: number[]; waited: number } {
  const last = Math.max(...arrivals);
  const asleep = arrivals.filter((arrival) => last - arrival > costs.spin).length;
  const released = last + costs.transfer + serial;
  // The last one wakes the sleepers one after the other; those who spin see the word one after the other.
  let seen = 0;
  let woken = 0;
  const starts = arrivals.map((arrival) => {
    if (arrival === last) return released + asleep * costs.wakeCall;
    if (last - arrival > costs.spin) return released + ++woken * costs.wakeCall + costs.wakeLatency;
    return released + ++seen * costs.transfer;
  });
  return { starts, waited: arrivals.reduce((total, arrival) => total + last - arrival, 0) / arrivals.length };
}

function tasksOf(
  counts: StepCounts,
  threads: number,
  machine: ScalingMachine,
  costs: StepCosts,
): { ranges: readonly PhaseTask[]; units: readonly PhaseTask[] } {
  const { network, weightBytes } = counts;
  const caches = Math.ceil(threads / machine.coresPerCache);
  const far = isFar(counts, caches * machine.cacheBytes);
  const rowBytes = network.sizes[0] * 4;
  const plannedRanges = counts.rangesFor(threads);
  // What others have updated has to come from their cache or from memory: weights once for each cache that holds them
  // all, or else for each range.
  const passes = weightBytes <= machine.cacheBytes ? Math.min(caches, plannedRanges.length) : plannedRanges.length;
  const weightsOfRange = caches === 1 && !far ? 0 : (weightBytes * passes) / plannedRanges.length;
  const fetchedOfRange = fetchedByRange(weightBytes, threads, plannedRanges.length);
  const ranges = plannedRanges.map((range) => ({
    duration:
      rangeTime(range, costs) +
      range.rows * (costs.gatherRow + rowBytes * costs.gatherByte) +
      fetchedOfRange * costs.fetchedByte,
    bytes: weightsOfRange + 2 * range.rows * rowBytes,
  }));
  const units = counts.units.map((unit) => {
    const { parameters, inputBytes, gradientBytes, siblings } = unit;
    const own = caches === 1 && !far ? 0 : parameters * UPDATE_BYTES;
    const shared = caches === 1 ? 0 : inputBytes + gradientBytes * Math.min(1, caches / siblings);
    return {
      duration: unitTime(unit, far, costs) + fetchedByUnit(unit, threads) * costs.fetchedByte,
      bytes: own + shared,
    };
  });
  return { ranges, units };
}

/** Bytes of weights that a range fetches from other cores: each thread reads all once, and others have written most of them. */
export function fetchedByRange(weightBytes: number, threads: number, ranges: number): number {
  return (((threads - 1) / threads) * weightBytes * Math.min(threads, ranges)) / ranges;
}

/** What a unit fetches: its inputs, its share of the output gradients that a thread reads once, and what others updated last. */
export function fetchedByUnit(
  { parameters, inputBytes, gradientBytes, siblings }: UnitCounts,
  threads: number,
): number {
  const gradients = gradientBytes * Math.min(1, threads / siblings);
  return ((threads - 1) / threads) * (parameters * OWNED_BYTES + inputBytes + gradients);
}

/** Whether parameters, their state and a batch's activations leave so large a cache between steps. */
export function isFar({ parameters, activationBytes }: StepCounts, cacheBytes: number): boolean {
  return parameters * UPDATE_BYTES + activationBytes > cacheBytes;
}

export function rangeTime({ calls, rows, operations }: RangeCounts, costs: StepCosts): number {
  return calls * costs.rangeCall + rows * costs.row + operations * costs.operation;
}

export function unitTime({ calls, operations, parameters }: UnitCounts, far: boolean, costs: StepCosts): number {
  const parameter = costs.parameter + (far ? costs.farParameter : 0);
  return calls * costs.unitCall + operations * costs.gradientOperation + parameters * parameter;
}

function ringSlots({ sizes, batchSize }: StepCounts['network']): number {
  let slots = RING.least;
  while (slots < RING.most && 2 * slots * batchSize * sizes[0] * 4 <= RING.bytes) slots *= 2;
  return slots;
}

function sum(tasks: readonly PhaseTask[]): number {
  return tasks.reduce((total, { duration }) => total + duration, 0);
}
