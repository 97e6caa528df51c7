import { type Measure, measuresOf, talliesOf } from '../metrics/measures.ts';
import { readingOf } from '../metrics/reading.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import type { ClipNorm, PlanRequest } from '../plan/plan.ts';
import type { CheckedFitOptions } from './fitOptions.ts';
import { threadsAndSlots } from './threads.ts';

/** What `fit` has planned for a dataset of so many rows; whoever wants to show its plan asks for the same. */
export function fitRequest(
  spec: ModelSpec,
  layout: ModelLayout,
  rows: number,
  options: CheckedFitOptions,
): Omit<PlanRequest, 'begin'> {
  const { loss, optimizer, shards, seed, workers } = options;
  const tallies = talliesOf(fitMeasures(spec, layout, options));
  const batchSize = Math.min(options.batchSize, rows);
  const { threads, slots } = threadsAndSlots(workers, spec, layout, batchSize, true, shards);
  const accumulates = options.accumulateGradBatches > 1;
  const clip = clipOf(options);
  const averageDecay = options.weightAverage?.decay ?? null;
  return {
    ...{ spec, purpose: 'train', loss, optimizer, batchSize },
    ...{ accumulates, clip, averageDecay, shards, seed, slots, threads, tallies },
  };
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
