import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadKernels } from '@lockstep/kernels';
import { expect, test } from 'vitest';
import type { FeatureRun } from '../data/dataset.ts';
import { openSource } from '../data/tensorSource.ts';
import { buildSpec } from '../model/build.ts';
import { dropout } from '../model/dropoutLayer.ts';
import { customLayersOf } from '../model/customLayers.ts';
import { dense, type Layer } from '../model/layers.ts';
import type { TallySpec } from '../metrics/tally.ts';
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from '../model/losses.ts';
import { batchNormalization } from '../model/normalizationLayers.ts';
import { adam } from '../optim/adam.ts';
import type { OptimizerSpec } from '../optim/optimizer.ts';
import { sgd } from '../optim/sgd.ts';
import { compilePlan } from '../plan/compile.ts';
import { layOutModel } from '../plan/modelLayout.ts';
import type { ClipNorm } from '../plan/plan.ts';
import { ROW_NUMBER } from '../plan/words.ts';
import { scaled } from '../testing/scaled.ts';
import { Arena, barrierWords, controlWords } from './arena.ts';
import { Barrier } from './barrier.ts';
import { slotViews } from './batchSlots.ts';
import { phaseOf, STAGE, WORD } from './control.ts';
import { functionsOf } from './functions.ts';
import { createRowTallies } from './rowTallies.ts';
import { makeSchedule, ScheduleCursor } from './schedule.ts';
import { completeStep, wakeLoader } from './stepEnd.ts';
import { StepRunner } from './stepRunner.ts';
import { StepState } from './stepState.ts';
import { WindowGather } from './windowGather.ts';

/**
 * Nothing is allocated in a step. A thread's step, with all that compute.ts does for it, is run thousands of times
 * between two looks at the heap, in several rounds: what a step allocates shows in every round, while V8's own work
 * (compiling what is hot; boxing fractions until it has) shows in the first ones. So the least round is the answer.
 * It was 0.12 bytes a step for each of them: the 600 bytes that the two looks themselves take.
 */
const STEPS = 5000;
const ROUNDS = 15;

const collect = exposeCollector();

const OUTPUTS = 10;
/** The 24 features of a row, as windows hold them. */
const RUNS: readonly FeatureRun[] = [
  { kind: 'uint8', width: 20, subtract: 0, factor: 1 / 255 },
  { kind: 'float64', width: 4, subtract: [1, 2, 3, 4], factor: 1 },
];
/** Every kind of tally, for labels of either kind. */
const OF_CLASSES: readonly TallySpec[] = (['classes', 'confusion'] as const).map((kind) => ({
  ...{ kind, outputs: OUTPUTS, labelKind: 'classIndex' },
}));
const OF_VALUES: readonly TallySpec[] = [
  { kind: 'topK', k: 3, outputs: OUTPUTS, labelKind: 'values' },
  { kind: 'yesNo', threshold: 0.1, yesAbove: 0.5, outputs: OUTPUTS },
  { kind: 'yesNoConfusion', threshold: 0.1, yesAbove: 0.5 },
  { kind: 'scores', from: 'probability', yesAbove: 0.5, labelKind: 'values' },
  { kind: 'errors', activation: 'softmax', outputs: OUTPUTS },
];

test.each([
  { name: 'sgd', optimizer: sgd({ momentum: 0.9, nesterov: true }), kept: null },
  { name: 'adam', optimizer: adam(), kept: null },
  { name: 'adam, gradients added up and clipped', optimizer: adam(), kept: 'model' as const },
  { name: 'adam, gradients added up and clipped by parameter', optimizer: adam(), kept: 'parameter' as const },
  { name: 'adam, with a layer of a user', optimizer: adam(), kept: null, more: [scaled()] },
  { name: 'dropout and batch normalization', optimizer: sgd(), kept: null, more: [batchNormalization(), dropout(0.5)] },
  { name: 'metrics of classes', optimizer: sgd(), kept: null, tallies: OF_CLASSES },
  { name: 'metrics of values', optimizer: sgd(), kept: null, tallies: OF_VALUES },
  { name: 'features gathered from windows', optimizer: sgd(), kept: null, windows: true },
])('a thread allocates nothing in a step, $name', async (options) => {
  const { optimizer, kept, more = [], tallies = [], windows = false } = options;
  expect(await leastAllocation(createStep(optimizer, kept, more, tallies, windows))).toBeLessThan(1);
});

test('the method sees one small object a step', async () => {
  const kept: { step: number }[] = Array.from({ length: 8 }, () => ({ step: 0 }));
  let count = 0;
  const least = await leastAllocation(() => {
    kept[count & 7] = { step: count++ };
  });
  expect(least).toBeGreaterThan(8);
});

/** Bytes a step by which the heap grew, in the round with the least; rounds end early once nothing is allocated. */
async function leastAllocation(step: () => void): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS && least > 0.5; round++) {
    const { bytes, collections } = await allocatedBy(step, STEPS);
    // A collection would hide growth; where nothing grows there is none. Its entry may come late: shrinking tells of it too.
    if (collections === 0 && bytes >= 0) least = Math.min(least, bytes / STEPS);
  }
  return least;
}

async function allocatedBy(step: () => void, steps: number): Promise<{ bytes: number; collections: number }> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  observer.observe({ entryTypes: ['gc'] });
  const before = getHeapStatistics().used_heap_size;
  for (let i = 0; i < steps; i++) step();
  const after = getHeapStatistics().used_heap_size;
  // Entries are handed over in a later turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  observer.disconnect();
  return { bytes: after - before, collections };
}

/** One step as a thread of compute.ts does it, alone in its run: batches of 64 rows, a ragged one now and then. */
function createStep(
  optimizer: OptimizerSpec,
  kept: ClipNorm['of'] | null,
  more: readonly Layer[],
  tallies: readonly TallySpec[],
  inWindows: boolean,
): () => void {
  const layers = [dense(32, { activation: 'relu' }), ...more, dense(OUTPUTS, { activation: 'softmax' })];
  const spec = buildSpec(layers, { inputShape: [24] });
  const layout = layOutModel(spec);
  const arena = new Arena(layout.end);
  const plan = compilePlan({
    spec,
    purpose: 'train',
    loss: tallies === OF_VALUES ? categoricalCrossentropy() : sparseCategoricalCrossentropy(),
    tallies,
    optimizer,
    batchSize: 64,
    accumulates: kept !== null,
    clip: kept === null ? null : { norm: 0.5, of: kept },
    shards: 'auto',
    slots: 4,
    windows: inWindows ? { slots: 2, readers: 1, bytes: 4096, train: RUNS, evaluation: null } : null,
    threads: 1,
    begin: arena.used,
  });
  arena.attach(plan);
  const { buffer } = arena.memory;
  const control = controlWords(buffer, plan);
  new StepState(plan, buffer).initialize(optimizer);
  const kernels = functionsOf(
    { plan, kernels: loadKernels(), memory: arena.memory },
    { layers: customLayersOf(spec), loss: null },
  );
  const runner = new StepRunner(plan, kernels, buffer, 0, null, createRowTallies(plan, kernels, buffer));
  const barrier = new Barrier(control, barrierWords(buffer, plan), 1, 0);
  const views = slotViews(buffer, plan.slots, plan.batchSize);
  const features = openSource({
    ...{ name: 'test', featureWidth: 24, labelWidth: 1, sampleWeights: null },
    ...{ features: new Float32Array(new SharedArrayBuffer(24 * 4)), labels: new Int32Array(1) },
  });
  const windows = WindowGather.of(plan, 'train', kernels, buffer);
  if (windows !== null) {
    for (const { rowNumbers } of views)
      rowNumbers.forEach((_, i) => (rowNumbers[i] = ((i >> 3) & 1) << ROW_NUMBER.slotShift));
  }
  const schedule = makeSchedule({ epochs: 1e6, trainSteps: 7, evaluationSteps: 2, accumulate: kept === null ? 1 : 2 });
  const cursor = new ScheduleCursor(schedule);
  Atomics.store(control, WORD.limit, 0x7fff_ffff);
  return () => {
    const { sequence, training, beginsUpdate, updates, stepLow, stepHigh } = cursor;
    const slot = (sequence >>> 0) % plan.slots.count;
    const rows = sequence % 5 === 4 ? 37 : 64;
    runner.countStep(stepLow, stepHigh);
    const ranges = runner.begin(sequence, slot, rows, beginsUpdate, training && updates);
    const compute = phaseOf(sequence, STAGE.compute);
    for (let range = barrier.claim(compute); range < ranges; range = barrier.claim(compute)) {
      const start = runner.rangeStart(range);
      if (windows === null) {
        features.copyFeatures(views[slot], start, views[slot].rowNumbers, start, runner.rangeRows(range));
      } else windows.gather(slot, start, runner.rangeRows(range));
      runner.computeRange(range, training);
    }
    if (!barrier.hasArrived(compute) && barrier.arrive(compute)) {
      runner.finishCompute(training);
      barrier.open(phaseOf(sequence, STAGE.reduce));
    }
    for (let unit = 0; training && unit < plan.units.length; unit++) runner.reduceUnit(unit);
    if (barrier.arrive(phaseOf(sequence, STAGE.reduce))) {
      runner.finishReduce();
      barrier.open(phaseOf(sequence, STAGE.update));
    }
    for (let unit = 0; plan.updatesApart && training && updates && unit < plan.units.length; unit++)
      runner.updateUnit(unit);
    if (barrier.arrive(phaseOf(sequence, STAGE.update))) {
      completeStep(control, sequence);
      barrier.open(phaseOf(sequence + 1, STAGE.compute));
      wakeLoader(control);
    }
    cursor.advance();
  };
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
