import type { Dataset } from '../data/dataset.ts';
import type { Driver } from '../runtime/driver.ts';
import { epochStart, makeSchedule, type Schedule, trainStepsOf } from '../runtime/schedule.ts';
import { weightNotFinite } from '../runtime/stepErrors.ts';
import type { Callback, EpochMetrics } from './callbacks.ts';
import { checkData, checkLoss, checkMetrics } from './compatibility.ts';
import { fitRequest } from './fitRequest.ts';
import type { History } from './history.ts';
import { checkDataset, checkFitOptions, type CheckedFitOptions, type FitOptions } from './options.ts';
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
  checkDataset(dataset, 'fit(dataset)');
  const checked = checkFitOptions(options);
  const { loss, validation } = checked;
  checkLoss(state.spec, loss, 'fit');
  checkMetrics(checked.metrics, loss, 'fit');
  checkData(state.spec, state.layout, dataset, loss, 'fit');
  if (validation !== undefined) checkData(state.spec, state.layout, validation, loss, 'fit.validation');
  checked.signal?.throwIfAborted();

  const run = new Run(state.arena, fitRequest(state.spec, state.layout, dataset.rows, checked));
  const { batchSize } = run.plan;
  const schedule = makeSchedule({
    epochs: checked.epochs,
    trainSteps: Math.ceil(dataset.rows / batchSize),
    evaluationSteps: validation === undefined ? 0 : Math.ceil(validation.rows / batchSize),
    maxSteps: checked.maxSteps,
  });
  const showsProgress = checked.progress ?? process.stderr.isTTY;
  const callbacks = showsProgress ? [...checked.callbacks, progressLine(process.stderr)] : checked.callbacks;
  // Ends the run between two steps when a callback throws while steps go on.
  const stop = new AbortController();
  const signals = checked.signal === undefined ? [stop.signal] : [checked.signal, stop.signal];
  let failed = true;
  try {
    const driver = await run.start(schedule, {
      sources: {
        train: fillerOptions(dataset, run.plan, checked.shuffle ? checked.seed : null),
        evaluation: validation === undefined ? null : fillerOptions(validation, run.plan, null),
      },
      stepTimeout: checked.stepTimeout * 1000,
      signal: AbortSignal.any(signals),
      faults: checked.faults,
    });
    const { threads: workers, shardCount: shards } = run.plan;
    await each(callbacks, (callback) =>
      callback.onTrainBegin?.({ epochs: schedule.epochs, steps: schedule.trainSteps, batchSize, workers, shards }),
    );
    const meter = new ProgressMeter(run, driver, schedule, checked.metrics, callbacks, (error) => stop.abort(error));
    try {
      const { rows, ...record } = await runEpochs({ state, run, driver, schedule, meter, callbacks, options: checked });
      checkWeights(state, record.steps);
      failed = false;
      return { ...record, weightsHash: hashWeights(), workers, shards, samplesPerSecond: rows / record.seconds };
    } finally {
      meter.stop();
    }
  } finally {
    await run.close();
    await endAll(callbacks, failed);
  }
}

/** What the epochs leave for the history. */
interface RunRecord {
  readonly epochs: number[];
  readonly metrics: { [name: string]: number[] };
  seconds: number;
  rows: number;
  steps: number;
}

interface Epochs {
  readonly state: ModelState;
  readonly run: Run;
  readonly driver: Driver;
  readonly schedule: Schedule;
  readonly meter: ProgressMeter;
  readonly callbacks: readonly Callback[];
  readonly options: CheckedFitOptions;
}

async function runEpochs({ state, run, driver, schedule, meter, callbacks, options }: Epochs): Promise<RunRecord> {
  const record: RunRecord = { epochs: [], metrics: {}, seconds: 0, rows: 0, steps: 0 };
  const writesWeights = callbacks.some((callback) => callback.onEpochEnd !== undefined);
  for (let epoch = 0; epoch < schedule.epochs; epoch++) {
    run.resetTotals();
    // A callback may have written to the weights, of which threads hold packed copies.
    if (epoch > 0 && writesWeights) run.refresh();
    state.phase = 'stepping';
    const begin = performance.now();
    meter.beginEpoch(epoch);
    await driver.runUntil(epochStart(schedule, epoch) + trainStepsOf(schedule, epoch));
    const seconds = (performance.now() - begin) / 1000;
    await driver.runUntil(epochStart(schedule, epoch + 1));
    meter.endEpoch();
    state.phase = 'resting';

    const metrics = epochMetrics(run, options);
    for (const [name, value] of Object.entries(metrics)) (record.metrics[name] ??= []).push(value);
    record.epochs.push(epoch + 1);
    record.seconds += seconds;
    record.rows += run.trainedRows();
    record.steps += trainStepsOf(schedule, epoch);
    const samplesPerSecond = run.trainedRows() / seconds;
    const end = { epoch: epoch + 1, epochs: schedule.epochs, metrics, seconds, samplesPerSecond };
    await each(callbacks, (callback) => callback.onEpochEnd?.(end));
  }
  return record;
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

/** Every callback hears of the end. What one throws there counts only when the run itself has not failed. */
async function endAll(callbacks: readonly Callback[], failed: boolean): Promise<void> {
  const errors: unknown[] = [];
  for (const callback of callbacks) {
    try {
      await callback.onTrainEnd?.();
    } catch (error) {
      errors.push(error);
    }
  }
  if (!failed && errors.length > 0) throw errors[0];
}

/** A loss may be finite and the update that follows it overflow: a run must not end well with weights that are lost. */
function checkWeights({ layout, arena }: ModelState, steps: number): void {
  for (const { name, address, elements } of layout.parameters) {
    const data = new Float32Array(arena.memory.buffer, address, elements);
    // Only finite numbers differ from themselves by 0.
    const index = data.findIndex((value) => !(value - value === 0));
    if (index >= 0) throw weightNotFinite(steps, name, data[index]);
  }
}
