/**
 * Lockstep's loading and nothing else: the threads of a run, with the loader's, its windows, its slots and its barriers,
 * whose plan has nothing to compute. A step begins when its batch is there, gathers what threads have to gather, and ends;
 * so the time of an epoch is that of making all of its batches.
 */
import { arrowDataset } from '@lockstep/arrow';
import { flatten, loadKernels, sequential } from '@lockstep/core';
import {
  Arena,
  compilePlan,
  epochStart,
  DEFAULT_WINDOW_BYTES,
  fileOrder,
  fillerOptions,
  InlineDriver,
  layOutModel,
  makeSchedule,
  PooledDriver,
  shuffledOrder,
  StepState,
  threadsAndSlots,
  windowsAndReaders,
  windowsRequest,
  writeRunNumbers,
} from '../harness/internals.ts';
import { BATCH_ROWS } from './batchRows.ts';
import type { BatchesRequest } from './protocol.ts';
import { answer, timePasses } from './timePasses.ts';

/** More than the budget can hold. */
const EPOCHS = 1_000_000;
const SEED = 7;

const request = JSON.parse(process.argv.at(-1)!) as BatchesRequest;
const { features, file, label, scale, shuffle, threads } = request;
const dataset = await arrowDataset(file, { features, label, scale });
const { driver, schedule } = await startRun();
// The loader is ahead of the steps all the time, into the next epoch too: at the end of each it is as far ahead as before.
let epoch = 0;
const milliseconds = await timePasses(request, () => driver.runUntil(epochStart(schedule, ++epoch)));
await driver.close();
answer(dataset.rows * dataset.featureShape[0] * Float32Array.BYTES_PER_ELEMENT, milliseconds);

async function startRun() {
  const { spec } = sequential([flatten()], { inputShape: dataset.featureShape });
  const layout = layOutModel(spec);
  const batchSize = Math.min(BATCH_ROWS, dataset.rows);
  const arena = new Arena(0);
  // Of a run with threads: one that gathers has a ring of slots too.
  const { slots } = threadsAndSlots(
    threads === 0 ? 1 : Math.max(2, threads),
    spec,
    layout,
    batchSize,
    false,
    'auto',
    true,
  );
  const order = shuffle ? shuffledOrder(dataset, SEED, DEFAULT_WINDOW_BYTES) : fileOrder(dataset, batchSize);
  const windows = windowsRequest(
    null,
    { dataset, order },
    windowsAndReaders(threads === 0 ? 1 : Math.max(2, threads), 'auto', dataset),
  );
  const compiled = compilePlan({
    spec,
    purpose: 'evaluate',
    loss: { kind: 'sparseCategoricalCrossentropy', fromLogits: false, labelSmoothing: 0 },
    optimizer: null,
    batchSize,
    shards: 'auto',
    slots,
    windows,
    threads: Math.max(1, threads),
    begin: arena.used,
  });
  // The loss is what says that labels are classes, and are to be checked. It is not computed, nor is the output, which would be
  // a copy of the features.
  const plan = { ...compiled, loss: [], evaluation: [] };
  arena.attach(plan);
  if (plan.windows !== null && windows !== null) writeRunNumbers(plan.windows, windows, arena.memory.buffer);
  new StepState(plan, arena.memory.buffer).initialize(null);
  const steps = Math.ceil(dataset.rows / batchSize);
  const epochs = makeSchedule({ epochs: EPOCHS, trainSteps: 0, evaluationSteps: steps });
  const Driver = threads === 0 ? InlineDriver : PooledDriver;
  const started = await Driver.start({
    run: { memory: arena.memory, plan, kernels: loadKernels(), schedule: epochs },
    code: { layers: [], loss: null },
    sources: { train: null, evaluation: fillerOptions(dataset, plan, order) },
    stepTimeout: 60_000,
    signal: null,
    restarts: { most: 0, onRestart: () => undefined },
    faults: [],
  });
  return { driver: started, schedule: epochs };
}
