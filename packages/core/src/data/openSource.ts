import { LockstepError } from '../errors.ts';
import type { BatchSource, Dataset, OpenSource, ParallelSource } from './dataset.ts';

/** Opens a dataset's source in the calling thread. */
export async function openSourceOf({ source }: Pick<Dataset, 'source'>): Promise<BatchSource> {
  const { openSource } = (await import(source.module)) as { openSource: OpenSource };
  return openSource(source.options as never) as BatchSource | Promise<BatchSource>;
}

/** The same for a dataset that says it is parallel; null for others. Throws INVALID_OPTION when its source is not. */
export async function openParallelSource(dataset: Pick<Dataset, 'source'>): Promise<ParallelSource | null> {
  if (dataset.source.parallel !== true) return null;
  const source = await openSourceOf(dataset);
  if (isParallel(source)) return source;
  source.close();
  throw new LockstepError('INVALID_OPTION', {
    place: `dataset.source (${dataset.source.module})`,
    expected: 'a source with copyLabels and copyFeatures, because the dataset says that it is parallel',
    received: 'one without',
    advice: 'Give the source both functions, or leave `parallel` out of the dataset.',
  });
}

function isParallel(source: BatchSource): source is ParallelSource {
  return 'copyLabels' in source && 'copyFeatures' in source;
}
