import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Larger than the caches of most machines, for each thread. */
const BYTES = 128 * 1024 * 1024;
const MILLISECONDS = 400;

interface Shared {
  readonly kind: 'bandwidth';
  /** How many threads are ready; whether they may begin. */
  readonly start: Int32Array<SharedArrayBuffer>;
  readonly rates: Float64Array<SharedArrayBuffer>;
  readonly thread: number;
}

/** Bytes a microsecond, read and written, of threads that copy arrays through memory at the same time. */
export async function measureBandwidth(threads: number): Promise<number> {
  const start = new Int32Array(new SharedArrayBuffer(8));
  const rates = new Float64Array(new SharedArrayBuffer(8 * threads));
  const ends = Array.from({ length: threads }, (_, thread) => {
    const shared = { kind: 'bandwidth', start, rates, thread } satisfies Shared;
    const worker = new Worker(new URL(import.meta.url), { workerData: shared });
    return new Promise<void>((resolve, reject) => {
      worker.once('exit', () => resolve());
      worker.once('error', reject);
    });
  });
  await Promise.all(ends);
  return rates.reduce((sum, rate) => sum + rate, 0);
}

function copyForAWhile({ start, rates, thread }: Shared): void {
  const source = new Float64Array(BYTES / 16).fill(1);
  const target = new Float64Array(BYTES / 16).fill(2);
  // The last thread that is ready starts all.
  if (Atomics.add(start, 0, 1) + 1 === rates.length) {
    Atomics.store(start, 1, 1);
    Atomics.notify(start, 1);
  }
  Atomics.wait(start, 1, 0);
  const end = performance.now() + MILLISECONDS;
  while (performance.now() < end) {
    const before = performance.now();
    target.set(source);
    rates[thread] = Math.max(rates[thread], BYTES / ((performance.now() - before) * 1e3));
  }
}

/** Other threads may import this file too. */
function isShared(data: unknown): data is Shared {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'bandwidth';
}

if (!isMainThread && isShared(workerData)) copyForAWhile(workerData);
