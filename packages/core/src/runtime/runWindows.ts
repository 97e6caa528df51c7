import { type OrderOptions, placeOf, rowsOfChunks, windowsOf } from '../data/order.ts';
import type { EpochWindow } from '../data/rowReader.ts';
import { type Schedule, trainStepsOf } from './schedule.ts';

/** A window that the steps of a run need. */
export interface RunWindow extends EpochWindow {
  readonly training: boolean;
}

/** Where a run's datasets have windows: in which order their rows are taken. Null for a dataset without. */
export interface WindowOrders {
  readonly train: OrderOptions | null;
  readonly evaluation: OrderOptions | null;
}

/**
 * The windows of a run in the order in which its batches need them, over parts and epochs, from a batch on: the one that its
 * first row lies in. None that only steps beyond the end of the run would need.
 */
export function* windowsOfRun(
  schedule: Schedule,
  batchSize: number,
  { train, evaluation }: WindowOrders,
  from: { readonly epoch: number; readonly position: number },
): Generator<RunWindow, void> {
  let { position } = from;
  for (let { epoch } = from; epoch < schedule.epochs; epoch++) {
    const trainSteps = trainStepsOf(schedule, epoch);
    const rowsOf = (step: number): number => step * batchSize;
    yield* windowsOfPart(train, true, epoch, rowsOf(position), rowsOf(trainSteps));
    yield* windowsOfPart(
      ...([evaluation, false, epoch] as const),
      ...([rowsOf(Math.max(0, position - trainSteps)), rowsOf(schedule.evaluationSteps)] as const),
    );
    position = 0;
  }
}

/** Those that have rows in [begin, end) of the epoch, which may end beyond its last row. */
function* windowsOfPart(
  order: OrderOptions | null,
  training: boolean,
  epoch: number,
  begin: number,
  end: number,
): Generator<RunWindow, void> {
  if (order === null || begin >= end) return;
  const rows = order.chunkRows.reduce((sum, own) => sum + own, 0);
  const windows = windowsOf(order, epoch);
  const first = placeOf(order, windows, begin);
  let row = begin - first.skipped;
  for (let { window } = first; row < Math.min(end, rows); window++) {
    const chunks = windows[window];
    yield { training, epoch, window, chunks };
    row += rowsOfChunks(order, chunks);
  }
}
