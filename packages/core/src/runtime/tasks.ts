import type { KernelSelection, SharedMemory } from '@lockstep/kernels';
import type { FillerOptions } from '../data/batchFiller.ts';
import type { SourceLocation } from '../data/dataset.ts';
import type { Plan } from '../plan/plan.ts';
import type { Failure } from '../failure.ts';
import type { Fault } from './faults.ts';
import type { Schedule } from './schedule.ts';

/** What every thread of a run is given: all of it plain data or shared memory. */
export interface RunDescription {
  readonly memory: SharedMemory;
  readonly plan: Plan;
  readonly kernels: KernelSelection;
  readonly schedule: Schedule;
}

/** The kinds of task that a thread of the pool runs, one for the whole run. */
export type Task = ComputeTask | LoadTask | ReadTask;

export interface ComputeTask {
  readonly role: 'compute';
  readonly run: RunDescription;
  readonly rank: number;
  /** Near the step that is in progress when the thread starts: from it and the words of the run it knows which one. */
  readonly from: number;
  readonly sources: ParallelSources;
  readonly faults: readonly Fault[];
}

export interface LoadTask {
  readonly role: 'load';
  readonly run: RunDescription;
  /** The first batch that is not filled yet. */
  readonly from: number;
  readonly sources: LoadSources;
  readonly faults: readonly Fault[];
}

export interface ReadTask {
  readonly role: 'read';
  readonly run: RunDescription;
  /** Which of the readers beside the loader, from 1. */
  readonly reader: number;
  readonly sources: LoadSources;
  readonly faults: readonly Fault[];
}

/** Where the batches of training and of evaluation come from. */
export interface LoadSources {
  readonly train: FillerOptions | null;
  readonly evaluation: FillerOptions | null;
}

/**
 * What compute threads open for themselves: the sources of datasets that are parallel. They get no others, whose options may say
 * of each of many thousand record batches where it lies.
 */
export interface ParallelSources {
  readonly train: SourceLocation | null;
  readonly evaluation: SourceLocation | null;
}

/** Those among the sources of a run. */
export function parallelSources({ train, evaluation }: LoadSources): ParallelSources {
  const parallel = (options: FillerOptions | null): SourceLocation | null =>
    options?.dataset.source.parallel === true ? options.dataset.source : null;
  return { train: parallel(train), evaluation: parallel(evaluation) };
}

/** null when the thread ended as it should, or because another one or the coordinator ended the run. */
export type TaskResult = { readonly failure: Failure } | null;
