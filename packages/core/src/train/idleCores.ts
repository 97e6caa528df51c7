import type { ModelSpec } from '../model/spec.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import { BLOCK_ROWS, blocksOf } from '../plan/rowRanges.ts';
import { availableCores } from '../runtime/cores.ts';
import { threadsAndSlots } from './threads.ts';

const told = new Set<string>();

/**
 * Says once, as a warning of the process, when a setting leaves cores without work: a batch with fewer blocks of rows than
 * there are threads. Models so small that threads would not pay are no such case.
 */
export function warnOfIdleCores(
  spec: ModelSpec,
  layout: ModelLayout,
  batchSize: number,
  workers: number | 'auto',
  threads: number,
): void {
  const wanted = workers === 'auto' ? availableCores() : threads;
  const busy = Math.min(threads, blocksOf(batchSize));
  if (busy >= wanted) return;
  const enough = wanted * BLOCK_ROWS;
  // With 'auto', threads are left out for other reasons too: would more rows change it?
  if (workers === 'auto' && threadsAndSlots('auto', spec, layout, enough, true).threads <= threads) return;
  const text =
    `batchSize ${batchSize} has rows for ${busy} of ${wanted} threads, which take them in blocks of ${BLOCK_ROWS}; ` +
    `from batchSize ${enough} on, all of them have work`;
  if (told.has(text)) return;
  told.add(text);
  process.emitWarning(text, { type: 'LockstepWarning', code: 'LOCKSTEP_IDLE_CORES' });
}
