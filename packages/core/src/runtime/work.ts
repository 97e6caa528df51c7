import type { Plan } from '../plan/plan.ts';
import { BLOCK_ROWS, blocksOf, rangesOf } from '../plan/rowRanges.ts';
import { HOLDS } from '../plan/words.ts';
import { STAGE } from './control.ts';

const STAGE_NAMES: readonly string[] = ['compute phase', 'parameter phase', 'update phase'];

/**
 * What a thread is at, for messages: the phase, and the rows and shards, or the parameter blocks, that it holds. `holds`: as in
 * THREAD.holds; `current`: whether it belongs to the open phase; `rows`: of the batch.
 */
export function describeWork(plan: Plan, stage: number, holds: number, current: boolean, rows: number): string {
  const phase = STAGE_NAMES[stage];
  if (!current || holds === HOLDS.nothing) return phase;
  if (holds === HOLDS.end) return `end of the ${phase}`;
  if (stage === STAGE.compute) {
    const range = rangesOf(plan, blocksOf(rows)).at(holds - 1);
    if (range === undefined) return phase;
    const [first, last] = [range[0] * BLOCK_ROWS, Math.min(range[1] * BLOCK_ROWS, rows) - 1];
    const shards = span(Math.floor(first / plan.shardRows), Math.floor(last / plan.shardRows));
    return `${phase}, rows ${span(first, last)} (shard ${shards})`;
  }
  const unit = plan.units.at(holds - 1);
  return unit === undefined ? phase : `${phase}, parameter blocks ${span(unit[0], unit[1] - 1)}`;
}

/** `3`, or `3–5`. */
function span(first: number, last: number): string {
  return first === last ? String(first) : `${first}–${last}`;
}
