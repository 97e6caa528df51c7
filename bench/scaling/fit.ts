import type { ScalingMachine, StepCosts } from './costs.ts';
import { fitCosts } from './leastSquares.ts';
import type { Measurements } from './measurements.ts';
import { MEASURED } from './networks.ts';
import type { StepParts } from './parts.ts';
import { isFar, simulateStep } from './simulate.ts';
import { countStep, type StepCounts } from './work.ts';

/** The costs for which the counted work takes as long as was measured, as nearly as possible. */
export function fitMeasurements({ parts, steps, meetings }: Measurements, machine: ScalingMachine): StepCosts {
  const counts = MEASURED.map(countStep);
  const times = (part: keyof StepParts): number[] => parts.map((measured) => measured[part]);
  const [rangeCall, row, operation] = fitCosts(
    counts.map((count) => total(count.rangesFor(1), ({ calls, rows, operations }) => [calls, rows, operations])),
    times('ranges'),
  );
  const [unitCall, gradientOperation, parameter, farParameter] = fitCosts(
    counts.map((count) => {
      const far = isFar(count, machine.cacheBytes);
      return total(count.units, ({ calls, operations, parameters }) => [
        calls,
        operations,
        parameters,
        far ? parameters : 0,
      ]);
    }),
    times('units'),
  );
  const batches = MEASURED.map(({ batchSize, sizes }) => ({ rows: batchSize, bytes: batchSize * sizes[0] * 4 }));
  const [gatherRow, gatherByte] = fitCosts(
    batches.map(({ rows, bytes }) => [rows, bytes]),
    times('gather'),
  );
  const [orderBatch, orderRow] = fitCosts(
    batches.map(({ rows }) => [1, rows]),
    times('order'),
  );
  const [finish, finishBlock] = fitCosts(
    counts.map(({ blocks }) => [1, blocks]),
    times('finish'),
  );
  // What the parts leave of the smallest network's whole step on one thread.
  const { order, gather, ranges, finish: finishing, units } = parts[0];
  const whole = steps.find(({ workers }) => workers === 1)?.min ?? 0;
  const rest = Math.max(0, whole - order - gather - ranges - finishing - units);
  const ofRanges = { rangeCall, row, operation };
  const ofUnits = { unitCall, gradientOperation, parameter, farParameter };
  const ofBatches = { gatherRow, gatherByte, orderBatch, orderRow };
  const alone = { ...ofRanges, ...ofUnits, ...ofBatches, finish, finishBlock, step: rest, ...meetings };
  return { ...alone, fetchedByte: fitFetched({ ...alone, fetchedByte: 0 }, steps, machine, counts) };
}

const MOST_FETCHED = 0.0004;
const TRIALS = 40;

/** The only cost that no part alone shows: the best of evenly spaced ones, for whole steps of several threads. */
function fitFetched(
  costs: StepCosts,
  steps: Measurements['steps'],
  machine: ScalingMachine,
  counts: readonly StepCounts[],
): number {
  const together = steps.filter(({ workers }) => workers > 1);
  let best = { fetchedByte: 0, error: Infinity };
  for (let trial = 0; trial <= TRIALS; trial++) {
    const fetchedByte = (MOST_FETCHED * trial) / TRIALS;
    let error = 0;
    for (const { sizes, batchSize, workers, min } of together) {
      const count =
        counts[MEASURED.findIndex((one) => one.sizes.join() === sizes.join() && one.batchSize === batchSize)];
      error += Math.abs(Math.log(simulateStep(count, workers, machine, { ...costs, fetchedByte }).step / min));
    }
    if (error < best.error) best = { fetchedByte, error };
  }
  return best.fetchedByte;
}

function total<Item>(items: readonly Item[], count: (item: Item) => readonly number[]): number[] {
  return items.map(count).reduce<number[]>((sums, row) => row.map((value, index) => (sums[index] ?? 0) + value), []);
}
