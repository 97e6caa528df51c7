import { type Fault, LockstepError } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { breakingDataset, breakingModel, OPTIONS } from './support/breakingRun.ts';
import { faultDataset, faultFree, faultModel, fitWithFaults, optionsOf, resultOf } from './support/faultRun.ts';
import { COUNT, sharedCounts } from './support/faultySource.ts';
import { liveWorkers } from './support/liveWorkers.ts';
import { catchWarnings } from './support/warnings.ts';

/** Threads that hang. */
const takeWarnings = catchWarnings();

/** Seconds. A thread that is replaced has to start within them too, on whatever machine this runs. */
const TIMEOUT = 1.5;

const HUNG = `expected the thread to move on within ${TIMEOUT} s, received no progress`;

describe('a thread that loops for ever is replaced', () => {
  test.each([
    { setting: 'plain', at: 'compute', threads: [0, 1] },
    { setting: 'clipped', at: 'updated', threads: [0, 1] },
    { setting: 'accumulated', at: 'end', threads: [0, 1] },
    // Where one thread alone is to blame, the others, which wait for it as long, are not.
    { setting: 'clipped and accumulated', at: 'computed', threads: [1] },
    { setting: 'validated', at: 'start', threads: ['loader'] },
  ] as const)('at $at in $threads, $setting', async ({ setting, at, threads }) => {
    const faults = threads.map((thread): Fault => ({ thread, step: 6, action: 'loop', at }));
    const history = await fitWithFaults(setting, faults, { workers: 2, stepTimeout: TIMEOUT });
    expect(resultOf(history)).toEqual(resultOf(await faultFree(setting, history.epochs.length)));
    const allowed = threads.map((thread) => (thread === 'loader' ? thread : `worker ${thread}`));
    const blamed = history.restarts.map(({ thread }) => thread);
    expect(blamed.length).toBeGreaterThan(0);
    expect(new Set(blamed).size).toBe(blamed.length);
    for (const { thread, place, cause } of history.restarts) {
      expect(allowed).toContain(thread);
      expect(cause).toContain(`${thread}, ${place}: ${HUNG}`);
    }
    expect(await takeWarnings()).toHaveLength(blamed.length);
  });
});

test('what the watchdog says names the worker, the step, its phase, the rows and their shards', async () => {
  const faults = [0, 1].map((thread): Fault => ({ thread, step: 2, action: 'loop', at: 'compute' }));
  const model = faultModel();
  const options = { ...optionsOf('plain'), workers: 2, stepTimeout: TIMEOUT, maxWorkerRestarts: 0, faults };
  const error: unknown = await model.fit(faultDataset(), options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LockstepError);
  // 24 rows in 4 shards of 6, taken in blocks of 8.
  expect((error as LockstepError).message).toMatch(
    /^worker [01], step 3, compute phase, rows (0–7 \(shard 0–1\)|8–15 \(shard 1–2\)|16–23 \(shard 2–3\)): expected the thread to move on within 1\.5 s, received no progress\. .*`stepTimeout`.* \[STEP_TIMEOUT\]$/,
  );
  expect(liveWorkers()).toBe(0);
});

describe('a source that hangs: the loader is to blame, not the threads that wait for it', () => {
  test.each([
    { times: 1, most: 1, trains: true },
    { times: Infinity, most: 1, trains: false },
  ])('$times times', async ({ times, most, trains }) => {
    const counts = sharedCounts();
    const dataset = breakingDataset('hangs at a row', 42, { counts, times });
    const restarted: string[] = [];
    const options = {
      ...{ ...OPTIONS, workers: 2, stepTimeout: TIMEOUT, maxWorkerRestarts: most },
      callbacks: [
        {
          onThreadRestart: ({ thread, place }: { thread: string; place: string }) =>
            void restarted.push(`${thread}, ${place}`),
        },
      ],
    };
    const outcome: unknown = await breakingModel()
      .fit(dataset, options)
      .catch((reason: unknown) => reason);
    expect(restarted).toEqual(['loader, step 3, loading its batch']);
    if (trains) {
      const { weightsHash } = await breakingModel().fit(breakingDataset('none', 0), { ...OPTIONS, workers: 1 });
      expect(outcome).toMatchObject({ weightsHash });
    } else {
      expect(outcome).toMatchObject({ code: 'STEP_TIMEOUT', place: 'loader, step 3, loading its batch' });
    }
    expect(counts[COUNT.opened]).toBe(2);
    expect(await takeWarnings()).toHaveLength(1);
  });
});
