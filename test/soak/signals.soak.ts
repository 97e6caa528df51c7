import { beforeAll, describe, expect, test } from 'vitest';
import type { ChildResult } from '../support/childRunOptions.ts';
import { countInSummary, soakSize } from '../support/soak.ts';
import { type Phase, PHASES, stopFor, terminateIn, undisturbed } from '../support/soakSignals.ts';

const STOP_SECONDS = soakSize('STOP_SECONDS', 30);

let expected: ChildResult;
beforeAll(async () => {
  expected = await undisturbed();
});

describe(`a process that is stopped for ${STOP_SECONDS} s loses nothing but the time`, () => {
  test.each([
    { workers: 2, event: 'fit', count: 1 },
    { workers: 2, event: 'loading training', count: 2 },
    { workers: 3, event: 'file writing', count: 30 },
    { workers: 1, event: 'loading evaluation', count: 1 },
  ] as const)('$workers workers, at $event $count', async ({ workers, event, count }) => {
    const { result, restarts, warnings } = await stopFor(STOP_SECONDS, { event, count }, { workers, stepTimeout: 2 });
    expect({ restarts, warnings }).toEqual({ restarts: [], warnings: [] });
    expect(result).toEqual(expected);
  });
});

describe('SIGTERM in every phase leaves a checkpoint from which the same bits come', () => {
  /** The calling thread loads by itself without other threads: it cannot wait for its own signal in the middle of that. */
  const inline = (phase: Phase): boolean => phase !== 'stepping' && phase !== 'evaluating';
  const phases = Object.keys(PHASES) as Phase[];
  const cases = phases.flatMap((phase) => [
    { phase, workers: 2, nextWorkers: 3 },
    { phase, workers: 4, nextWorkers: 1 },
    ...(inline(phase) ? [{ phase, workers: 1, nextWorkers: 2 }] : []),
  ]);
  let from = 0;

  test.each(cases)('$phase, $workers workers', async ({ phase, workers, nextWorkers }) => {
    const { end, files, resumedAt, result } = await terminateIn(phase, workers, nextWorkers);
    expect(end).toEqual({ event: 'failed', message: 'the system asks for the end' });
    // One that has not begun its first step may have nothing to leave.
    if (phase !== 'starting') expect(files).toEqual([expect.stringMatching(/^checkpoint-\d{12}\.safetensors$/)]);
    expect(resumedAt).toBeGreaterThanOrEqual(0);
    expect(result).toEqual(expected);
    if (resumedAt > 0) from++;
  });

  test('most of them after steps', () => {
    countInSummary('SIGTERM', { sent: cases.length, 'resumed behind the first step': from });
    expect(from).toBeGreaterThan(cases.length / 2);
  });
});
