import type { ModelSpec } from '../model/spec.ts';
import { piecesOf } from '../plan/batchCut.ts';
import type { ModelLayout } from '../plan/modelLayout.ts';
import type { Plan } from '../plan/plan.ts';
import { BLOCK_ROWS } from '../plan/rowRanges.ts';
import { STATISTICS_ROWS } from '../plan/shards.ts';
import { availableCores } from '../runtime/cores.ts';
import { warn } from '../warnings.ts';
import { threadsAndSlots } from './threads.ts';

const told = new Set<string>();

/**
 * Says once, as a warning of the process, when a setting leaves cores without work: a batch with fewer blocks of rows, or fewer
 * shards where these are computed as a whole, than there are threads. Models so small that threads would not pay are no such case.
 */
export function warnOfIdleCores(
  spec: ModelSpec,
  layout: ModelLayout,
  plan: Pick<Plan, 'batchSize' | 'shardRows' | 'shardCount' | 'wholeShards' | 'threads'>,
  workers: number | 'auto',
): void {
  const { batchSize, wholeShards, threads } = plan;
  const wanted = workers === 'auto' ? availableCores() : threads;
  const busy = Math.min(threads, piecesOf(plan, batchSize));
  if (busy >= wanted) return;
  const enough = wanted * (wholeShards ? STATISTICS_ROWS : BLOCK_ROWS);
  // With 'auto', threads are left out for other reasons too: would more rows change it?
  if (workers === 'auto' && threadsAndSlots('auto', spec, layout, enough, true).threads <= threads) return;
  const pieces = wholeShards ? 'whole shards, for the statistics of batch normalization' : `blocks of ${BLOCK_ROWS}`;
  const remedy = wholeShards ? `batchSize ${enough} on with shards: 'auto'` : `batchSize ${enough} on`;
  const text = `batchSize ${batchSize} has rows for ${busy} of ${wanted} threads, which take them in ${pieces}; from ${remedy}, all of them have work`;
  if (told.has(text)) return;
  told.add(text);
  warn('LOCKSTEP_IDLE_CORES', text);
}
