import { LockstepError } from '../errors.ts';
import type {
  AnySource,
  BatchSource,
  Dataset,
  OpenSource,
  ParallelSource,
  SourceLocation,
  WindowSource,
} from './dataset.ts';

/** What has to be known of a dataset to read it: plain data, which other datasets keep in the options of their sources. */
export type ReadableDataset = Pick<Dataset, 'source' | 'chunkRows' | 'windowBytesPerRow' | 'windows'>;

/** Only what is plain data and needed to read. */
export function readableOf({ source, chunkRows, windowBytesPerRow, windows }: ReadableDataset): ReadableDataset {
  return { source, chunkRows, windowBytesPerRow, ...(windows === undefined ? {} : { windows }) };
}

/** Opens a dataset's source in the calling thread. One that fills windows gets memory of its own for them. */
export async function openSourceOf(dataset: ReadableDataset): Promise<BatchSource> {
  const source = await openAny(dataset.source);
  if (!('openWindow' in source)) return source;
  const { chunkRows, windowBytesPerRow, windows } = dataset;
  if (windows !== undefined) {
    // Imported where it is needed: threads that gather from windows themselves start without it.
    const { WindowBatchSource } = await import('./windowBatchSource.ts');
    return new WindowBatchSource({ chunkRows, windowBytesPerRow, windows }, source);
  }
  source.close();
  throw new LockstepError('INVALID_OPTION', {
    place: `dataset.source (${dataset.source.module})`,
    expected: 'a dataset that says what its windows hold (`windows`), because its source fills windows',
    received: 'one that does not',
    advice: 'Give the dataset `windows`.',
  });
}

/** The same for a dataset that says it is parallel; null for others. Throws INVALID_OPTION when its source is not. */
export async function openParallelSource(dataset: Pick<Dataset, 'source'>): Promise<ParallelSource | null> {
  if (dataset.source.parallel !== true) return null;
  const source = await openAny(dataset.source);
  if (isParallel(source)) return source;
  source.close();
  throw new LockstepError('INVALID_OPTION', {
    place: `dataset.source (${dataset.source.module})`,
    expected: 'a source with copyLabels and copyFeatures, because the dataset says that it is parallel',
    received: 'one without',
    advice: 'Give the source both functions, or leave `parallel` out of the dataset.',
  });
}

/** For a dataset that has windows; null for others. Throws INVALID_OPTION when its source fills none. */
export async function openWindowSource(dataset: Pick<Dataset, 'source' | 'windows'>): Promise<WindowSource | null> {
  if (dataset.windows === undefined) return null;
  const source = await openAny(dataset.source);
  if ('openWindow' in source) return source;
  source.close();
  throw new LockstepError('INVALID_OPTION', {
    place: `dataset.source (${dataset.source.module})`,
    expected: 'a source with openWindow, because the dataset has windows',
    received: 'one without',
    advice: 'Give the source that function, or leave `windows` out of the dataset.',
  });
}

async function openAny({ module, options }: SourceLocation): Promise<AnySource> {
  const { openSource } = (await import(module)) as { openSource: OpenSource };
  return openSource(options as never);
}

function isParallel(source: AnySource): source is ParallelSource {
  return 'copyLabels' in source && 'copyFeatures' in source;
}
