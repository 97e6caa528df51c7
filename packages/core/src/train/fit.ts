import { requireSame } from '../checkpoint/identity.ts';
import type { Dataset } from '../data/dataset.ts';
import { metricName } from '../metrics/metric.ts';
import type { RestartPolicy, ThreadRestart } from '../runtime/restarts.ts';
import { makeSchedule, type Schedule } from '../runtime/schedule.ts';
import { weightNotFinite } from '../runtime/stepErrors.ts';
import { checkCallbackNames, restoreCallbacks } from './callbackStates.ts';
import type { Callback, TrainedModel } from './callbacks.ts';
import { Checkpointer, NO_CHECKPOINTS } from './checkpointer.ts';
import { classWeightsOf } from './classWeights.ts';
import { checkData, checkDataset, checkLearns, checkLossFits, checkTotals } from './compatibility.ts';
import { dataOfFit, type DataOfFit, describeFastDevRun } from './dataOfFit.ts';
import { fitMeasures, fitRequest, orderedData } from './fitRequest.ts';
import { checkFullBatch, checkEvaluations } from './fullBatchCheck.ts';
import { FullBatchSearch } from './fullBatchSearch.ts';
import type { History } from './history.ts';
import { warnOfIdleCores } from './idleCores.ts';
import { configurationOf, manifestOf, rowsOfRun } from './configuration.ts';
import { Notices } from './notices.ts';
import { metricNames, requireMetric } from './monitor.ts';
import { checkFitOptions, type CheckedFitOptions, type FitOptions } from './fitOptions.ts';
import { progressLine } from './progressLine.ts';
import { ProcessSignals } from './processSignals.ts';
import { ProgressMeter } from './progressMeter.ts';
import { type Beginning, findBeginning, liesIn } from './resume.ts';
import { fillerOptions, Run, warnOfRestart } from './run.ts';
import { Snapshot } from './snapshot.ts';
import type { ModelState } from './state.ts';
import { recordOf } from './record.ts';
import { Training } from './training.ts';
import { takeAverage } from './weightAverage.ts';

/** Trains the model: see `Model.fit`. */
export async function fit(
  state: ModelState,
  allRows: Dataset,
  given: FitOptions,
  model: TrainedModel & { weightsHash(): string },
  notices: Notices = new Notices(),
): Promise<History> {
  const { dataset, options } = checkAll(state, allRows, given);
  if (options.fastDevRun !== undefined) notices.add('LOCKSTEP_FAST_DEV_RUN', describeFastDevRun(options.fastDevRun));
  options.signal?.throwIfAborted();
  const beginning = await findBeginning(options);
  const request = fitRequest(state.spec, state.layout, dataset, options);
  const schedule = scheduleOf(dataset, options, request.batchSize, beginning);
  const run = new Run(state.arena, request, schedule.start);
  const processSignals = options.handleSignals ? new ProcessSignals() : null;
  const signals = [options.signal, processSignals?.signal].filter((signal) => signal !== undefined);
  try {
    return await fitWith(run, schedule, beginning, { state, dataset, options, model, signals, notices });
  } finally {
    await run.close();
    processSignals?.close();
  }
}

interface Fit {
  readonly state: ModelState;
  readonly dataset: Dataset;
  readonly options: CheckedFitOptions;
  readonly model: TrainedModel & { weightsHash(): string };
  /** What may stop the run. */
  readonly signals: readonly AbortSignal[];
  readonly notices: Notices;
}

/** With a plan and its memory: restores, starts the threads, trains, and tells callbacks of the end. */
async function fitWith(run: Run, schedule: Schedule, beginning: Beginning, fitted: Fit): Promise<History> {
  const { state, dataset, options, model, signals, notices } = fitted;
  const { threads: workers, shardCount: shards, batchSize } = run.plan;
  const { store, found, from } = beginning;
  checkEvaluations(run.plan);
  const showsProgress = options.progress ?? process.stderr.isTTY;
  const callbacks = showsProgress ? [...options.callbacks, progressLine(process.stderr)] : options.callbacks;
  const configuration = configurationOf(state.spec, dataset, options, run.plan);
  const snapshot = new Snapshot(run, state.layout, state.arena.memory.buffer);
  const restarts: ThreadRestart[] = [];
  // Ends the run between two steps when a callback throws while steps go on.
  const stop = new AbortController();
  const onError = (error: unknown): void => stop.abort(error);
  const signal = AbortSignal.any([...signals, stop.signal]);
  let checkpointer: Checkpointer | null = null;
  let failed = true;
  try {
    if (found !== null) {
      requireSame({ ...found.state.configuration }, { ...configuration }, found.path);
      restoreCallbacks(callbacks, found.state);
      snapshot.restore(found.state, schedule.start, found.path);
    }
    warnOfIdleCores(state.spec, state.layout, run.plan, options.workers);
    const driver = await run.start(schedule, {
      sources: sourcesOf(state, dataset, options, run),
      stepTimeout: options.stepTimeout * 1000,
      signal,
      restarts: restartPolicy(options, callbacks, restarts, onError),
      faults: options.faults,
    });
    if (store !== null && options.checkpoint !== undefined) {
      checkpointer = new Checkpointer({
        ...{ store, options: options.checkpoint, snapshot, spec: state.spec, configuration, callbacks },
        ...{ requestPause: () => driver.pause(), best: found?.state.best ?? null },
        last:
          found !== null && liesIn(found.path, store.directory)
            ? { path: found.path, position: from, begun: found.state.record.begun }
            : null,
      });
    }
    const rows = rowsOfRun(dataset, options.validation);
    const manifest = manifestOf(configuration, rows, options, run.kernels, workers);
    const resumed = found === null ? null : { path: found.path, epoch: from.epoch, steps: from.steps };
    const { epochs, trainSteps: steps } = schedule;
    const begin = { epochs, steps, batchSize, workers, shards, metricNames: metricNamesOf(options), manifest };
    for (const callback of callbacks) await callback.onTrainBegin?.({ ...begin, resumed, model });
    const measures = fitMeasures(state.spec, state.layout, options);
    const meter = new ProgressMeter(run, driver, schedule, measures, callbacks, onError);
    const record = recordOf(found?.state ?? null);
    const { optimizer } = options;
    const search = optimizer.kind === 'lbfgs' ? new FullBatchSearch(state, run, optimizer) : null;
    const training = new Training({
      ...{ state, run, driver, schedule, meter, callbacks, options, measures, signal, checkpointer, record, from },
      ...{ search, notices },
    });
    const stoppedBy = await training.run();
    checkWeights(state, training.trainedSteps(), run.learningRate());
    takeAverage(run.plan, state.arena.memory.buffer);
    failed = false;
    await endAll(callbacks, false);
    await run.close();
    return {
      epochs: record.weightsHashes.map((_, index) => index + 1),
      rows,
      ...{ metrics: record.metrics, weightsHash: model.weightsHash(), weightsHashes: record.weightsHashes },
      ...{ steps: training.trainedSteps(), stoppedBy, workers, shards, seconds: record.seconds },
      samplesPerSecond: record.seconds > 0 ? record.rows / record.seconds : 0,
      ...{ manifest, resumedFrom: found?.path ?? null, checkpoints: checkpointer?.summary ?? NO_CHECKPOINTS, restarts },
      notices: notices.all,
    };
  } finally {
    await checkpointer?.close();
    await run.close();
    if (failed) await endAll(callbacks, true);
  }
}

function checkAll(state: ModelState, allRows: Dataset, given: FitOptions): DataOfFit {
  checkDataset(allRows, 'fit(dataset)');
  const { dataset, options } = dataOfFit(allRows, checkFitOptions(given, state.spec));
  const { loss, validation } = options;
  checkLossFits(state.spec, loss, 'fit');
  checkLearns(state.spec, loss, 'fit');
  const measures = fitMeasures(state.spec, state.layout, options);
  if (options.checkpoint !== undefined) checkTotals(measures, 'fit');
  classWeightsOf(state.spec, state.layout, options);
  checkData(state.spec, state.layout, dataset, loss, 'fit');
  if (validation !== undefined) checkData(state.spec, state.layout, validation, loss, 'fit.validation');
  checkFullBatch(options, dataset.rows);
  checkCallbackNames(options.callbacks);
  const keepBest = options.checkpoint?.keepBest;
  if (keepBest !== undefined) requireMetric(keepBest.monitor, metricNamesOf(options), 'fit.checkpoint.keepBest');
  return { dataset, options };
}

function metricNamesOf({ metrics, validation }: CheckedFitOptions): readonly string[] {
  return metricNames(metrics.map(metricName), validation !== undefined);
}

function scheduleOf(
  dataset: Dataset,
  { epochs, maxSteps, accumulateGradBatches: accumulate, validation }: CheckedFitOptions,
  batchSize: number,
  { from }: Beginning,
): Schedule {
  const trainSteps = Math.ceil(dataset.rows / batchSize);
  const evaluationSteps = validation === undefined ? 0 : Math.ceil(validation.rows / batchSize);
  return makeSchedule({ epochs, trainSteps, evaluationSteps, maxSteps, accumulate, from });
}

function sourcesOf(
  { spec, layout }: ModelState,
  dataset: Dataset,
  options: CheckedFitOptions,
  { plan }: Run,
): Parameters<Run['start']>[1]['sources'] {
  const { train, evaluation } = orderedData(dataset, options, plan.batchSize);
  const classWeights = classWeightsOf(spec, layout, options);
  return {
    train: { ...fillerOptions(train.dataset, plan, train.order), classWeights },
    evaluation: evaluation === null ? null : fillerOptions(evaluation.dataset, plan, evaluation.order),
  };
}

/** Threads that are replaced are a warning of the process, an event for callbacks, and a line of the history. */
function restartPolicy(
  { maxWorkerRestarts }: CheckedFitOptions,
  callbacks: readonly Callback[],
  history: ThreadRestart[],
  onError: (error: unknown) => void,
): RestartPolicy {
  const onRestart = (restart: ThreadRestart): void => {
    history.push(restart);
    warnOfRestart(restart);
    try {
      for (const callback of callbacks) callback.onThreadRestart?.(restart);
    } catch (error) {
      onError(error);
    }
  };
  return { most: maxWorkerRestarts, onRestart };
}

/** Every callback hears of the end. What one throws there counts only when the run itself has not failed. */
async function endAll(callbacks: readonly Callback[], failed: boolean): Promise<void> {
  const errors: unknown[] = [];
  for (const callback of callbacks) {
    try {
      await callback.onTrainEnd?.({ failed });
    } catch (error) {
      errors.push(error);
    }
  }
  if (!failed && errors.length > 0) throw errors[0];
}

/** A loss may be finite and the update that follows it overflow: a run must not end well with weights that are lost. */
function checkWeights({ layout, arena }: ModelState, steps: number, learningRate: number): void {
  for (const { name, address, elements } of layout.parameters) {
    const data = new Float32Array(arena.memory.buffer, address, elements);
    // Only finite numbers differ from themselves by 0.
    const index = data.findIndex((value) => !(value - value === 0));
    if (index >= 0) throw weightNotFinite(steps, name, data[index], learningRate);
  }
}
