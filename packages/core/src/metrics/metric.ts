/** How metrics of several classes become one number: see `precision`. */
export type Average = 'macro' | 'micro' | 'weighted';

/** A metric as plain data, with every number given. It crosses threads as a part of the run, and stands in checkpoints. */
export type MetricSpec = PlainMetricSpec | TopKAccuracySpec | BinaryAccuracySpec | ClassMetricSpec;

export interface PlainMetricSpec {
  readonly kind: 'accuracy' | 'auc' | 'meanSquaredError' | 'meanAbsoluteError' | 'rootMeanSquaredError' | 'r2';
}

export interface TopKAccuracySpec {
  readonly kind: 'topKAccuracy';
  readonly k: number;
  /** In the history. */
  readonly name: string;
}

export interface BinaryAccuracySpec {
  readonly kind: 'binaryAccuracy';
  readonly threshold: number;
  readonly name: string;
}

export interface ClassMetricSpec {
  readonly kind: 'precision' | 'recall' | 'f1';
  readonly threshold: number;
  /** null: as is usual for the outputs. */
  readonly average: Average | null;
  readonly name: string;
}

/** Metrics with their usual numbers, by name. */
export type MetricName = MetricSpec['kind'];
export type Metric = MetricName | MetricSpec;

/** All of them, and which way each is better. */
export const BETTER: { readonly [Kind in MetricName]: 'min' | 'max' } = {
  accuracy: 'max',
  topKAccuracy: 'max',
  binaryAccuracy: 'max',
  precision: 'max',
  recall: 'max',
  f1: 'max',
  auc: 'max',
  meanSquaredError: 'min',
  meanAbsoluteError: 'min',
  rootMeanSquaredError: 'min',
  r2: 'max',
};

export const METRIC_NAMES: readonly MetricName[] = Object.keys(BETTER) as MetricName[];

/** Its name in the history. */
export function metricName(metric: MetricSpec): string {
  return 'name' in metric ? metric.name : metric.kind;
}
