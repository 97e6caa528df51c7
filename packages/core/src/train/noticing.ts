import { formatShort } from '../formatNumbers.ts';
import { largestFeature } from '../runtime/featureScale.ts';
import { LARGE_FEATURE } from '../runtime/lossDiagnosis.ts';
import { describeTrend, lossTrend } from './lossTrend.ts';
import type { Notices } from './notices.ts';
import type { CheckedFitOptions } from './fitOptions.ts';
import type { RunRecord } from './record.ts';
import type { Run } from './run.ts';
import type { ModelState } from './state.ts';

/** What a run shows that its user should know. */
export interface Watched {
  readonly run: Run;
  readonly state: ModelState;
  readonly record: RunRecord;
  readonly options: CheckedFitOptions;
  readonly notices: Notices;
}

/** Tells of features that are far from ±1 and reach a dense layer as they are, as the first batch has shown. */
export function noticeFeatures({ run, state, notices }: Watched): void {
  const { value, column } = largestFeature(run.plan, state.arena.memory.buffer);
  if (value > LARGE_FEATURE) notices.add('LOCKSTEP_UNSCALED_FEATURES', describeFeatures(value, column));
}

/** Tells of losses that a learning rate is to blame for; after an epoch. */
export function noticeTrend({ record, run, options, notices }: Watched): void {
  // A line search chooses its steps by itself; and the perceptron's rule circles where classes overlap, at any rate.
  if (options.optimizer.kind === 'lbfgs' || options.loss.kind === 'perceptron') return;
  const { loss } = record.metrics;
  const trend = lossTrend(loss);
  if (trend !== null) notices.add('LOCKSTEP_LEARNING_RATE', describeTrend(trend, loss, run.learningRate()));
}

/** What a user should know of features far from ±1, and do. `column`: of the data. */
function describeFeatures(value: number, column: number): string {
  return (
    `Features reach ${formatShort(value)} (column ${column}, in the first batch), and a dense layer takes them as they are: it ` +
    'learns badly from numbers far from ±1. Put a layer in front: rescaling(1 / 255) for pixels, or for a table ' +
    'normalization, from await adaptNormalization(data).'
  );
}
