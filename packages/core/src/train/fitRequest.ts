import type { Dataset } from '../data/dataset.ts';
import { fileOrder, shuffledOrder } from '../data/order.ts';
import { type Measure, measuresOf, talliesOf } from '../metrics/measures.ts';
import { readingOf } from '../metrics/reading.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import type { ClipNorm, PlanRequest } from '../plan/plan.ts';
import { type OrderedDataset, windowsRequest } from '../plan/windows.ts';
import type { CheckedFitOptions } from './fitOptions.ts';
import { threadsAndSlots, windowsAndReaders } from './threads.ts';

/** What `fit` has planned for a dataset; whoever wants to show its plan asks for the same. */
export function fitRequest(
  spec: ModelSpec,
  layout: ModelLayout,
  dataset: Dataset,
  options: CheckedFitOptions,
): Omit<PlanRequest, 'begin'> {
  const { loss, optimizer, shards, seed, workers } = options;
  const tallies = talliesOf(fitMeasures(spec, layout, options));
  const batchSize = Math.min(options.batchSize, dataset.rows);
  const { threads, slots } = threadsAndSlots(
    workers,
    spec,
    layout,
    batchSize,
    true,
    shards,
    dataset.windows !== undefined,
  );
  const accumulates = options.accumulateGradBatches > 1;
  const clip = clipOf(options);
  const averageDecay = options.weightAverage?.decay ?? null;
  const { train, evaluation } = orderedData(dataset, options, batchSize);
  const windows = windowsRequest(
    train,
    evaluation,
    windowsAndReaders(threads, options.readers, dataset, options.validation),
  );
  return {
    ...{ spec, purpose: 'train', loss, optimizer, batchSize },
    ...{ accumulates, clip, averageDecay, shards, seed, slots, threads, tallies, windows },
  };
}

/** The datasets of a fit, and in which order it takes their rows. */
export function orderedData(
  dataset: Dataset,
  { shuffle, seed, windowBytes, validation }: CheckedFitOptions,
  batchSize: number,
): { readonly train: OrderedDataset; readonly evaluation: OrderedDataset | null } {
  const order = shuffle ? shuffledOrder(dataset, seed, windowBytes) : fileOrder(dataset, batchSize);
  const evaluation = validation === undefined ? null : { dataset: validation, order: fileOrder(validation, batchSize) };
  return { train: { dataset, order }, evaluation };
}

function clipOf({ gradientClipNorm, optimizer }: CheckedFitOptions): ClipNorm | null {
  if (gradientClipNorm !== undefined) return { norm: gradientClipNorm, of: 'model' };
  const clipNorm = 'clipNorm' in optimizer ? optimizer.clipNorm : undefined;
  return clipNorm === undefined ? null : { norm: clipNorm, of: 'parameter' };
}

/** The metrics that `fit` is asked for. Throws UNSUPPORTED where one does not go with the model or the loss. */
export function fitMeasures(
  spec: ModelSpec,
  { outputs }: ModelLayout,
  { metrics, loss }: Pick<CheckedFitOptions, 'metrics' | 'loss'>,
): readonly Measure[] {
  return measuresOf(metrics, readingOf(spec, outputs, loss), 'fit.metrics');
}
