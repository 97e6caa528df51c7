import {
  batchNormalization,
  dense,
  dropout,
  type Fault,
  type FaultPoint,
  type FitOptions,
  type OptimizerSpec,
} from '@lockstep/core';
import { type NetworkCase, NETWORKS, OPTIMIZERS, SHARDS } from '../cases.ts';
import { Choices } from './soak.ts';

/** A run and the faults in it, drawn from one number. */
export interface FaultSchedule {
  readonly network: NetworkCase;
  readonly optimizer: { readonly name: string; readonly create: () => OptimizerSpec };
  readonly run: { readonly rows: number; readonly validationRows: number; readonly seed: number };
  /** Whether threads gather features by themselves; otherwise the loader's copies them. */
  readonly parallel: boolean;
  /** Ends the run after so many steps; another one, on so many workers, goes on from its checkpoint. */
  readonly cut: { readonly steps: number; readonly workers: number } | null;
  readonly options: Omit<FitOptions, 'loss' | 'validation' | 'optimizer'>;
  readonly workers: number;
  readonly faults: readonly Fault[];
}

/** Networks in which most time is spent in kernels, and the last two of them long enough in updates to be ended there. */
const LARGER: readonly (NetworkCase & { readonly rows: number })[] = [
  {
    ...{ name: '64-128-64-10', inputs: 64, outputs: 10, rows: 200, loss: 'sparseCategoricalCrossentropy' },
    layers: () => [
      dense(128, { activation: 'relu' }),
      dense(64, { activation: 'relu' }),
      dense(10, { activation: 'softmax' }),
    ],
  },
  {
    ...{ name: '256-512-256-10', inputs: 256, outputs: 10, rows: 256, loss: 'sparseCategoricalCrossentropy' },
    layers: () => [
      dense(512, { activation: 'relu' }),
      dense(256, { activation: 'relu' }),
      dense(10, { activation: 'softmax' }),
    ],
  },
  {
    ...{
      name: '256-512-256-10, normalized',
      inputs: 256,
      outputs: 10,
      rows: 256,
      loss: 'sparseCategoricalCrossentropy',
    },
    layers: () => [
      batchNormalization(),
      dense(512, { activation: 'relu' }),
      batchNormalization(),
      dropout(0.3),
      dense(256, { activation: 'relu' }),
      dense(10, { activation: 'softmax' }),
    ],
  },
];

const POINTS: readonly FaultPoint[] = ['start', 'compute', 'computed', 'reduce', 'reduced', 'updated', 'end'];

/** `terminate` dies anywhere; `loop` and `exhaust` cost seconds each. */
const ACTIONS = { terminate: 120, throw: 30, exit: 30, loop: 2, exhaust: 2 } as const;

/** For a thread that loops; none that works stands still for so long, even where eight share two cores. */
const STEP_TIMEOUT = 4;

export function drawSchedule(seed: number): FaultSchedule {
  const draw = new Choices(seed);
  const size = draw.weighted({ small: 3, medium: 2, large: 5 });
  const larger = size === 'large' ? draw.pick(LARGER.slice(1)) : LARGER[0];
  const network = size === 'small' ? draw.pick(NETWORKS) : larger;
  const rows = size === 'small' ? draw.between(1, 60) : larger.rows;
  const batchSize = size === 'small' ? draw.between(1, 40) : draw.pick([32, 64]);
  const epochs = size === 'large' ? draw.between(2, 5) : draw.between(1, 4);
  const validationRows = draw.chance(0.4) ? draw.between(1, rows) : 0;
  // Where threads are more than cores, most of them wait most of the time, and few are ended in a kernel.
  const few = size === 'large' && draw.chance(0.6);
  // One worker runs on the calling thread, where only exceptions can be had.
  const drawWorkers = (): number => (draw.chance(0.05) ? 1 : draw.between(2, few ? 3 : 8));
  const workers = drawWorkers();
  const trainingSteps = epochs * Math.ceil(rows / batchSize);
  const maxSteps = draw.chance(0.2) ? draw.between(1, trainingSteps) : trainingSteps;
  const isCut = draw.chance(0.3) && maxSteps > 1;
  const steps = epochs * (Math.ceil(rows / batchSize) + Math.ceil(validationRows / batchSize));
  const faults = Array.from({ length: draw.between(1, 4) }, () => drawFault(draw, workers, steps));
  return {
    ...{ network, workers, faults },
    optimizer: draw.pick(OPTIMIZERS),
    run: { rows, validationRows, seed },
    parallel: draw.chance(0.7),
    cut: isCut ? { steps: draw.between(1, maxSteps - 1), workers: drawWorkers() } : null,
    options: {
      ...{ batchSize, epochs, seed, shards: draw.pick(SHARDS), shuffle: draw.chance(0.8) },
      ...(draw.chance(0.4) ? { gradientClipNorm: draw.pick([0.05, 0.5, 50]) } : {}),
      ...(draw.chance(0.4) ? { accumulateGradBatches: draw.between(2, 4) } : {}),
      ...(draw.chance(0.3) ? { weightAverage: { decay: 0.9 } } : {}),
      ...(maxSteps < trainingSteps ? { maxSteps } : {}),
      ...(faults.some(({ action }) => action === 'loop') ? { stepTimeout: STEP_TIMEOUT } : {}),
      // What a fault ends may be ended for a second reason before it is replaced.
      maxWorkerRestarts: 20,
    },
  };
}

function drawFault(draw: Choices, workers: number, steps: number): Fault {
  const action = draw.weighted(ACTIONS);
  const step = draw.below(steps);
  if (draw.chance(0.12)) return { thread: 'loader', step, action };
  // All threads but one may be through with a step before the others wake: the first one's points are surely reached.
  const thread = draw.chance(0.5) ? 0 : draw.below(workers);
  return { thread, step, action, at: draw.pick(POINTS) };
}

/** A long run of one of the largest networks in which one of two threads is terminated again and again, mostly in a kernel. */
export function drawTerminations(seed: number, count: number): FaultSchedule {
  const draw = new Choices(seed);
  const network = LARGER[1 + (seed % 2)];
  const { rows } = network;
  const steps = 2 * count;
  return {
    ...{ network, workers: 2, optimizer: OPTIMIZERS[seed % OPTIMIZERS.length] },
    run: { rows, validationRows: 0, seed },
    ...{ parallel: seed % 3 > 0, cut: null },
    options: {
      ...{ batchSize: 64, shards: 4, epochs: Math.ceil(steps / (rows / 64)), maxSteps: steps, seed },
      ...(draw.chance(0.5) ? { gradientClipNorm: 0.5 } : {}),
      ...(draw.chance(0.5) ? { accumulateGradBatches: 2 } : {}),
      ...(draw.chance(0.5) ? { weightAverage: { decay: 0.9 } } : {}),
      maxWorkerRestarts: 2 * count,
    },
    faults: Array.from({ length: count }, (_, index) => ({
      ...{ thread: draw.below(2), step: 2 * index, action: 'terminate' as const },
      at: draw.pick<FaultPoint>(['start', 'compute', 'compute', 'reduce', 'reduce', 'reduced', 'updated']),
    })),
  };
}

/** For the message of a failure. */
export function describeSchedule(seed: number, { network, optimizer, ...others }: FaultSchedule): string {
  return `schedule of seed ${seed}: ${JSON.stringify({ network: network.name, optimizer: optimizer.name, ...others })}`;
}
