import { CheckpointStore } from '../checkpoint/store.ts';
import { requireSame } from '../checkpoint/identity.ts';
import type { Dataset } from '../data/dataset.ts';
import { makeSchedule } from '../runtime/schedule.ts';
import { weightNotFinite } from '../runtime/stepErrors.ts';
import { checkCallbackNames, restoreCallbacks } from './callbackStates.ts';
import type { Callback, ThreadRestart, TrainedModel } from './callbacks.ts';
import { Checkpointer } from './checkpointer.ts';
import { checkData, checkLoss, checkMetrics } from './compatibility.ts';
import { fitRequest } from './fitRequest.ts';
import type { History } from './history.ts';
import { warnOfIdleCores } from './idleCores.ts';
import { configurationOf, manifestOf } from './manifest.ts';
import { checkDataset, checkFitOptions, type FitOptions } from './options.ts';
import { progressLine } from './progressLine.ts';
import { ProgressMeter } from './progressMeter.ts';
import { findCheckpoint } from './resume.ts';
import { fillerOptions, Run } from './run.ts';
import { Snapshot } from './snapshot.ts';
import type { ModelState } from './state.ts';
import { recordOf, Training } from './training.ts';

/** Trains the model: see `Model.fit`. */
export async function fit(
  state: ModelState,
  dataset: Dataset,
  options: FitOptions,
  model: TrainedModel & { weightsHash(): string },
): Promise<History> {
  checkDataset(dataset, 'fit(dataset)');
  const checked = checkFitOptions(options);
  const { loss, validation } = checked;
  checkLoss(state.spec, loss, 'fit');
  checkMetrics(checked.metrics, loss, 'fit');
  checkData(state.spec, state.layout, dataset, loss, 'fit');
  if (validation !== undefined) checkData(state.spec, state.layout, validation, loss, 'fit.validation');
  checkCallbackNames(checked.callbacks);
  checked.signal?.throwIfAborted();

  const store = checked.checkpoint === undefined ? null : await CheckpointStore.open(checked.checkpoint.directory);
  const found = await findCheckpoint(checked.resume, store);
  const from = found?.state.position ?? { epoch: 0, step: 0, steps: 0 };
  const request = fitRequest(state.spec, state.layout, dataset.rows, checked);
  const { batchSize } = request;
  const schedule = makeSchedule({
    epochs: checked.epochs,
    trainSteps: Math.ceil(dataset.rows / batchSize),
    evaluationSteps: validation === undefined ? 0 : Math.ceil(validation.rows / batchSize),
    maxSteps: checked.maxSteps,
    accumulate: checked.accumulateGradBatches,
    from,
  });
  const run = new Run(state.arena, request, schedule.start);
  const { threads: workers, shardCount: shards } = run.plan;
  const showsProgress = checked.progress ?? process.stderr.isTTY;
  const callbacks = showsProgress ? [...checked.callbacks, progressLine(process.stderr)] : checked.callbacks;
  const restarts: ThreadRestart[] = [];
  // Ends the run between two steps when a callback throws while steps go on.
  const stop = new AbortController();
  const signals = checked.signal === undefined ? [stop.signal] : [checked.signal, stop.signal];
  let checkpointer: Checkpointer | null = null;
  let failed = true;
  try {
    const configuration = configurationOf(state.spec, dataset, checked, run.plan);
    const snapshot = new Snapshot(run, state.layout, state.arena.memory.buffer);
    if (found !== null) {
      requireSame({ ...found.state.configuration }, { ...configuration }, found.path);
      snapshot.restore(found.state, schedule.start, found.path);
      restoreCallbacks(callbacks, found.state);
    }
    warnOfIdleCores(state.spec, state.layout, batchSize, checked.workers, workers);
    const driver = await run.start(schedule, {
      sources: {
        train: fillerOptions(dataset, run.plan, checked.shuffle ? checked.seed : null),
        evaluation: validation === undefined ? null : fillerOptions(validation, run.plan, null),
      },
      stepTimeout: checked.stepTimeout * 1000,
      signal: AbortSignal.any(signals),
      restarts: {
        most: checked.maxWorkerRestarts,
        onRestart: (restart) => {
          restarts.push(restart);
          tellOfRestart(restart, callbacks, (error) => stop.abort(error));
        },
      },
      faults: checked.faults,
    });
    if (store !== null && checked.checkpoint !== undefined) {
      const requestPause = (): void => driver.pause();
      const best = found?.state.best ?? null;
      const parts = { store, snapshot, configuration, callbacks, requestPause, best };
      checkpointer = new Checkpointer({ ...parts, options: checked.checkpoint, spec: state.spec });
    }
    const manifest = manifestOf(configuration, checked, run.kernels, workers);
    const resumed = found === null ? null : { path: found.path, epoch: from.epoch, steps: from.steps };
    const { epochs, trainSteps: steps } = schedule;
    for (const callback of callbacks) {
      await callback.onTrainBegin?.({ epochs, steps, batchSize, workers, shards, manifest, resumed, model });
    }
    const meter = new ProgressMeter(run, driver, schedule, checked.metrics, callbacks, (error) => stop.abort(error));
    const record = recordOf(found?.state ?? null);
    const parts = { state, run, driver, schedule, meter, callbacks, options: checked, checkpointer, record, from };
    const training = new Training(parts);
    let stoppedBy: History['stoppedBy'];
    try {
      stoppedBy = await training.run();
    } finally {
      meter.stop();
    }
    const trained = training.trainedSteps();
    checkWeights(state, trained);
    state.phase = 'resting';
    failed = false;
    await endAll(callbacks, false);
    await run.close();
    return {
      epochs: record.weightsHashes.map((_, index) => index + 1),
      ...{ metrics: record.metrics, weightsHash: model.weightsHash(), weightsHashes: record.weightsHashes },
      ...{ steps: trained, stoppedBy, workers, shards, seconds: record.seconds },
      samplesPerSecond: record.rows / record.seconds,
      ...{ manifest, resumedFrom: found?.path ?? null, checkpoints: checkpointer?.summary ?? NO_CHECKPOINTS, restarts },
    };
  } finally {
    await checkpointer?.close();
    await run.close();
    if (failed) await endAll(callbacks, true);
  }
}

const NO_CHECKPOINTS: History['checkpoints'] = {
  ...{ written: 0, failed: 0, pauseSeconds: 0, longestPauseSeconds: 0 },
  ...{ last: null, best: null },
};

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

function tellOfRestart(
  restart: ThreadRestart,
  callbacks: readonly Callback[],
  onError: (error: unknown) => void,
): void {
  const { thread, place, cause } = restart;
  process.emitWarning(`${thread} broke and was replaced (${place}): ${cause}`, {
    type: 'LockstepWarning',
    code: 'LOCKSTEP_THREAD_REPLACED',
  });
  try {
    for (const callback of callbacks) callback.onThreadRestart?.(restart);
  } catch (error) {
    onError(error);
  }
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
