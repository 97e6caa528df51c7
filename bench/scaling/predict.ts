import type { ScalingMachine, StepCosts } from './costs.ts';
import { fitMeasurements } from './fit.ts';
import type { Measurements } from './measurements.ts';
import { CORES, PREDICTED, type ScalingNetwork } from './networks.ts';
import { type SimulatedStep, simulateStep } from './simulate.ts';
import { countStep } from './work.ts';

/**
 * What is assumed of larger machines: caches as those of the measured processor; memory that serves so many bytes a microsecond
 * for each core, and no more than a socket's. 200 GB/s is what eight channels of DDR4-3200 can do at all.
 */
export const ASSUMED = {
  coresPerCache: 8,
  cacheBytes: 32 * 1024 * 1024,
  socketBandwidth: 200_000,
} as const;

export interface Prediction {
  readonly network: ScalingNetwork;
  /** For each of CORES, as many workers as cores. */
  readonly steps: readonly SimulatedStep[];
  readonly speedUps: readonly number[];
}

export interface Comparison {
  readonly network: ScalingNetwork;
  readonly workers: number;
  readonly measured: number;
  readonly median: number;
  readonly simulated: number;
}

export interface ScalingModel {
  readonly costs: StepCosts;
  readonly comparisons: readonly Comparison[];
  readonly predictions: readonly Prediction[];
}

/** Costs, how they agree with what was measured, and what they foretell: always the same for the same measurements. */
export function modelScaling(measurements: Measurements): ScalingModel {
  const { bandwidths, cores, steps } = measurements;
  const here = { ...ASSUMED, cores, bandwidth: bandwidths[bandwidths.length - 1] };
  const costs = fitMeasurements(measurements, here);
  const comparisons = steps.map(({ workers, min, median, ...network }): Comparison => {
    const simulated = simulateStep(countStep(network), workers, here, costs).step;
    return { network, workers, measured: min, median, simulated };
  });
  const predictions = PREDICTED.map((network): Prediction => {
    const counts = countStep(network);
    const times = CORES.map((count) =>
      simulateStep(counts, count, assumedMachine(count, here.bandwidth / cores), costs),
    );
    return { network, steps: times, speedUps: times.map(({ step }) => times[0].step / step) };
  });
  return { costs, comparisons, predictions };
}

function assumedMachine(cores: number, bandwidthOfCore: number): ScalingMachine {
  return { ...ASSUMED, cores, bandwidth: Math.min(ASSUMED.socketBandwidth, cores * bandwidthOfCore) };
}

/** Shares of the threads' time at CORES[index]: what is useful, and what takes the rest. */
export interface TimeShares {
  readonly useful: number;
  /** Fetching what other cores wrote, and shorter ranges. */
  readonly fetching: number;
  readonly memory: number;
  readonly uneven: number;
  readonly meeting: number;
}

export function sharesOf({ steps }: Prediction, index: number): TimeShares {
  const { step, ranges, units, memory, uneven, meeting } = steps[index];
  const useful = steps[0].step / CORES[index];
  const alone = (steps[0].ranges + steps[0].units) / CORES[index];
  return {
    useful: useful / step,
    fetching: (ranges + units - alone) / step,
    memory: memory / step,
    uneven: uneven / step,
    meeting: (meeting - (useful - alone)) / step,
  };
}

/** The first number of cores of which less than half does useful work; null when there is none. */
export function bendOf(prediction: Prediction): number | null {
  const index = prediction.speedUps.findIndex((speedUp, at) => speedUp < CORES[at] / 2);
  return index < 0 ? null : CORES[index];
}
