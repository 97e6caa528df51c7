import type { RegularizerSpec } from '../model/spec.ts';
import { type Argument, floatBits, type KernelCall } from '../ops/calls.ts';
import type { ParameterBlock } from '../ops/layer.ts';
import { operationOf } from '../ops/registry.ts';
import type { OptimizerRule } from '../optim/optimizer.ts';
import type { PlannedNode } from './layers.ts';
import type { ModelLayout } from './modelLayout.ts';
import type { PlannedBlock, Regularization, StateVector, WeightAverage } from './plan.ts';
import { THREAD } from './words.ts';

/** What updating and packing one parameter costs, in floating-point operations of a product: mostly memory traffic. */
const UPDATE_FLOPS = 75;

/** Of the numbers that `movingAverage` reads for a block of statistics (MOVING_AVERAGE_HYPER of the table of kernels). */
export const STATISTIC_BYTES = 8;

/** A layer's block, and which of the model's parameters it is a part of. */
export interface ModelBlock extends ParameterBlock {
  readonly parameter: number;
}

/** All pieces in which the model's parameters are summed and updated, in the order of the parameters. */
export function blocksOfModel(layout: ModelLayout, nodes: readonly PlannedNode[]): readonly ModelBlock[] {
  return nodes.flatMap(({ layer, spec, context }) => {
    const first = layout.parameters.findIndex((parameter) => parameter.layer === layer);
    const own = operationOf(spec).blocks(spec, context);
    return own.map((block) => ({ ...block, parameter: first + block.parameter }));
  });
}

/** Where the calls of blocks find what they work on. */
export interface BlockPlaces {
  readonly layout: ModelLayout;
  readonly rule: OptimizerRule | null;
  /** The optimizer's vectors, each a list by parameter. */
  readonly optimizerState: readonly (readonly StateVector[])[];
  /** The gradients that are kept, by parameter; empty when none are. */
  readonly kept: readonly StateVector[];
  /** Float64, one a block: sums of squares of the gradients kept. 0 when nobody asks for their norm. */
  readonly squares: number;
  /** See Plan.movingStatistics. */
  readonly movingStatistics: number;
  /** See Plan.regularization. */
  readonly regularization: Regularization | null;
  readonly average: WeightAverage | null;
  /** See Plan.hyper. */
  readonly hyper: number;
  readonly hyperBytes: number;
  /** In a thread's scratch: its line of words, and its partial sums. */
  readonly lineOffset: number;
  readonly levelOffset: number;
}

/** What is done with the gradient of one block, as kernel calls. */
export function planBlock(block: ModelBlock, index: number, places: BlockPlaces): PlannedBlock {
  const { layout, rule, optimizerState, kept, squares, regularization, hyper, hyperBytes } = places;
  const { average, lineOffset, levelOffset } = places;
  const { parameter, begin, elements: n, gradient, refresh, momentum = null } = block;
  const placeOf = ({ address }: { readonly address: number }): number => address + begin * 4;
  const progress = (word: number): Argument => ({ scratch: 1, one: lineOffset + word * 4 });
  const summed: Argument = { scratch: 1, one: levelOffset };
  const weights = placeOf(layout.parameters[parameter]);
  if (momentum !== null) {
    const move: KernelCall = {
      kernel: 'movingAverage',
      arguments: [weights, summed, places.movingStatistics + index * STATISTIC_BYTES, progress(THREAD.updated), n],
    };
    const nothing = { regularize: [], keep: [], square: [] };
    return { parameter, begin, elements: n, momentum, gradient, ...nothing, update: [move], refresh };
  }
  const regularizer = regularizerOf(layout, block);
  const keeps = kept.length > 0;
  const keep: KernelCall = {
    kernel: 'accumulate',
    arguments: [keeps ? placeOf(kept[parameter]) : 0, summed, { keep: 1 }, progress(THREAD.kept), n],
  };
  const square: KernelCall = {
    kernel: 'sumOfSquares',
    arguments: [squares + index * 8, keeps ? placeOf(kept[parameter]) : 0, n],
  };
  const update = rule?.update?.({
    weights,
    state: optimizerState.map((vectors) => placeOf(vectors[parameter])),
    gradient: keeps ? placeOf(kept[parameter]) : summed,
    hyper: hyper + parameter * hyperBytes,
    progress: progress(THREAD.updated),
    n,
  });
  const vector = average?.vectors.find((own) => own.parameter === parameter);
  const averaged: KernelCall[] =
    average === null || vector === undefined
      ? []
      : [
          {
            kernel: 'movingAverage',
            arguments: [...[placeOf(vector), weights, average.hyper], ...[progress(THREAD.averaged), n]],
          },
        ];
  return {
    parameter,
    begin,
    elements: n,
    momentum,
    gradient,
    regularize:
      regularizer === null || regularization === null
        ? []
        : [
            {
              kernel: 'regularize',
              arguments: [
                ...[regularization.penalties + index * 8, summed, weights],
                ...[regularization.weight, n, floatBits(regularizer.l1), floatBits(regularizer.l2)],
              ],
            },
          ],
    keep: keeps ? [keep] : [],
    square: squares === 0 ? [] : [square],
    update: update === undefined ? [] : [update, ...averaged],
    refresh: update === undefined ? [] : refresh,
  };
}

/** What is added to the loss for the weights of a block; null for nothing. */
export function regularizerOf({ parameters }: ModelLayout, { parameter }: ModelBlock): RegularizerSpec | null {
  const { regularizer, trainable } = parameters[parameter];
  return regularizer !== undefined && trainable ? regularizer : null;
}

/** What a block costs in a batch, in floating-point operations. */
export function costOf(block: ModelBlock, batchSize: number): number {
  return block.flopsPerRow * batchSize + block.elements * UPDATE_FLOPS;
}
