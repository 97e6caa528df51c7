import { describe, expect, test } from 'vitest';
import { faultFree, fitWithFaults, resultOf } from './support/faultRun.ts';
import { catchWarnings } from './support/warnings.ts';

/** A file of its own, as filling a heap of a gibibyte takes seconds. */
const takeWarnings = catchWarnings();

describe('a thread whose heap is full is replaced', () => {
  test.each([
    { thread: 1, at: 'computed' },
    { thread: 'loader', at: 'start' },
  ] as const)('$thread', async ({ thread, at }) => {
    const history = await fitWithFaults('clipped', [{ thread, step: 3, action: 'exhaust', at }], { workers: 2 });
    expect(resultOf(history)).toEqual(resultOf(await faultFree('clipped', 2)));
    expect(history.restarts.map((restart) => restart.thread)).toEqual([thread === 1 ? 'worker 1' : thread]);
    expect(history.restarts[0].cause).toMatch(/memory/);
    expect(await takeWarnings()).toHaveLength(1);
  });
});
