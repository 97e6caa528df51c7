import { beforeAll, describe, expect, test } from 'vitest';
import type { ChildResult } from './support/childRunOptions.ts';
import { type Phase, PHASES, stopFor, terminateIn, undisturbed } from './support/soakSignals.ts';

let expected: ChildResult;
beforeAll(async () => {
  expected = await undisturbed();
});

test('a process that is stopped for longer than stepTimeout goes on, and no thread is taken for hung', async () => {
  const at = { event: 'loading training', count: 2 } as const;
  const { result, restarts, warnings } = await stopFor(3, at, { workers: 2, stepTimeout: 1 });
  expect({ restarts, warnings }).toEqual({ restarts: [], warnings: [] });
  expect(result).toEqual(expected);
});

/** The soak sends it in all phases. */
const phases: readonly Phase[] = ['starting', 'stepping', 'evaluating', 'in onEpochEnd', 'writing a checkpoint'];

describe('SIGTERM, which a program hands on by an AbortController', () => {
  test.each(phases)('leaves a checkpoint from which the same bits come: %s', async (phase) => {
    const { end, files, resumedAt, result } = await terminateIn(phase, 2, 1);
    expect(end).toEqual({ event: 'failed', message: 'the system asks for the end' });
    // One that has not begun its first step may have nothing to leave.
    if (PHASES[phase].holds) {
      expect(files).toEqual([expect.stringMatching(/^checkpoint-\d{12}\.safetensors$/)]);
      expect(resumedAt).toBeGreaterThan(0);
    }
    expect(result).toEqual(expected);
  });
});
