import { instantiateKernels } from './instantiate.ts';
import { instantiateModule } from './moduleKernels.ts';
import type { KernelSelection } from './selection.ts';
import type { KernelTable } from './table.ts';
import { TRIAL, createTrialMemory } from './trial.ts';
import type { SharedMemory } from './sharedMemory.ts';

/** A product within the first-level caches; its operands lie one after the other in a trial memory. */
const SIZE = { m: 48, n: 64, k: 128 };
const A = 0;
const PANELS = A + SIZE.m * SIZE.k * 4;
const C = PANELS + SIZE.k * SIZE.n * 4;

/** Speed of a product of matrices in a trial memory: the best call within `milliseconds`, in GFLOP/s. */
export function measureGemm(
  kernels: KernelTable,
  memory: SharedMemory,
  milliseconds: number,
  size: { m: number; n: number; k: number } = SIZE,
): number {
  const { m, n, k } = size;
  // Numbers of a usual size: leftovers of other trials may be subnormal, which are slow.
  new Float32Array(memory.buffer, 0, TRIAL.scratch / 4).fill(0.5);
  const operations = 2 * m * n * k;
  return best(milliseconds, operations, () =>
    kernels.gemm(C, n * 4, 0, 0, A, k * 4, 4, PANELS, k * 64, m, n, k, TRIAL.scratch),
  );
}

const PEAK_ITERATIONS = 4000;
const PEAK_MILLISECONDS = 10;

/**
 * The most that one thread of this machine can do in the kernels' instructions, in GFLOP/s: a loop of fused
 * multiply-adds and nothing else. For the reference, the speed of its product.
 */
export function measurePeak(selection: KernelSelection): number {
  const memory = createTrialMemory();
  if (!selection.module) {
    const size = { m: 8, n: 16, k: 16 };
    return measureGemm(instantiateKernels(selection, memory), memory, PEAK_MILLISECONDS, size);
  }
  const exports = instantiateModule(selection.module, memory);
  const wide = measureLoop((iterations) => exports.peak16(0, iterations), 192, memory);
  const narrow = measureLoop((iterations) => exports.peak8(0, iterations), 96, memory);
  return Math.max(wide, narrow);
}

function measureLoop(loop: (iterations: number) => void, operations: number, memory: SharedMemory): number {
  new Float32Array(memory.buffer, 0, 128).fill(0.5);
  return best(PEAK_MILLISECONDS, PEAK_ITERATIONS * operations, () => loop(PEAK_ITERATIONS));
}

/** Repeats for `milliseconds`, at least three times; the fastest call's operations, in 10⁹ a second. */
function best(milliseconds: number, operations: number, call: () => void): number {
  const end = performance.now() + milliseconds;
  let fastest = Infinity;
  for (let repetition = 0; ; repetition++) {
    const start = performance.now();
    if (start > end && repetition >= 3) return operations / fastest / 1e6;
    call();
    fastest = Math.min(fastest, performance.now() - start);
  }
}
