import {
  adam,
  compilePlan,
  layOutModel,
  loadKernels,
  sparseCategoricalCrossentropy,
  tensorDataset,
} from '@lockstep/core';
import { instantiateKernels } from '@lockstep/kernels';
import { buildModel } from '../peers/lockstep.ts';
import { randomRows } from '../peers/data.ts';
import {
  Arena,
  BatchFiller,
  openParallelSource,
  refresherOf,
  slotViews,
  StepRunner,
  StepState,
} from '../harness/internals.ts';
import { batchesOf, type ScalingNetwork } from './networks.ts';

/** Microseconds of the parts of a step on one thread: the mean of an epoch, of the epoch in which it was least. */
export interface StepParts {
  /** Order and labels of a batch, and its share of shuffling the epoch: what the loader's thread does. */
  readonly order: number;
  /** The rows' features, gathered by whoever computes them. */
  readonly gather: number;
  readonly ranges: number;
  /** Sums of the row blocks and the optimizer's scalars: what only one thread does. */
  readonly finish: number;
  readonly units: number;
}

const SEED = 7;

/**
 * Times the parts of whole steps in turn, so that each finds the caches as it does in a training. The same code as
 * a thread's, without other threads.
 */
export async function measureParts(network: ScalingNetwork, budgetMs: number): Promise<StepParts> {
  const { sizes, batchSize } = network;
  const batches = batchesOf(network);
  const { spec } = buildModel(requestOf(network), SEED);
  const layout = layOutModel(spec);
  const arena = new Arena(layout.end);
  const plan = compilePlan({
    spec,
    purpose: 'train',
    loss: sparseCategoricalCrossentropy(),
    optimizer: adam(),
    batchSize,
    shards: 'auto',
    slots: 1,
    threads: 1,
    begin: arena.used,
  });
  arena.attach(plan);
  const { memory } = arena;
  fillWeights(layout, memory.buffer);
  new StepState(plan, memory.buffer).initialize(plan.optimizer);
  const kernels = loadKernels();
  refresherOf(plan, kernels, memory)();

  const rows = randomRows(requestOf(network));
  const dataset = tensorDataset({ ...rows, featureShape: [sizes[0]] });
  const order = { chunkRows: dataset.chunkRows, windowBytesPerRow: 0, windowBytes: 1, seed: SEED };
  const filler = await BatchFiller.open({ dataset, batchSize, order, classes: plan.slots.classes });
  const source = await openParallelSource(dataset);
  if (source === null) throw new Error('expected data in memory to be parallel');
  const views = slotViews(memory.buffer, plan.slots, batchSize)[0];
  const runner = new StepRunner(plan, instantiateKernels(kernels, memory), memory.buffer, 0);

  let best: StepParts | null = null;
  const end = performance.now() + budgetMs;
  for (let epoch = 0; best === null || performance.now() < end; epoch++) {
    const sums = { order: 0, gather: 0, ranges: 0, finish: 0, units: 0 };
    filler.startEpoch(epoch);
    for (let step = 0; step < batches; step++) {
      const times = [performance.now()];
      void filler.fill(views, views.rowNumbers);
      times.push(performance.now());
      source.copyFeatures(views, 0, views.rowNumbers, 0, batchSize);
      times.push(performance.now());
      const ranges = runner.begin(epoch * batches + step, 0, batchSize);
      for (let range = 0; range < ranges; range++) runner.computeRange(range, true);
      times.push(performance.now());
      if (!runner.finishCompute(true)) throw new Error(`${sizes.join('-')}: the loss is not finite`);
      times.push(performance.now());
      for (let unit = 0; unit < plan.units.length; unit++) runner.reduceUnit(unit);
      times.push(performance.now());
      for (const [index, part] of PARTS.entries()) {
        sums[part] += ((times[index + 1] - times[index]) * 1e3) / batches;
      }
    }
    best = best === null ? sums : lesserParts(best, sums);
  }
  filler.close();
  source.close();
  return best;
}

const PARTS = ['order', 'gather', 'ranges', 'finish', 'units'] as const;

/** Each part at its best. */
export function lesserParts(a: StepParts, b: StepParts): StepParts {
  return {
    order: Math.min(a.order, b.order),
    gather: Math.min(a.gather, b.gather),
    ranges: Math.min(a.ranges, b.ranges),
    finish: Math.min(a.finish, b.finish),
    units: Math.min(a.units, b.units),
  };
}

function requestOf(network: ScalingNetwork): Parameters<typeof randomRows>[0] {
  const { sizes, batchSize } = network;
  const training = { sizes, batchSize, optimizer: 'adam', learningRate: 0.001 } as const;
  return { task: 'step', ...training, batches: batchesOf(network), budgetMs: 0, seed: SEED, setting: {} };
}

/** Small weights, so that losses and activations stay finite and half of the latter positive. */
function fillWeights({ parameters }: ReturnType<typeof layOutModel>, buffer: ArrayBufferLike): void {
  for (const { address, elements, shape } of parameters) {
    const weights = new Float32Array(buffer, address, elements);
    if (shape.length < 2) continue;
    const limit = Math.sqrt(6 / shape[0]);
    for (let i = 0; i < elements; i++) weights[i] = limit * Math.sin(i * 12.9898);
  }
}
