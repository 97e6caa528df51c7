import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { loadKernels, measurePeak } from '@lockstep/kernels';

const MILLISECONDS = 100;

/**
 * GFLOP/s of bare loops of fused multiply-adds on so many threads at the same time: what these cores can do together,
 * which is less than one of them alone would suggest where they share power or a core.
 */
export async function measurePeakTogether(threads: number): Promise<number> {
  const start = new Int32Array(new SharedArrayBuffer(8));
  const peaks = new Float64Array(new SharedArrayBuffer(8 * threads));
  const ends = Array.from({ length: threads }, (_, thread) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { start, peaks, thread } satisfies Shared });
    return new Promise<void>((resolve, reject) => {
      worker.once('exit', () => resolve());
      worker.once('error', reject);
    });
  });
  await Promise.all(ends);
  return peaks.reduce((sum, peak) => sum + peak, 0);
}

interface Shared {
  /** How many threads are ready; whether they may begin. */
  readonly start: Int32Array<SharedArrayBuffer>;
  readonly peaks: Float64Array<SharedArrayBuffer>;
  readonly thread: number;
}

if (!isMainThread && isShared(workerData)) {
  const { start, peaks, thread } = workerData;
  const kernels = loadKernels();
  // The last thread that is ready starts all.
  if (Atomics.add(start, 0, 1) + 1 === peaks.length) {
    Atomics.store(start, 1, 1);
    Atomics.notify(start, 1);
  }
  Atomics.wait(start, 1, 0);
  const end = performance.now() + MILLISECONDS;
  while (performance.now() < end) peaks[thread] = Math.max(peaks[thread], measurePeak(kernels));
}

/** Other threads may import this file too. */
function isShared(data: unknown): data is Shared {
  return typeof data === 'object' && data !== null && 'peaks' in data && 'thread' in data;
}
