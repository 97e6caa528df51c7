import { formatCount } from '@lockstep/core';
import type { FoundCheckpoint } from '../run/checkpoints.ts';
import { type Check, compare } from './check.ts';
import type { RecordedHash } from './recorded.ts';
import { replay } from './replay.ts';
import type { Subject } from './subject.ts';

export interface Replayed {
  readonly checks: readonly Check[];
  readonly unchecked: readonly string[];
}

/** The first steps of the run, once with one thread and once with several. */
export async function replayBeginning(
  subject: Subject,
  recorded: readonly RecordedHash[],
  steps: number,
  workers: number,
): Promise<Replayed> {
  const unchecked = recorded.some((one) => one.steps === steps)
    ? []
    : [`${countSteps(steps)}: no hash was recorded there, so threads were compared with each other only`];
  const checks: Check[] = [];
  let first: string | null = null;
  for (const threads of new Set([1, workers])) {
    const what = `first ${countSteps(steps)}, ${countThreads(threads)}`;
    const hashes = await replay(subject, { what, workers: threads, until: steps, from: null });
    const found = hashes.get(steps) ?? null;
    checks.push(...compareOnTheWay(what, recorded, hashes, steps));
    const expected = recorded.find((one) => one.steps === steps)?.hash ?? first;
    checks.push(compare(what, steps, expected, found));
    first ??= found;
  }
  if (workers === 1) unchecked.push('other numbers of threads: --workers 1 leaves nothing to compare with');
  return { checks, unchecked };
}

/** The last recorded hash, computed again from the checkpoint before it. `steps`: those that have been computed already. */
export async function replayEnd(
  subject: Subject,
  recorded: readonly RecordedHash[],
  checkpoints: readonly FoundCheckpoint[],
  steps: number,
  workers: number,
): Promise<Replayed> {
  const last = recorded.at(-1);
  // What the first steps reached has been compared.
  if (last === undefined || last.steps <= steps) return { checks: [], unchecked: [] };
  const from = checkpoints.findLast(({ header }) => header.position.steps < last.steps);
  const place = `step ${formatCount(last.steps)}, the last that was recorded`;
  if (from === undefined) {
    const advice = `--steps ${last.steps} computes it from the beginning`;
    return { checks: [], unchecked: [`${place}: no whole checkpoint before it is left; ${advice}`] };
  }
  const begin = from.header.position.steps;
  const what = `from step ${formatCount(begin)}, ${countThreads(workers)}`;
  const hashes = await replay(subject, { what, workers, until: last.steps, from: from.path });
  const between = recorded.filter((one) => one.steps > begin);
  const found = hashes.get(last.steps) ?? null;
  return {
    checks: [...compareOnTheWay(what, between, hashes, last.steps), compare(what, last.steps, last.hash, found)],
    unchecked: [],
  };
}

/** The first hash before `steps` that differs: everything after it does too. */
function compareOnTheWay(
  what: string,
  recorded: readonly RecordedHash[],
  hashes: ReadonlyMap<number, string>,
  steps: number,
): Check[] {
  const wrong = recorded.find(
    (one) => one.steps < steps && hashes.has(one.steps) && hashes.get(one.steps) !== one.hash,
  );
  if (wrong === undefined) return [];
  return [compare(`${what}: ${wrong.source}`, wrong.steps, wrong.hash, hashes.get(wrong.steps) ?? null)];
}

export function countSteps(steps: number): string {
  return `${formatCount(steps)} ${steps === 1 ? 'step' : 'steps'}`;
}

function countThreads(threads: number): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
