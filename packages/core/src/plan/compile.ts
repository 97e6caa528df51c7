import { GEMM_DEPTH } from '@lockstep/kernels';
import { elementCount } from '../model/spec.ts';
import type { Argument, KernelCall } from '../ops/calls.ts';
import { lossOperation } from '../ops/losses.ts';
import { LOSS_SUMS } from '../ops/lossSums.ts';
import { ruleOf } from '../optim/registry.ts';
import { cutBatch } from './batchCut.ts';
import { blocksOfModel, costOf, planBlock, regularizerOf, STATISTIC_BYTES } from './blocks.ts';
import { hasCustomGradients, planCustomLayers, planCustomLoss } from './customLayers.ts';
import { dataColumnsOfDense, layerPlaces } from './layerPlaces.ts';
import { type PlannedLayers, planLayers } from './layers.ts';
import { MemoryMapBuilder, type Region } from './memoryMap.ts';
import { layOutModel, type ModelLayout } from './modelLayout.ts';
import {
  FEATURE_SCALE,
  type Plan,
  type PlannedBlock,
  type PlanRequest,
  type ScratchLayout,
  type SlotLayout,
  STEP_STATE,
  type StateVector,
  isTraining,
  type WeightAverage,
} from './plan.ts';
import { blocksOf } from './rowRanges.ts';
import { KEY_OFFSET, levelOffset, LINE_OFFSET } from './scratch.ts';
import { summationTree, treeLevels } from './summationTree.ts';
import { planTallies } from './tallies.ts';
import { groupBlocks } from './units.ts';
import { planWindows } from './windows.ts';
import { BARRIER, barrierSetWords, CONTROL_BYTES } from './words.ts';

/** Model, loss, optimizer, batch and shard sizes → plan. Throws MEMORY_EXCEEDED before anything is allocated. */
export function compilePlan(request: PlanRequest): Plan {
  const { spec, batchSize } = request;
  const layout = layOutModel(spec);
  const map = new MemoryMapBuilder(request.begin);
  const cut = cutBatch(spec, batchSize, request.shards, isTraining(request));
  const { shardCount, shardRows } = cut;

  const zeroed: Region[] = [];
  const reserveZeroed = (name: string, bytes: number): number => {
    const offset = map.reserve(name, bytes);
    zeroed.push({ name, offset, bytes });
    return offset;
  };
  const control = reserveZeroed('control words', CONTROL_BYTES);
  const barrier = reserveZeroed('barrier words', BARRIER.sets * barrierSetWords(request.threads) * 4);
  const lossSums = reserveZeroed('loss sums', blocksOf(batchSize) * LOSS_SUMS.count * 8);
  const slots = layOutSlots(request, layout, map);
  const layers = planLayers(request, layout, map, slots, shardCount);
  const { nodes } = layers;
  const layersOfPlan = layerPlaces(spec, layout, layers.matrices);
  const looksAtFeatures = request.purpose === 'train' && dataColumnsOfDense(layersOfPlan).length > 0;
  const featureScale = looksAtFeatures ? reserveZeroed('largest feature', FEATURE_SCALE.count * 8) : null;
  const withGradients = request.purpose === 'train' || request.purpose === 'gradients';

  const { optimizer } = request;
  const rule = optimizer === null ? null : ruleOf(optimizer);
  const stateVectors = optimizer === null || rule === null ? [] : rule.stateVectors(optimizer);
  const { accumulates = false, clip = null } = request;
  const hyperCount = rule?.hyperCount ?? 0;
  const hyperBytes = clip?.of === 'parameter' ? Math.ceil(hyperCount / 16) * 64 : 0;
  const hyper = map.reserve('optimizer hyperparameters', hyperBytes * layout.parameters.length || hyperCount * 4);
  const totalsBegin = STEP_STATE.scalars + (rule?.scalarCount ?? 0);
  const tallies = planTallies(request, layers, map, totalsBegin);
  const stepStateCount = tallies === null ? totalsBegin : tallies.evaluate + tallies.totals;
  const stepState = reserveZeroed('step state', 2 * stepStateCount * 8);
  const updatesApart = optimizer !== null && (clip !== null || hasCustomGradients(layout, nodes));
  const searches = rule !== null && rule.update === undefined;
  const keeps = request.purpose === 'gradients' || accumulates || updatesApart || searches;
  /** By parameter; those that are not trained have none of it. */
  const all = [...layout.parameters.keys()];
  const vectorsOf = (name: string, parameters: readonly number[] = all): StateVector[] =>
    parameters.map((parameter) => {
      const { name: own, elements: size, trainable } = layout.parameters[parameter];
      const elements = trainable ? size : 0;
      const address = reserveZeroed(`${name} of ${own}`, elements * 4);
      return { name, parameter, address, elements };
    });
  const kept = keeps ? vectorsOf('gradient') : [];
  const optimizerState = stateVectors.map((name) => vectorsOf(name));

  const average = averageOf(request, layout, map, vectorsOf);

  // Statistics move with the steps of a training alone.
  const modelBlocks = (withGradients ? blocksOfModel(layout, nodes) : []).filter(
    ({ momentum }) => momentum === undefined || request.purpose === 'train',
  );
  const squares = clip === null ? 0 : reserveZeroed('squares of gradients', modelBlocks.length * 8);
  const movingStatistics = modelBlocks.some(({ momentum }) => momentum !== undefined)
    ? map.reserve('numbers of moving statistics', modelBlocks.length * STATISTIC_BYTES)
    : 0;
  const regularized = modelBlocks.some((block) => regularizerOf(layout, block) !== null);
  const regularization = regularized
    ? {
        weight: map.reserve('weight of the batch', 4),
        penalties: reserveZeroed('penalties of weights', modelBlocks.length * 8),
      }
    : null;
  const doneRanges = reserveZeroed('ranges done', blocksOf(batchSize) * 4);
  const doneBlocks = reserveZeroed('blocks done', modelBlocks.length * 4);
  const offsets = {
    ...{ lineOffset: LINE_OFFSET, keyOffset: KEY_OFFSET },
    levelOffset: levelOffset(layers.randomKeys.length),
  };
  const places = {
    ...{ layout, rule, optimizerState, kept, squares, movingStatistics, regularization, average, hyper, hyperBytes },
    ...offsets,
  };
  const blocks = modelBlocks.map((block, index) => planBlock(block, index, places));
  const scratch = layOutScratch(request, map, blocks, shardCount, shardRows, offsets);
  const { windows: wanted = null } = request;
  const windows = wanted === null ? null : planWindows(wanted, map, reserveZeroed);

  return {
    version: 1,
    batchSize,
    ...cut,
    threads: request.threads,
    optimizer: request.optimizer,
    clip,
    updatesApart,
    control,
    barrier,
    lossSums,
    stepState,
    stepStateCount,
    hyper,
    hyperBytes,
    doneRanges,
    doneBlocks,
    slots,
    windows,
    output: layers.output,
    featureScale,
    layers: layersOfPlan,
    tallies,
    scratch,
    randomKeys: layers.randomKeys,
    forward: layers.forward,
    evaluation: layers.evaluation,
    loss: lossCalls(request, layers, slots, lossSums),
    backward: layers.backward,
    refresh: layers.refresh,
    blocks,
    units: groupBlocks(modelBlocks.map((block) => costOf(block, batchSize))),
    gradients: kept.map(({ address }) => address),
    squares,
    movingStatistics,
    regularization,
    average,
    state: [...optimizerState, accumulates ? kept : [], average?.vectors ?? []]
      .flat()
      .filter(({ elements }) => elements > 0),
    customLayers: planCustomLayers(layout, nodes),
    customLoss: planCustomLoss(request.loss, layers.output.columns, slots.labelWidth),
    zeroed,
    memory: map.finish(windows === null ? '' : ' A smaller windowBytes takes less memory for the data, too.'),
  };
}

function averageOf(
  { averageDecay: decay = null }: PlanRequest,
  { parameters }: ModelLayout,
  map: MemoryMapBuilder,
  vectorsOf: (name: string, parameters: readonly number[]) => StateVector[],
): WeightAverage | null {
  if (decay === null) return null;
  const trained = [...parameters.keys()].filter((parameter) => parameters[parameter].trainable);
  const vectors = vectorsOf('average', trained).map((own) => ({ ...own, weights: parameters[own.parameter].address }));
  return { decay, hyper: map.reserve('decay of the average', 8), vectors };
}

function layOutSlots(request: PlanRequest, layout: ModelLayout, map: MemoryMapBuilder): SlotLayout {
  const { batchSize, spec, slots: count } = request;
  const featureWidth = elementCount(spec.inputShape);
  const { outputs } = layout;
  const loss = request.loss === null ? null : lossOperation(request.loss, spec);
  const labelKind = loss?.labelKind ?? 'values';
  const labelWidth = loss?.labelWidth(outputs) ?? 0;
  const slot = new MemoryMapBuilder(0);
  const features = slot.reserve('features', batchSize * featureWidth * 4);
  const labels = slot.reserve('labels', batchSize * labelWidth * 4);
  const sampleWeights = slot.reserve('sample weights', batchSize * 4);
  const rowNumbers = slot.reserve('row numbers', batchSize * 4);
  const bytes = slot.finish().end;
  const address = map.reserve(`${count} batch slots`, count * bytes);
  const classes = labelKind === 'classIndex' ? outputs : 0;
  const places = { features, labels, sampleWeights, rowNumbers };
  const probabilities = loss?.probabilityLabels ?? false;
  return { count, address, bytes, ...places, featureWidth, labelKind, labelWidth, classes, probabilities };
}

/** The loss of a block of rows, and the gradient of the model's output where it is wanted. */
function lossCalls(
  { loss, spec, purpose }: PlanRequest,
  { output, outputGradient }: PlannedLayers,
  slots: SlotLayout,
  lossSums: number,
): readonly KernelCall[] {
  if (loss === null) return [];
  const place = (offset: number, rowBytes: number): Argument => ({
    one: slots.address + offset,
    start: rowBytes,
    slot: slots.bytes,
  });
  const labels = place(slots.labels, slots.labelWidth * 4);
  const weights = place(slots.sampleWeights, 4);
  const sums = { one: lossSums, rowBlock: LOSS_SUMS.count * 8 };
  const training = purpose === 'train' || purpose === 'gradients';
  return [lossOperation(loss, spec).call({ gradient: outputGradient, sums, output, labels, weights }, training)];
}

function layOutScratch(
  request: PlanRequest,
  map: MemoryMapBuilder,
  blocks: readonly PlannedBlock[],
  shardCount: number,
  shardRows: number,
  offsets: Pick<ScratchLayout, 'lineOffset' | 'keyOffset' | 'levelOffset'>,
): ScratchLayout {
  // Chains longer than the kernels' blocks of k are kept in one more, and so are sums that a kernel makes before it adds them.
  const sumsApart = blocks.some(({ gradient }) => gradient.kernel === 'embeddingGradient');
  const levels = treeLevels(summationTree(shardCount)) + (shardRows > GEMM_DEPTH || sumsApart ? 1 : 0);
  const levelBytes = Math.max(0, ...blocks.map((block) => Math.ceil(block.elements / 16) * 64));
  const bytesPerThread = offsets.levelOffset + levels * levelBytes;
  const address = map.reserve(`scratch of ${request.threads} threads`, request.threads * bytesPerThread);
  return { address, bytesPerThread, ...offsets, levels, levelBytes };
}
