import { LockstepError } from '../errors.ts';
import { BETTER, METRIC_NAMES } from '../metrics/metric.ts';
import { didYouMean } from '../model/spelling.ts';
import type { EpochMetrics } from './callbacks.ts';

/** A metric that is watched for its best value. */
export interface Monitor {
  /** `loss`, `valLoss`, `valAccuracy`, … */
  readonly monitor: string;
  /** Which way is better; default: as is known of the metric, by its name or its ending (`macroF1`, `top3Accuracy`). */
  readonly mode?: 'min' | 'max';
}

/** Whether a value is better than the best so far by more than `minDelta`. What is not finite is never better. */
export function isBetter({ monitor, mode }: Monitor, value: number, best: number | null, minDelta = 0): boolean {
  if (!Number.isFinite(value)) return false;
  if (best === null) return true;
  return (mode ?? directionOf(monitor)) === 'max' ? value > best + minDelta : value < best - minDelta;
}

/** Which way a metric is better. Throws INVALID_OPTION for a name that does not say it. */
function directionOf(monitor: string): 'min' | 'max' {
  const name = monitor.toLowerCase();
  if (name.endsWith('loss')) return 'min';
  const kind = METRIC_NAMES.find((known) => name.endsWith(known.toLowerCase()));
  if (kind !== undefined) return BETTER[kind];
  throw new LockstepError('INVALID_OPTION', {
    place: `monitor "${monitor}"`,
    expected: "mode: 'min' or 'max', as the name of the metric does not say which way is better",
    received: 'no mode',
    advice: `Write { monitor: '${monitor}', mode: 'max' }, or 'min' for errors.`,
  });
}

/**
 * For callbacks when a run begins: that it will have the metric, and that it is known which way this is better, before an epoch has
 * been trained in vain. Throws INVALID_OPTION.
 */
export function checkMonitor(
  { monitor, mode }: { readonly monitor: string; readonly mode?: 'min' | 'max' | undefined },
  names: readonly string[],
  place: string,
): void {
  requireMetric(monitor, names, place);
  if (mode === undefined) directionOf(monitor);
}

/** The metric's value in an epoch. Throws INVALID_OPTION when the run does not have it. */
export function monitoredValue(monitor: string, metrics: EpochMetrics, place: string): number {
  requireMetric(monitor, Object.keys(metrics), place);
  return metrics[monitor];
}

/** Throws INVALID_OPTION when the run does not have the metric; `names`: those it has. */
export function requireMetric(monitor: string, names: readonly string[], place: string): void {
  if (names.includes(monitor)) return;
  const other =
    monitor.startsWith('val') && !names.some((name) => name.startsWith('val'))
      ? 'Give fit `validation` or `validationSplit`, and name the metric in `metrics`.'
      : 'Name the metric in `metrics`.';
  const meant = didYouMean(monitor, names);
  throw new LockstepError('INVALID_OPTION', {
    place: `${place}.monitor`,
    expected: `one of the run's metrics: ${names.join(', ')}`,
    received: `"${monitor}"`,
    advice: meant === '' ? other : meant.trimEnd(),
  });
}

/** The names of a run's metrics: the loss and those asked for; `validated`: those of validation data too. */
export function metricNames(metrics: readonly string[], validated: boolean): string[] {
  const names = ['loss', ...metrics];
  return validated ? [...names, ...names.map(nameOfValidation)] : names;
}

/** `valLoss` for `loss`. */
export function nameOfValidation(name: string): string {
  return `val${name[0].toUpperCase()}${name.slice(1)}`;
}
