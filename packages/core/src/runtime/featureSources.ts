import type { BatchSource } from '../data/dataset.ts';
import type { FillerOptions } from '../data/batchFiller.ts';
import { isParallel, openSourceOf } from '../data/openSource.ts';
import type { LoadSources } from './tasks.ts';

/** A compute thread's own sources of features, for datasets that are parallel; null for others. */
export interface FeatureSources {
  readonly train: BatchSource | null;
  readonly evaluation: BatchSource | null;
}

export async function openFeatureSources({ train, evaluation }: LoadSources): Promise<FeatureSources> {
  return { train: await openIfParallel(train), evaluation: await openIfParallel(evaluation) };
}

async function openIfParallel(options: FillerOptions | null): Promise<BatchSource | null> {
  return options !== null && isParallel(options.dataset) ? openSourceOf(options.dataset) : null;
}
