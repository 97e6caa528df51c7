import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BARRIER, barrierSetWords } from '../plan/words.ts';
import type { BarrierTask } from '../testing/barrierThread.ts';
import { Barrier } from './barrier.ts';
import { abortRun, phaseOf, RunAborted, WORD } from './control.ts';

interface Shared {
  readonly control: Int32Array;
  readonly words: Int32Array;
  readonly threads: number;
}

function share(threads: number): Shared {
  const words = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(count * 4));
  return { control: words(256), words: words(BARRIER.sets * barrierSetWords(threads)), threads };
}

function barrierOf({ control, words, threads }: Shared, rank: number): Barrier {
  return new Barrier(control, words, threads, rank);
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
      const shared = share(threads);
      const notes = new Int32Array(new SharedArrayBuffer(threads * 4));
      const rounds = 2000;
      const results = await Promise.all(
        await startThreads(
          Array.from({ length: threads }, (_, rank) => ({ kind: 'rounds', ...shared, rank, rounds, notes })),
        ),
      );
      // Each thread counts how often it was last, and how often another's round was not the one that it must be.
      const counts = results as { last: number; torn: number }[];
      expect(counts.map(({ torn }) => torn)).toEqual(counts.map(() => 0));
      expect(counts.reduce((sum, { last }) => sum + last, 0)).toBe(rounds);
      expect(Atomics.load(shared.control, WORD.sleepers)).toBe(0);
      expect(Atomics.load(shared.control, WORD.phase)).toBe(phaseOf(rounds, 0));
    },
  );

  test('a thread that has gone to sleep is woken by the last one', { timeout: 30_000 }, async () => {
    const shared = share(2);
    const { control } = shared;
    const [woken] = await startThreads([{ kind: 'wait', ...shared, rank: 0 }]);
    // The interleaving is built: this thread arrives only once the other one counts itself as asleep.
    await untilSleeping(control, 1);
    const barrier = barrierOf(shared, 1);
    expect(barrier.arrive(0)).toBe(true);
    // Sleepers look again every quarter of a second, which would hide a missing notification; this one looks only once.
    const notified = Atomics.waitAsync(control, WORD.phase, 0).value;
    barrier.open(1);
    expect(await notified).toBe('ok');
    expect(await woken).toBe('released');
  });

  test('the end of a run wakes those who wait, as an abort', { timeout: 30_000 }, async () => {
    const shared = share(3);
    const ends = await startThreads([
      { kind: 'wait', ...shared, rank: 0 },
      { kind: 'wait', ...shared, rank: 2 },
    ]);
    await untilSleeping(shared.control, 2);
    abortRun(shared.control);
    expect(await Promise.all(ends)).toEqual([RunAborted.name, RunAborted.name]);
    expect(Atomics.load(shared.control, WORD.sleepers)).toBe(0);
  });

  test('a thread alone never waits, and phase numbers may wrap around', () => {
    const shared = share(1);
    const barrier = barrierOf(shared, 0);
    let phase = phaseOf(0x1fff_fffe, 0);
    for (let round = 0; round < 10; round++) {
      expect(barrier.claim(phase)).toBe(0);
      expect(barrier.arrive(phase)).toBe(true);
      phase = (phase + 1) | 0;
      barrier.open(phase);
    }
    expect(Atomics.load(shared.control, WORD.phase)).toBe(phase);
    expect(phase).toBeLessThan(0);
  });
});

describe('a thread that was ended, and the one that takes its place', () => {
  test('an arrival counts once', () => {
    const shared = share(3);
    expect(arrives(shared, 0)).toBe('waits');
    expect(barrierOf(shared, 0).hasArrived(0)).toBe(true);
    expect(arrives(shared, 0)).toBe('waits');
    expect(arrives(shared, 1)).toBe('waits');
    expect(arrives(shared, 1)).toBe('waits');
    expect(barrierOf(shared, 2).hasArrived(0)).toBe(false);
    expect(arrives(shared, 2)).toBe('ends the phase');
  });

  test('whoever ends the phase is replaced by one that ends it again, and by no other', () => {
    const shared = share(3);
    for (const rank of [2, 0]) expect(arrives(shared, rank)).toBe('waits');
    expect(arrives(shared, 1)).toBe('ends the phase');
    // Replacements of those that only wait must leave it alone.
    expect(arrives(shared, 0)).toBe('waits');
    expect(arrives(shared, 2)).toBe('waits');
    expect(arrives(shared, 1)).toBe('ends the phase');
    barrierOf(shared, 1).open(1);
    for (const rank of [0, 2]) expect(arrives(shared, rank)).toBe('goes on');
  });

  test('claims of a phase begin at 0, whatever was claimed two steps before', () => {
    const shared = share(2);
    const barrier = barrierOf(shared, 0);
    for (let sequence = 0; sequence < 6; sequence++) {
      for (const stage of [0, 1, 2]) {
        const phase = phaseOf(sequence, stage);
        expect([0, 1, 2].map(() => barrier.claim(phase))).toEqual([0, 1, 2]);
        expect(barrier.hasArrived(phase)).toBe(false);
        expect(arrives(shared, 1, phase)).toBe('waits');
        expect(arrives(shared, 0, phase)).toBe('ends the phase');
        barrier.open(stage === 2 ? phaseOf(sequence + 1, 0) : phase + 1);
      }
    }
  });

  test('in any order, with any number of repetitions, exactly one rank ends the phase', () => {
    const arrivals = fc.integer({ min: 1, max: 70 }).chain((threads) =>
      fc.tuple(
        fc.constant(threads),
        fc.array(fc.nat(threads - 1), { maxLength: 100 }),
        fc.shuffledSubarray(
          Array.from({ length: threads }, (_, rank) => rank),
          { minLength: threads },
        ),
      ),
    );
    fc.assert(
      fc.property(arrivals, ([threads, early, rest]) => {
        const shared = share(threads);
        const arrived = new Set<number>();
        let owner: number | null = null;
        for (const rank of [...early, ...rest, ...early]) {
          const wasComplete = arrived.size === threads;
          arrived.add(rank);
          const ends = arrives(shared, rank) === 'ends the phase';
          if (!wasComplete) {
            expect(ends).toBe(arrived.size === threads);
            if (ends) owner = rank;
          } else expect(ends).toBe(rank === owner);
        }
        expect(owner).not.toBeNull();
      }),
    );
  });
});

/** What a thread of this rank does on arrival. It cannot wait here: the run counts as ended, which it sees when it would. */
function arrives(shared: Shared, rank: number, phase = 0): 'waits' | 'goes on' | 'ends the phase' {
  Atomics.store(shared.control, WORD.abort, 1);
  try {
    return barrierOf(shared, rank).arrive(phase) ? 'ends the phase' : 'goes on';
  } catch (error) {
    expect(error).toBeInstanceOf(RunAborted);
    return 'waits';
  }
}

/** Lets the event loop turn until so many threads count themselves as asleep. */
async function untilSleeping(control: Int32Array, threads: number): Promise<void> {
  while (Atomics.load(control, WORD.sleepers) !== threads) await new Promise((resolve) => setImmediate(resolve));
}
