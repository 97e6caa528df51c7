import type { KernelName, KernelTable } from './table.ts';
import { TRIAL, trialPattern, trialProduct } from './trial.ts';
import { type SharedMemory, webAssembly } from './sharedMemory.ts';

/** One call of a kernel on the contents of a trial memory. */
interface Trial {
  kernel: KernelName;
  call(kernels: KernelTable): void;
  /** How many float64 sums it leaves at `d`; all else is float32. */
  sums?: number;
}

const { a, b, c, d, positive, labels } = TRIAL;

/** Every tile height (6, 4, 2, 1), whole and ragged panels, two blocks of k, accumulating, transposed. */
const PRODUCTS: readonly Trial[] = [
  { m: 6, n: 9, k: 257 },
  { m: 11, n: 27, k: 9 },
  { m: 3, n: 23, k: 5, transposed: true },
  { m: 11, n: 17, k: 6, accumulate: true, transposed: true },
  { m: 3, n: 27, k: 7, accumulate: true },
].map((size) => ({ kernel: 'gemm', call: (kernels) => trialProduct(kernels, size) }));

/** Sizes with a body and a tail of vectors. */
const OTHERS: readonly Trial[] = [
  { kernel: 'addBias', call: (kernels) => kernels.addBias(c, a, 3, 15) },
  { kernel: 'relu', call: (kernels) => kernels.relu(c, a, 31) },
  { kernel: 'reluGradient', call: (kernels) => kernels.reluGradient(c, a, b, 31) },
  { kernel: 'softmax', call: (kernels) => kernels.softmax(c, a, 3, 11) },
  {
    kernel: 'softmaxCrossEntropy',
    call: (kernels) => kernels.softmaxCrossEntropy(c, d, a, labels, positive, 4, 7),
    sums: 3,
  },
  { kernel: 'squaredError', call: (kernels) => kernels.squaredError(c, d, a, b, positive, 3, 11), sums: 3 },
  { kernel: 'columnSum', call: (kernels) => kernels.columnSum(c, a, 5, 23, 1) },
  { kernel: 'add', call: (kernels) => kernels.add(c, a, 31) },
  { kernel: 'sumOfSquares', call: (kernels) => kernels.sumOfSquares(d, a, 31), sums: 1 },
  { kernel: 'sgd', call: (kernels) => kernels.sgd(c, d, a, positive, 31) },
  { kernel: 'adam', call: (kernels) => kernels.adam(c, d, positive + 256, a, positive, 31) },
];

/** What every kernel is to leave behind, computed once by the reference. */
export interface ExpectedTrials {
  pattern: Uint8Array;
  results: Map<Trial, Uint8Array>;
}

/** Runs all trials on the reference. */
export function expectTrials(reference: KernelTable, memory: SharedMemory): ExpectedTrials {
  const pattern = trialPattern();
  const results = new Map(
    [...PRODUCTS, ...OTHERS].map((trial) => [trial, runTrial(trial, reference, memory, pattern)]),
  );
  return { pattern, results };
}

/**
 * The kernels that leave other bytes in a trial memory than expected, `gemm` for the product with its packing.
 * `exact` is false where multiply-adds round twice: then float32 results may differ a little.
 */
export function findWrongKernels(
  kernels: KernelTable,
  memory: SharedMemory,
  expected: ExpectedTrials,
  exact: boolean,
  part: 'products' | 'others',
): KernelName[] {
  const wrong = new Set<KernelName>();
  for (const trial of part === 'products' ? PRODUCTS : OTHERS) {
    const result = survive(() => runTrial(trial, kernels, memory, expected.pattern));
    if (!result || !agree(trial, result, expected.results.get(trial)!, exact)) wrong.add(trial.kernel);
  }
  return [...wrong];
}

/** Whether a · b + c rounds once: (1 + 2⁻¹²)² - (1 + 2⁻¹¹) is 2⁻²⁴ then, and 0 when the product is rounded first. */
export function fusesMultiplyAdd(kernels: KernelTable, memory: SharedMemory): boolean {
  const x = new Float32Array(memory.buffer);
  x.set([-(1 + 2 ** -11), 1 + 2 ** -12], a / 4);
  x.set([1, 1 + 2 ** -12], b / 4);
  survive(() => trialProduct(kernels, { m: 1, n: 1, k: 2 }));
  return x[c / 4] === 2 ** -24;
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

function runTrial(trial: Trial, kernels: KernelTable, memory: SharedMemory, pattern: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(memory.buffer, 0, TRIAL.end);
  bytes.set(pattern);
  trial.call(kernels);
  return bytes.slice();
}

const TOLERANCE = 1e-4;

function agree(trial: Trial, result: Uint8Array, expected: Uint8Array, exact: boolean): boolean {
  if (Buffer.compare(result, expected) === 0) return true;
  if (exact) return false;
  const sums = trial.sums ?? 0;
  return (
    close(new Float64Array(result.buffer, d, sums), new Float64Array(expected.buffer, d, sums)) &&
    close(new Float32Array(result.buffer, 0, d / 4), new Float32Array(expected.buffer, 0, d / 4)) &&
    close(new Float32Array(result.buffer, d + sums * 8), new Float32Array(expected.buffer, d + sums * 8))
  );
}

function close(x: Float32Array | Float64Array, y: Float32Array | Float64Array): boolean {
  return x.every((value, i) => Math.abs(value - y[i]) <= TOLERANCE * (1 + Math.abs(y[i])));
}
