import * as v from 'valibot';
import { positiveInteger, positiveNumber } from '../model/check.ts';
import type { Monitor } from './monitor.ts';

export interface CheckpointOptions {
  /** Of this run alone; it is made when it does not exist. */
  readonly directory: string;
  /** Training steps, or seconds, from one to the next. Without either there is one after every epoch. The run's end always has one. */
  readonly everySteps?: number;
  readonly everySeconds?: number;
  /** How many of the newest stay; default 3. */
  readonly keepLast?: number;
  /** Also keeps the one after the epoch with the best value of a metric, e.g. 'valLoss'. */
  readonly keepBest?: string | Monitor;
  /** When one cannot be written: 'stop' (default) ends the run with the error, 'continue' warns and goes on. */
  readonly onError?: 'stop' | 'continue';
}

/** CheckpointOptions with the defaults filled in. */
export interface CheckedCheckpointOptions {
  readonly directory: string;
  readonly everySteps?: number | undefined;
  readonly everySeconds?: number | undefined;
  readonly keepLast: number;
  readonly keepBest?: Monitor | undefined;
  readonly onError: 'stop' | 'continue';
}

const modeSchema = v.picklist(['min', 'max'], "mode is 'min' or 'max'");
const monitorSchema = v.pipe(
  v.union(
    [
      v.string(),
      v.strictObject({ monitor: v.string('monitor is the name of a metric'), mode: v.exactOptional(modeSchema) }),
    ],
    "keepBest is the name of a metric, or { monitor, mode: 'min' | 'max' }",
  ),
  v.transform((value): Monitor => (typeof value === 'string' ? { monitor: value } : value)),
);

export const checkpointSchema: v.GenericSchema<unknown, CheckedCheckpointOptions> = v.strictObject({
  directory: v.pipe(
    v.string('checkpoint.directory is the path of a folder'),
    v.check((path) => path !== '', 'checkpoint.directory is the path of a folder'),
  ),
  everySteps: v.optional(positiveInteger('checkpoint.everySteps')),
  everySeconds: v.optional(positiveNumber('checkpoint.everySeconds')),
  keepLast: v.optional(positiveInteger('checkpoint.keepLast'), 3),
  keepBest: v.optional(monitorSchema),
  onError: v.optional(v.picklist(['stop', 'continue'], "checkpoint.onError is 'stop' or 'continue'"), 'stop'),
});
