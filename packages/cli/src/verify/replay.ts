import { type FitOptions, modelFromSpec } from '@lockstep/core';
import type { Subject } from './subject.ts';
import { watching } from './watching.ts';

export interface ReplayOptions {
  /** What is computed, for people. */
  readonly what: string;
  readonly workers: number;
  /** Training steps of the run after which to stop. */
  readonly until: number;
  /** A checkpoint's file; null: from the beginning. */
  readonly from: string | null;
}

/**
 * Computes a part of a run again, on weights of its own, and writes nothing. Returns the hashes of the weights on the way, by
 * steps: after each epoch and at the end. Callbacks of the config take part, because they may change weights, but for those that
 * write files: what these have written is of the run, and stays as it is.
 */
export async function replay({ run, config }: Subject, options: ReplayOptions): Promise<ReadonlyMap<number, string>> {
  const { what, workers, until, from } = options;
  const model = modelFromSpec(config.model.spec);
  model.setWeights(config.model.getWeights());
  const hashes = new Map<number, string>();
  const { maxTime: _time, faults: _faults, callbacks = [], ...fit } = config.fit;
  const fitOptions: FitOptions = {
    ...fit,
    ...(config.validation === null ? {} : { validation: config.validation }),
    ...{
      workers,
      maxSteps: until,
      epochs: Math.ceil(until / run.stepsPerEpoch),
      progress: false,
      handleSignals: false,
    },
    ...{ resume: from ?? false },
    callbacks: [
      ...callbacks.filter(({ writesFiles = false }) => !writesFiles),
      { onEpochEnd: ({ steps, weightsHash }) => void hashes.set(steps, weightsHash) },
      ...watching(what),
    ],
  };
  await model.fit(config.data, fitOptions);
  return hashes;
}
