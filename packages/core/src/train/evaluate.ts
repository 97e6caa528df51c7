import type { Dataset } from '../data/dataset.ts';
import { lossOperation } from '../ops/losses.ts';
import { epochStart, makeSchedule } from '../runtime/schedule.ts';
import type { EpochMetrics } from './callbacks.ts';
import { checkData, checkLoss, checkMetrics, usualLoss } from './compatibility.ts';
import {
  checkDataset,
  checkEvaluateOptions,
  DEFAULT_RESTARTS,
  DEFAULT_STEP_TIMEOUT,
  type EvaluateOptions,
} from './options.ts';
import { penaltyOf } from './penalty.ts';
import { fillerOptions, Run, warnOfRestart } from './run.ts';
import type { ModelState } from './state.ts';
import { threadsAndSlots } from './threads.ts';

/** Loss and metrics over a dataset, weights unchanged: see `Model.evaluate`. */
export async function evaluate(
  state: ModelState,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<EpochMetrics> {
  checkDataset(dataset, 'evaluate(dataset)');
  const checked = checkEvaluateOptions(options);
  const loss = checked.loss ?? usualLoss(state.spec);
  checkLoss(state.spec, loss, 'evaluate');
  checkMetrics(state.spec, checked.metrics ?? [], loss, 'evaluate');
  checkData(state.spec, state.layout, dataset, loss, 'evaluate');
  const { accuracy } = lossOperation(loss, state.spec);
  const batchSize = Math.min(checked.batchSize, dataset.rows);
  const { threads, slots } = threadsAndSlots(checked.workers, state.spec, state.layout, batchSize, false);
  const run = new Run(state.arena, {
    spec: state.spec,
    purpose: 'evaluate',
    loss,
    optimizer: null,
    batchSize,
    shards: 'auto',
    slots,
    threads,
  });
  // With the weights of this moment, as all else in the run.
  const penalty = penaltyOf(state);
  const evaluationSteps = Math.ceil(dataset.rows / batchSize);
  const schedule = makeSchedule({ epochs: 1, trainSteps: 0, evaluationSteps });
  try {
    const driver = await run.start(schedule, {
      sources: { train: null, evaluation: fillerOptions(dataset, run.plan, null) },
      stepTimeout: DEFAULT_STEP_TIMEOUT * 1000,
      signal: null,
      restarts: { most: DEFAULT_RESTARTS, onRestart: warnOfRestart },
      faults: [],
    });
    await driver.runUntil(epochStart(schedule, 1));
    return run.metrics(checked.metrics ?? (accuracy === null ? [] : ['accuracy']), 'evaluate', penalty);
  } finally {
    await run.close();
  }
}
