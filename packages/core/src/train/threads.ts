import type { ModelLayout } from '../plan/modelLayout.ts';
import { blocksOf } from '../plan/rowRanges.ts';
import { availableCores } from '../runtime/cores.ts';

/** Multiply-adds of a step below which threads cost more than they save: two barriers take tens of microseconds. */
const INLINE_OPERATIONS = 2_000_000;

/** Parameters that make it worth while to have one more thread in the parameter phase. */
const PARAMETERS_PER_THREAD = 32_768;

/**
 * How many threads a run gets. 'auto' is every core this process may use, but not more than there is work for, and one for
 * steps so small that threads would only wait for each other. The number never changes a result.
 */
function threadCount(workers: number | 'auto', { parameters }: ModelLayout, batchSize: number): number {
  if (workers !== 'auto') return workers;
  const weights = parameters.reduce((sum, { elements }) => sum + elements, 0);
  if (3 * weights * batchSize < INLINE_OPERATIONS) return 1;
  return Math.min(availableCores(), Math.max(blocksOf(batchSize), Math.ceil(weights / PARAMETERS_PER_THREAD)));
}

/** Batches between loader and steps. A power of two, because sequence numbers wrap; control.ts has words for 64. */
const SLOTS = 4;

/** Threads of a run, and batches between the loader and them: an inline run loads each batch into the one slot it needs. */
export function threadsAndSlots(
  workers: number | 'auto',
  layout: ModelLayout,
  batchSize: number,
): { readonly threads: number; readonly slots: number } {
  const threads = threadCount(workers, layout, batchSize);
  return { threads, slots: threads === 1 ? 1 : SLOTS };
}
