import type { Dataset } from '../data/dataset.ts';
import type { Driver } from '../runtime/driver.ts';
import { epochStart, makeSchedule, type Schedule, trainStepsOf } from '../runtime/schedule.ts';
import type { Callback, EpochMetrics } from './callbacks.ts';
import { checkData, checkLoss, checkMetrics } from './compatibility.ts';
import type { History } from './history.ts';
import {
  checkDataset,
  checkFitOptions,
  type CheckedFitOptions,
  type FitOptions,
  SLOTS,
  workerCount,
} from './options.ts';
import { progressLine } from './progressLine.ts';
import { ProgressMeter } from './progressMeter.ts';
import { fillerOptions, Run } from './run.ts';
import type { ModelState } from './state.ts';

/** Trains the model: see `Model.fit`. `hashWeights` is asked once, at the end. */
export async function fit(
  state: ModelState,
  dataset: Dataset,
  options: FitOptions,
  hashWeights: () => string,
): Promise<History> {
  const checked = checkFitOptions(options);
  const { loss, validation } = checked;
  checkLoss(state.spec, loss, 'fit');
  checkMetrics(checked.metrics, loss, 'fit');
  checkData(state.spec, state.layout, checkDataset(dataset, 'fit(dataset)'), loss, 'fit');
  if (validation !== undefined) checkData(state.spec, state.layout, validation, loss, 'fit.validation');
  checked.signal?.throwIfAborted();

  const run = new Run(state.arena, {
    spec: state.spec,
    purpose: 'train',
    loss,
    optimizer: checked.optimizer,
    batchSize: Math.min(checked.batchSize, dataset.rows),
    shards: checked.shards,
    slots: SLOTS,
    threads: workerCount(checked.workers),
  });
  const { batchSize } = run.plan;
  const schedule = makeSchedule({
    epochs: checked.epochs,
    trainSteps: Math.ceil(dataset.rows / batchSize),
    evaluationSteps: validation === undefined ? 0 : Math.ceil(validation.rows / batchSize),
    maxSteps: checked.maxSteps,
  });
  const showsProgress = checked.progress ?? process.stderr.isTTY;
  const callbacks = showsProgress ? [...checked.callbacks, progressLine(process.stderr)] : checked.callbacks;
  try {
    const driver = await run.start(schedule, {
      sources: {
        train: fillerOptions(dataset, run.plan, checked.shuffle ? checked.seed : null),
        evaluation: validation === undefined ? null : fillerOptions(validation, run.plan, null),
      },
      stepTimeout: checked.stepTimeout * 1000,
      signal: checked.signal ?? null,
      faults: checked.faults,
    });
    const { threads: workers, shardCount: shards } = run.plan;
    await each(callbacks, (callback) =>
      callback.onTrainBegin?.({ epochs: schedule.epochs, steps: schedule.trainSteps, batchSize, workers, shards }),
    );
    return await runEpochs(run, driver, schedule, checked, callbacks, hashWeights);
  } finally {
    await run.close();
    await each(callbacks, (callback) => callback.onTrainEnd?.());
  }
}

async function runEpochs(
  run: Run,
  driver: Driver,
  schedule: Schedule,
  options: CheckedFitOptions,
  callbacks: readonly Callback[],
  hashWeights: () => string,
): Promise<History> {
  const epochs: number[] = [];
  const metrics: Record<string, number[]> = {};
  const meter = new ProgressMeter(run, driver, schedule, options.metrics, callbacks);
  let seconds = 0;
  let rows = 0;
  let steps = 0;
  try {
    for (let epoch = 0; epoch < schedule.epochs; epoch++) {
      run.resetTotals();
      const begin = performance.now();
      meter.beginEpoch(epoch);
      await driver.runUntil(epochStart(schedule, epoch) + trainStepsOf(schedule, epoch));
      const trainSeconds = (performance.now() - begin) / 1000;
      await driver.runUntil(epochStart(schedule, epoch + 1));

      const values = epochMetrics(run, options);
      for (const [name, value] of Object.entries(values)) (metrics[name] ??= []).push(value);
      epochs.push(epoch + 1);
      seconds += trainSeconds;
      rows += run.trainedRows();
      steps += trainStepsOf(schedule, epoch);
      const end = {
        epoch: epoch + 1,
        epochs: schedule.epochs,
        metrics: values,
        seconds: trainSeconds,
        samplesPerSecond: run.trainedRows() / trainSeconds,
      };
      meter.pause();
      await each(callbacks, (callback) => callback.onEpochEnd?.(end));
    }
  } finally {
    meter.pause();
  }
  const { threads: workers, shardCount: shards } = run.plan;
  return {
    epochs,
    metrics,
    weightsHash: hashWeights(),
    steps,
    workers,
    shards,
    seconds,
    samplesPerSecond: rows / seconds,
  };
}

function epochMetrics(run: Run, options: CheckedFitOptions): EpochMetrics {
  const train = run.metrics(options.metrics, 'train');
  if (options.validation === undefined) return train;
  const evaluated = Object.entries(run.metrics(options.metrics, 'evaluate'));
  return {
    ...train,
    ...Object.fromEntries(evaluated.map(([name, value]) => [`val${name[0].toUpperCase()}${name.slice(1)}`, value])),
  };
}

/** Calls back in order, one after the other. */
async function each(callbacks: readonly Callback[], call: (callback: Callback) => void | Promise<void>): Promise<void> {
  for (const callback of callbacks) await call(callback);
}
