import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compileModule } from './compile.ts';
import { instantiateKernels } from './instantiate.ts';
import { loadKernels } from './load.ts';
import { Bench } from './testing/bench.ts';
import { RESTARTABLE, makeCall, prepareCall } from './testing/restartableCall.ts';
import type { RestartTask } from './testing/restartThread.ts';

describe('a range in two calls has the bits of one', () => {
  const bench = new Bench();
  const tables = [bench.tables[0], { name: 'reference', kernels: bench.reference }];

  test.each(RESTARTABLE)('%s, every size to 70, cut everywhere', (name) => {
    const wrong: string[] = [];
    for (let n = 0; n <= 70; n++) {
      const call = prepareCall(bench, name, n);
      const before = bench.snapshot();
      makeCall(bench.reference, call);
      const whole = bench.snapshot();
      for (const { name: implementation, kernels } of tables) {
        for (let cut = 0; cut <= n; cut++) {
          bench.restore(before);
          // What a call leaves that is ended after so many elements.
          makeCall(kernels, { ...call, n: cut });
          const reached = bench.integers(call.progress, 1)[0];
          makeCall(kernels, call);
          const right = Buffer.compare(bench.snapshot(), whole) === 0;
          // Everything is done: one call more changes nothing.
          makeCall(kernels, call);
          const still = Buffer.compare(bench.snapshot(), whole) === 0;
          if (reached !== cut || !right || !still) wrong.push(`${implementation}, ${cut} of ${n}`);
        }
      }
      expect(bench.integers(call.progress, 1)[0]).toBe(n);
    }
    expect(wrong).toEqual([]);
  });
});

/** Long enough that a thread is still at it when it is ended, and with a tail. */
const LONG = 2 ** 21 + 7;
/** The same for plain JavaScript, which is slower. */
const LONG_FOR_REFERENCE = 2 ** 17 + 7;
const ATTEMPTS = 60;

const bytes = readFileSync(new URL('../wasm/lockstep-kernels.wasm', import.meta.url));
const VARIANTS = [
  { variant: 'the selected kernels', elements: LONG, cuts: 4, select: loadKernels },
  {
    variant: 'kernels of the baseline compiler',
    elements: LONG,
    cuts: 2,
    select: () => ({ module: compileModule(bytes, { revectorize: false, eager: false }), tile: '6x8' }) as const,
  },
  {
    variant: 'plain JavaScript',
    elements: LONG_FOR_REFERENCE,
    cuts: 2,
    select: () => ({ module: null, tile: 'scalar' }) as const,
  },
];

describe.each(VARIANTS)('$variant: what a thread left when it was ended', ({ elements: n, cuts, select }) => {
  const bench = new Bench((4 * n + 65_536) * 4 + 1_048_576);
  const selection = select();
  const kernels = instantiateKernels(selection, bench.memory);

  test.each(['accumulate', 'momentum', 'adam'] as const)('%s is completed by another, bit by bit', async (name) => {
    const call = prepareCall(bench, name, n);
    const before = bench.snapshot();
    makeCall(kernels, call);
    const whole = bench.snapshot();

    const inside: number[] = [];
    // On a busy machine many a thread is done before its end arrives. It counts for nothing, and another one tries.
    for (let attempt = 0; attempt < ATTEMPTS && inside.length < cuts; attempt++) {
      bench.restore(before);
      await endThread({ kernels: selection, memory: bench.memory, call }, (n * inside.length) / (2 * cuts));
      const reached = bench.integers(call.progress, 1)[0];
      if (reached > 0 && reached < n) inside.push(reached);
      makeCall(kernels, call);
      expect(Buffer.compare(bench.snapshot(), whole), `ended at ${reached} of ${n}`).toBe(0);
    }
    expect(inside).not.toEqual([]);
  });
});

/** Lets a thread make the call, and ends it when it has done more than `least` elements. */
async function endThread(task: Omit<RestartTask, 'gate'>, least: number): Promise<void> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const progress = new Int32Array(task.memory.buffer, task.call.progress, 1);
  const workerData: RestartTask = {
    ...task,
    // Of a selection only what can be posted, and is needed.
    kernels: { module: task.kernels.module, tile: task.kernels.tile },
    gate,
  };
  const thread = new Worker(new URL('testing/restartThread.ts', import.meta.url), { workerData });
  onTestFinished(async () => void (await thread.terminate()));
  await once(thread, 'message');
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  // This thread watches closely instead of sleeping: the call takes a few milliseconds.
  const deadline = performance.now() + 20_000;
  while (Atomics.load(progress, 0) <= least) {
    if (performance.now() > deadline) throw new Error('The thread does not make its call.');
  }
  await thread.terminate();
}
