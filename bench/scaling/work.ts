import { adam, compilePlan, layOutModel, type Plan, sparseCategoricalCrossentropy } from '@lockstep/core';
import { BLOCK_ROWS, blocksOf, rowRanges } from '../harness/internals.ts';
import { buildModel } from '../peers/lockstep.ts';
import type { ScalingNetwork } from './networks.ts';

/** What a range of rows takes, counted. */
export interface RangeCounts {
  readonly rows: number;
  readonly calls: number;
  readonly operations: number;
}

/** What a unit of parameter blocks takes, counted. */
export interface UnitCounts {
  readonly calls: number;
  readonly operations: number;
  readonly parameters: number;
  /** Bytes of inputs that only this unit reads; and of output gradients that all units of the layer read. */
  readonly inputBytes: number;
  readonly gradientBytes: number;
  /** Units of the layer. */
  readonly siblings: number;
}

/** A step as the plan has it: everything that threads claim, counted but not yet timed. */
export interface StepCounts {
  readonly network: ScalingNetwork;
  readonly blocks: number;
  readonly parameters: number;
  /** Packed weights in all forms that a range reads, and activations and their gradients of the whole batch. */
  readonly weightBytes: number;
  readonly activationBytes: number;
  /** In the order in which so many threads claim them. */
  rangesFor(threads: number): readonly RangeCounts[];
  readonly units: readonly UnitCounts[];
}

/** Rows and columns of a register tile: a product takes as long as the whole tiles that cover it. */
const TILE = { rows: 6, columns: 16 };

export function countStep(network: ScalingNetwork): StepCounts {
  const { sizes, batchSize } = network;
  const plan = planOf(network);
  const widths = sizes.slice(1);
  const elements = plan.blocks.reduce((sum, block) => sum + block.elements, 0);
  const operationsOfRow = widths.reduce(
    (sum, units, layer) =>
      sum +
      2 * sizes[layer] * whole(units, TILE.columns) +
      (layer > 0 ? 2 * units * whole(sizes[layer], TILE.columns) : 0),
    0,
  );
  const rangeOf = ([first, end]: readonly [number, number]): RangeCounts => {
    const rows = Math.min(batchSize, end * BLOCK_ROWS) - first * BLOCK_ROWS;
    const calls = plan.forward.length + (end - first) * plan.loss.length + plan.backward.length;
    return { rows, calls, operations: operationsOfRow * whole(rows, TILE.rows) };
  };
  const blocks = blocksOf(batchSize);
  return {
    network,
    blocks,
    parameters: elements,
    weightBytes: 4 * widths.reduce((sum, units, layer) => sum + (layer > 0 ? 2 : 1) * units * sizes[layer], 0),
    activationBytes: 4 * batchSize * (sizes[0] + 2 * widths.reduce((sum, units) => sum + units, 0)),
    rangesFor: (threads) => rowRanges(blocks, threads).map(rangeOf),
    units: plan.units.map((unit) => countUnit(plan, sizes, unit)),
  };
}

function planOf({ sizes, batchSize }: ScalingNetwork): Plan {
  const network = { sizes, batchSize, optimizer: 'adam', learningRate: 0.001 } as const;
  const { spec } = buildModel(network, 1);
  return compilePlan({
    spec,
    purpose: 'train',
    loss: sparseCategoricalCrossentropy(),
    optimizer: adam(),
    batchSize,
    shards: 'auto',
    slots: 4,
    threads: 1,
    begin: layOutModel(spec).end,
  });
}

function countUnit(plan: Plan, sizes: readonly number[], [first, end]: readonly [number, number]): UnitCounts {
  let [calls, operations, parameters, inputBytes] = [0, 0, 0, 0];
  const layers = new Set<number>();
  for (const { gradient, update, refresh, elements, parameter } of plan.blocks.slice(first, end)) {
    calls += plan.shardCount + update.length + refresh.length;
    operations += (gradient.kernel === 'gemm' ? 2 : 1) * elements * plan.batchSize;
    parameters += elements;
    const layer = layerOf(parameter);
    layers.add(layer);
    if (gradient.kernel === 'gemm') inputBytes += (4 * plan.batchSize * elements) / sizes[layer + 1];
  }
  const gradientBytes = 4 * plan.batchSize * Array.from(layers).reduce((sum, layer) => sum + sizes[layer + 1], 0);
  const siblings = plan.units.filter(([at]) => layers.has(layerOf(plan.blocks[at].parameter))).length;
  return { calls, operations, parameters, inputBytes, gradientBytes, siblings };
}

/** A kernel and a bias for each layer. */
function layerOf(parameter: number): number {
  return parameter >> 1;
}

function whole(count: number, step: number): number {
  return Math.ceil(count / step) * step;
}
