import type { RunEvent } from '../run/events.ts';

/** A hash of the weights that a run recorded. */
export interface RecordedHash {
  readonly steps: number;
  readonly hash: string;
  /** `epoch 3`, `checkpoint`. */
  readonly source: string;
}

/**
 * The hashes in metrics.jsonl, one for each number of steps, in order. That of an epoch counts more than that of a
 * checkpoint after the same step: it is of the weights before callbacks could change them. The one at the end is not among
 * them for the same reason; it is that of the saved model.
 */
export function recordedHashes(events: readonly RunEvent[]): RecordedHash[] {
  const bySteps = new Map<number, RecordedHash>();
  for (const event of events) {
    if (event.event === 'epoch') {
      const { steps, weightsHash: hash, epoch } = event;
      bySteps.set(steps, { steps, hash, source: `epoch ${epoch}` });
    } else if (event.event === 'checkpoint' && event.steps > 0 && !bySteps.has(event.steps)) {
      bySteps.set(event.steps, { steps: event.steps, hash: event.weightsHash, source: 'checkpoint' });
    }
  }
  return [...bySteps.values()].toSorted((a, b) => a.steps - b.steps);
}
