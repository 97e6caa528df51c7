import type { BatchSource, Dataset, OpenSource } from './dataset.ts';

/** Opens a dataset's source in the calling thread. */
export async function openSourceOf({ source }: Dataset): Promise<BatchSource> {
  const { openSource } = (await import(source.module)) as { openSource: OpenSource };
  return openSource(source.options as never);
}

/** Whether every thread may open the source for itself and gather the features of the rows that it computes. */
export function isParallel({ source }: Dataset): boolean {
  return source.parallel === true;
}
