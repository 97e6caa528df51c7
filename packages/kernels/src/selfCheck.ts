import { crc32 } from 'node:zlib';
import type { KernelName, KernelTable } from './table.ts';
import { createReferenceKernels } from './reference/createReferenceKernels.ts';
import { TRIAL, trialProduct } from './trial.ts';
import type { Trial } from './trials.ts';
import { type SharedMemory, webAssembly } from './sharedMemory.ts';

/**
 * The kernels that leave other bytes in a trial memory than the reference does, a product's name for it and its packing.
 * What the reference leaves is known by checksums, which saves running it. Where multiply-adds round twice (`exact` is
 * false) float32 results may differ a little, and it does run.
 */
export function findWrongKernels(
  kernels: KernelTable,
  memory: SharedMemory,
  pattern: Uint8Array,
  trials: readonly Trial[],
  exact: boolean,
): KernelName[] {
  const isRight = (trial: Trial, tried: KernelTable): boolean => {
    const left = survive(() => runTrial(trial, tried, memory, pattern));
    if (!left) return false;
    if (crc32(left) === trial.checksum) return true;
    if (exact) return false;
    const result = left.slice();
    return closeTo(trial, result, runTrial(trial, createReferenceKernels(memory), memory, pattern).slice());
  };
  /** Of the kernels of a trial that went wrong those that do so amid kernels of the reference, or all. */
  const wrongOf = (trial: Trial): readonly KernelName[] => {
    const names = [trial.kernel].flat();
    if (names.length === 1) return names;
    const reference = createReferenceKernels(memory);
    const wrong = names.filter((name) => !isRight(trial, { ...reference, [name]: kernels[name] }));
    return wrong.length > 0 ? wrong : names;
  };
  return [...new Set(trials.filter((trial) => !isRight(trial, kernels)).flatMap(wrongOf))];
}

/** Whether a · b + c rounds once: (1 + 2⁻¹²)² - (1 + 2⁻¹¹) is 2⁻²⁴ then, and 0 when the product is rounded first. */
export function fusesMultiplyAdd(kernels: KernelTable, memory: SharedMemory): boolean {
  const x = new Float32Array(memory.buffer);
  x.set([-(1 + 2 ** -11), 1 + 2 ** -12], TRIAL.a / 4);
  x.set([1, 1 + 2 ** -12], TRIAL.b / 4);
  survive(() => trialProduct(kernels, { m: 1, n: 1, k: 2 }));
  return x[TRIAL.c / 4] === 2 ** -24;
}

/** What `call` returns, or undefined when the module traps: a wrongly compiled kernel may leave its memory. */
function survive<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof webAssembly.RuntimeError) return undefined;
    throw error;
  }
}

/** The contents of a trial memory after a trial, in place: copying them takes longer than most trials. */
export function runTrial(trial: Trial, kernels: KernelTable, memory: SharedMemory, pattern: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(memory.buffer, 0, TRIAL.end);
  bytes.set(pattern);
  trial.call(kernels);
  return bytes;
}

const TOLERANCE = 1e-4;

function closeTo(trial: Trial, result: Uint8Array, expected: Uint8Array): boolean {
  const { d, labels, panels } = TRIAL;
  const sums = trial.sums ?? 0;
  return (
    // Whole numbers, `progress` among them.
    Buffer.compare(result.subarray(labels, panels), expected.subarray(labels, panels)) === 0 &&
    close(new Float64Array(result.buffer, d, sums), new Float64Array(expected.buffer, d, sums)) &&
    close(new Float32Array(result.buffer, 0, d / 4), new Float32Array(expected.buffer, 0, d / 4)) &&
    close(new Float32Array(result.buffer, d + sums * 8), new Float32Array(expected.buffer, d + sums * 8))
  );
}

function close(x: Float32Array | Float64Array, y: Float32Array | Float64Array): boolean {
  return x.every((value, i) => Math.abs(value - y[i]) <= TOLERANCE * (1 + Math.abs(y[i])));
}
