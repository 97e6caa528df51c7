import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { BarrierTask } from '../testing/barrierThread.ts';
import { Barrier } from './barrier.ts';
import { abortRun, RunAborted, WORD } from './control.ts';

/** Words behind the control words, for what threads note down. */
const NOTES = 256;

function sharedControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (NOTES + 256)));
}

async function startThreads(tasks: readonly BarrierTask[]): Promise<Promise<unknown>[]> {
  const threads = tasks.map(
    (task) => new Worker(new URL('../testing/barrierThread.ts', import.meta.url), { workerData: task }),
  );
  onTestFinished(async () => void (await Promise.all(threads.map((thread) => thread.terminate()))));
  return threads.map(async (thread) => ((await once(thread, 'message')) as unknown[])[0]);
}

describe('threads at a barrier', () => {
  test.each([2, 3, 5])(
    '%i of them never part by more than a phase, and one alone is last',
    { timeout: 30_000 },
    async (threads) => {
      const control = sharedControl();
      const rounds = 2000;
      const results = await Promise.all(
        await startThreads(
          Array.from({ length: threads }, (_, rank) => ({
            kind: 'rounds',
            control,
            threads,
            rank,
            rounds,
            notes: NOTES,
          })),
        ),
      );
      // Each thread counts how often it was last, and how often another's round was not the one that it must be.
      const counts = results as { last: number; torn: number }[];
      expect(counts.map(({ torn }) => torn)).toEqual(counts.map(() => 0));
      expect(counts.reduce((sum, { last }) => sum + last, 0)).toBe(rounds);
      expect(Atomics.load(control, WORD.barrierArrived)).toBe(0);
      expect(Atomics.load(control, WORD.barrierSleepers)).toBe(0);
      expect(Atomics.load(control, WORD.barrierGeneration)).toBe(2 * rounds);
    },
  );

  test('a thread that has gone to sleep is woken by the last one', { timeout: 30_000 }, async () => {
    const control = sharedControl();
    const [woken] = await startThreads([{ kind: 'wait', control, threads: 2 }]);
    // The interleaving is built: this thread arrives only once the other one counts itself as asleep.
    await untilSleeping(control, 1);
    const barrier = new Barrier(control, 2);
    expect(barrier.arrive()).toBe(true);
    // Sleepers look again every quarter of a second, which would hide a missing notification; this one looks only once.
    const notified = Atomics.waitAsync(control, WORD.barrierGeneration, 0).value;
    barrier.release();
    expect(await notified).toBe('ok');
    expect(await woken).toBe('released');
  });

  test('the end of a run wakes those who wait, as an abort', { timeout: 30_000 }, async () => {
    const control = sharedControl();
    const ends = await startThreads([
      { kind: 'wait', control, threads: 3 },
      { kind: 'wait', control, threads: 3 },
    ]);
    await untilSleeping(control, 2);
    abortRun(control);
    expect(await Promise.all(ends)).toEqual([RunAborted.name, RunAborted.name]);
    expect(Atomics.load(control, WORD.barrierSleepers)).toBe(0);
  });

  test('a thread alone never waits', () => {
    const control = sharedControl();
    const barrier = new Barrier(control, 1);
    for (let round = 0; round < 10; round++) {
      expect(barrier.arrive()).toBe(true);
      barrier.release();
    }
    expect(Atomics.load(control, WORD.barrierGeneration)).toBe(10);
  });

  test('the generation may wrap around', () => {
    const control = sharedControl();
    Atomics.store(control, WORD.barrierGeneration, 0x7fff_ffff);
    const barrier = new Barrier(control, 1);
    expect(barrier.arrive()).toBe(true);
    barrier.release();
    expect(Atomics.load(control, WORD.barrierGeneration)).toBe(-0x8000_0000);
  });
});

/** Lets the event loop turn until so many threads count themselves as asleep. */
async function untilSleeping(control: Int32Array, threads: number): Promise<void> {
  while (Atomics.load(control, WORD.barrierSleepers) !== threads) await new Promise((resolve) => setImmediate(resolve));
}
