/**
 * Preloaded into a process that trains, and thereby into its threads: counts for how long the threads that compute sleep
 * until the next batch is there. All their sleep goes through `Atomics.wait` on a word of the run, which says for what.
 */
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

// Not by way of harness/internals.ts: threads would import all of it before they start.
const { MAGIC, WORD } = (await import(
  new URL('../../packages/core/src/runtime/control.ts', import.meta.url).href
)) as typeof import('../../packages/core/src/runtime/control.ts');

const KEY = 'lockstep-bench waits';
/** Int32: microseconds of all threads together, and how often they slept. */
const COUNT = { microseconds: 0, waits: 1, words: 2 } as const;

if (isMainThread) setEnvironmentData(KEY, new SharedArrayBuffer(COUNT.words * 4));
const counts = new Int32Array(getEnvironmentData(KEY) as unknown as SharedArrayBuffer);

/** Since the process began. */
export function readWaits(): { readonly microseconds: number; readonly waits: number } {
  return { microseconds: Atomics.load(counts, COUNT.microseconds), waits: Atomics.load(counts, COUNT.waits) };
}

type Wait = (array: Int32Array, index: number, value: number, timeout?: number) => 'ok' | 'not-equal' | 'timed-out';
const wait = Atomics.wait as Wait;

Atomics.wait = ((array, index, value, timeout) => {
  // Other arrays may have an index of the same number.
  if (index !== WORD.filled || array[WORD.magic] !== MAGIC) return wait(array, index, value, timeout);
  const begin = performance.now();
  const result = wait(array, index, value, timeout);
  Atomics.add(counts, COUNT.microseconds, Math.round((performance.now() - begin) * 1e3));
  Atomics.add(counts, COUNT.waits, 1);
  return result;
}) as Wait as typeof Atomics.wait;
