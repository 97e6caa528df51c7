import type { ParallelSource } from '../data/dataset.ts';
import { openParallelSource } from '../data/openSource.ts';
import { knownOrBroken } from './stepErrors.ts';
import type { LoadSources } from './tasks.ts';

/** A compute thread's own sources of features, for datasets that are parallel; null for others. */
export class FeatureSources {
  readonly train: ParallelSource | null;
  readonly evaluation: ParallelSource | null;

  private constructor(train: ParallelSource | null, evaluation: ParallelSource | null) {
    this.train = train;
    this.evaluation = evaluation;
  }

  /** Throws LOADER_FAILED: the loader opens the same source, and whichever fails first says the same. */
  static async open({ train, evaluation }: LoadSources): Promise<FeatureSources> {
    let opened: ParallelSource | null = null;
    try {
      if (train !== null) opened = await openParallelSource(train.dataset);
      return new FeatureSources(opened, evaluation === null ? null : await openParallelSource(evaluation.dataset));
    } catch (error) {
      opened?.close();
      throw knownOrBroken('loader', 'opening a source of features', error);
    }
  }

  close(): void {
    this.train?.close();
    this.evaluation?.close();
  }
}
