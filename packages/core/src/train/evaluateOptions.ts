import * as v from 'valibot';
import { checkMetricSpecs } from '../metrics/createMetrics.ts';
import type { Metric, MetricSpec } from '../metrics/metric.ts';
import { checkOptions, positiveInteger } from '../model/check.ts';
import { checkLossSpec, type Loss, type LossSpec } from '../model/losses.ts';
import { metricsSchema, readersSchema, workersSchema } from './commonOptions.ts';

/** Options of `model.evaluate`. */
export interface EvaluateOptions {
  /**
   * Default: sparseCategoricalCrossentropy after softmax, binaryCrossentropy after sigmoid, perceptron after step, else
   * meanSquaredError.
   */
  readonly loss?: Loss;
  /** Default ['accuracy'] for class labels, none for values. */
  readonly metrics?: readonly Metric[];
  /** Rows at once; default 256. */
  readonly batchSize?: number;
  /** Default 1: the calling thread. */
  readonly workers?: number | 'auto';
  /** Threads that read a dataset with windows, see `fit`; default 'auto'. */
  readonly readers?: number | 'auto';
}

const evaluateSchema = v.strictObject({
  loss: v.optional(v.unknown()),
  metrics: v.optional(metricsSchema),
  batchSize: v.optional(positiveInteger('batchSize'), 256),
  workers: v.optional(workersSchema, 1),
  readers: v.optional(readersSchema, 'auto'),
});

/** EvaluateOptions with the defaults filled in. */
export type CheckedEvaluateOptions = Required<Omit<EvaluateOptions, 'loss' | 'metrics'>> & {
  readonly loss: LossSpec | undefined;
  readonly metrics: readonly MetricSpec[] | undefined;
};

export function checkEvaluateOptions(options: EvaluateOptions): CheckedEvaluateOptions {
  const { loss, metrics, ...checked } = checkOptions(evaluateSchema, options, 'evaluate');
  return {
    ...checked,
    loss: loss === undefined ? undefined : checkLossSpec(loss, 'evaluate.loss'),
    metrics: metrics === undefined ? undefined : checkMetricSpecs(metrics, 'evaluate.metrics'),
  };
}
