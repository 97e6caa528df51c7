import type { Dataset } from '../data/dataset.ts';
import { fileOrder } from '../data/order.ts';
import { measuresOf, talliesOf } from '../metrics/measures.ts';
import { readingOf } from '../metrics/reading.ts';
import type { TallySpec } from '../metrics/tally.ts';
import type { LossSpec } from '../model/losses.ts';
import { windowsRequest } from '../plan/windows.ts';
import { epochStart, makeSchedule } from '../runtime/schedule.ts';
import type { EpochMetrics } from './callbacks.ts';
import { checkData, checkDataset, checkLossFits, usualLoss } from './compatibility.ts';
import { DEFAULT_RESTARTS, DEFAULT_STEP_TIMEOUT } from './commonOptions.ts';
import { checkEvaluateOptions, type EvaluateOptions } from './evaluateOptions.ts';
import { penaltyOf } from './penalty.ts';
import { fillerOptions, Run, warnOfRestart } from './run.ts';
import type { ModelState } from './state.ts';
import { threadsAndSlots, windowsAndReaders } from './threads.ts';

/** Loss and metrics over a dataset, weights unchanged: see `Model.evaluate`. */
export async function evaluate(
  state: ModelState,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<EpochMetrics> {
  checkDataset(dataset, 'evaluate(dataset)');
  const checked = checkEvaluateOptions(options);
  const loss = checked.loss ?? usualLoss(state.spec);
  checkLossFits(state.spec, loss, 'evaluate');
  const reading = readingOf(state.spec, state.layout.outputs, loss);
  const usual = reading.isCounted ? [{ kind: 'accuracy' } as const] : [];
  const measures = measuresOf(checked.metrics ?? usual, reading, 'evaluate.metrics');
  checkData(state.spec, state.layout, dataset, loss, 'evaluate');
  const { batchSize, workers, readers } = checked;
  const tallies = talliesOf(measures);
  return evaluateWith({ state, dataset, loss, tallies, batchSize, workers, readers }, (run, penalty) =>
    run.metrics(measures, 'evaluate', penalty),
  );
}

export interface Evaluation {
  readonly state: ModelState;
  readonly dataset: Dataset;
  readonly loss: LossSpec;
  /** What is counted beside the loss. */
  readonly tallies: readonly TallySpec[];
  readonly batchSize: number;
  readonly workers: number | 'auto';
  readonly readers?: number | 'auto';
}

/** Runs the model over a dataset, and then reads what was counted; `penalty`: what the weights add to the loss. */
export async function evaluateWith<Result>(
  evaluation: Evaluation,
  read: (run: Run, penalty: number) => Result,
): Promise<Result> {
  const { state, dataset, loss, tallies } = evaluation;
  const batchSize = Math.min(evaluation.batchSize, dataset.rows);
  const { threads, slots } = threadsAndSlots(
    ...([evaluation.workers, state.spec, state.layout, batchSize, false, 'auto'] as const),
    dataset.windows !== undefined,
  );
  const order = fileOrder(dataset, batchSize);
  const run = new Run(state.arena, {
    spec: state.spec,
    windows: windowsRequest(
      null,
      { dataset, order },
      windowsAndReaders(threads, evaluation.readers ?? 'auto', dataset),
    ),
    purpose: 'evaluate',
    loss,
    optimizer: null,
    batchSize,
    shards: 'auto',
    slots,
    threads,
    tallies,
  });
  // With the weights of this moment, as all else in the run.
  const penalty = penaltyOf(state);
  const evaluationSteps = Math.ceil(dataset.rows / batchSize);
  const schedule = makeSchedule({ epochs: 1, trainSteps: 0, evaluationSteps });
  try {
    const driver = await run.start(schedule, {
      sources: { train: null, evaluation: fillerOptions(dataset, run.plan, order) },
      stepTimeout: DEFAULT_STEP_TIMEOUT * 1000,
      signal: null,
      restarts: { most: DEFAULT_RESTARTS, onRestart: warnOfRestart },
      faults: [],
    });
    await driver.runUntil(epochStart(schedule, 1));
    return read(run, penalty);
  } finally {
    await run.close();
  }
}
