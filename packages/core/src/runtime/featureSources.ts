import type { ParallelSource } from '../data/dataset.ts';
import { openParallelSource } from '../data/openSource.ts';
import type { LoadSources } from './tasks.ts';

/** A compute thread's own sources of features, for datasets that are parallel; null for others. */
export class FeatureSources {
  readonly train: ParallelSource | null;
  readonly evaluation: ParallelSource | null;

  private constructor(train: ParallelSource | null, evaluation: ParallelSource | null) {
    this.train = train;
    this.evaluation = evaluation;
  }

  static async open({ train, evaluation }: LoadSources): Promise<FeatureSources> {
    const opened = train === null ? null : await openParallelSource(train.dataset);
    try {
      return new FeatureSources(opened, evaluation === null ? null : await openParallelSource(evaluation.dataset));
    } catch (error) {
      opened?.close();
      throw error;
    }
  }

  close(): void {
    this.train?.close();
    this.evaluation?.close();
  }
}
