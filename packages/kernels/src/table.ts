import type { ActivationKernels } from './table/activations.ts';
import type { CategoryKernels } from './table/categories.ts';
import type { DropoutKernels } from './table/dropout.ts';
import type { ElementwiseKernels } from './table/elementwise.ts';
import type { GatherKernels } from './table/gather.ts';
import type { LossKernels } from './table/losses.ts';
import type { NormalizationKernels } from './table/normalization.ts';
import type { OptimizerKernels } from './table/optimizers.ts';
import type { ProductKernels } from './table/products.ts';
import type { RowKernels } from './table/rows.ts';

/**
 * The signatures of all kernels: the one vocabulary between the WebAssembly module, its scalar reference and the
 * plans that call them.
 *
 * Every argument is a 32-bit integer: an address in bytes inside the shared memory, a stride in bytes, a count of
 * elements, or a flag. Numbers that are not integers travel through memory (learning rates), or as the int32 of the
 * bits of a float32 (a slope: `floatBits`). Outputs come first, inputs next, then sizes, then what sets the kernel up.
 * Matrices are float32, row-major unless strides say otherwise.
 *
 * Dimension letters: m rows of the result, n columns of the result, k the summed dimension.
 *
 * Restartable: a thread can be ended at any moment (`worker.terminate()`), in the middle of a kernel too. A kernel whose inputs
 * are still there can then simply be called again; what adds to older sums (`folds`) or works in place needs them made anew.
 * `accumulate`, `movingAverage` and the optimizers change what cannot be made anew, so they keep a record: `progress` is the
 * address of an int32 that says how many of the n elements are done, any number from 0 to n. They start at that element and
 * advance the word as they go, to n. V8 ends a thread only where a function or an iteration of a loop begins, and an iteration
 * stores its results and then the word. So whatever is cut short, the same call made again, by any thread, completes the range
 * with the bits of a single call; when all is done it changes nothing. Before a new pass over the range the caller sets the
 * word to 0.
 *
 * Determinism: an element of a product is ONE chain `sum = fma(a[k], b[k], sum)` over k = 0, 1, 2 … from one start,
 * whatever the tile, the blocking or the number of rows given at once. Every other kernel states its order too.
 */
export interface KernelTable
  extends
    ProductKernels,
    ElementwiseKernels,
    ActivationKernels,
    LossKernels,
    OptimizerKernels,
    RowKernels,
    NormalizationKernels,
    DropoutKernels,
    CategoryKernels,
    GatherKernels {}

export type KernelName = keyof KernelTable;

/** Columns of a packed panel; both register tiles read the same panels. */
export const PANEL_WIDTH = 16;
/** Longest k whose chains stay in registers from their start to their end. */
export const GEMM_DEPTH = 256;
/** Scratch that products need from their caller: packed rows of A, a tile for ragged edges, rows of zeros and ones. */
export const GEMM_SCRATCH_BYTES: number = 160 * 1024;

/** Positions of the float32 numbers that `sgd` reads. `nesterov` is 0 or 1. */
export const SGD_HYPER = { scale: 0, learningRate: 1, momentum: 2, nesterov: 3 } as const;
/** Positions of the float32 numbers that `adam` reads. */
export const ADAM_HYPER = {
  scale: 0,
  stepSize: 1,
  beta1: 2,
  oneMinusBeta1: 3,
  beta2: 4,
  oneMinusBeta2: 5,
  secondCorrection: 6,
  epsilon: 7,
} as const;
/** Positions of the float32 numbers that every other optimizer reads first, and how many they are. */
export const COMMON_HYPER = { scale: 0, learningRate: 1, clip: 2, decay: 3, shrink: 4, count: 5 } as const;
/** Positions of what they read then. */
export const SGDW_HYPER = { momentum: 5, nesterov: 6 } as const;
export const ADAMW_HYPER = {
  beta1: 5,
  oneMinusBeta1: 6,
  beta2: 7,
  oneMinusBeta2: 8,
  secondCorrection: 9,
  epsilon: 10,
} as const;
export const NADAM_HYPER = {
  beta1: 5,
  oneMinusBeta1: 6,
  beta2: 7,
  oneMinusBeta2: 8,
  secondCorrection: 9,
  epsilon: 10,
  gradientStep: 11,
} as const;
export const ADAMAX_HYPER = { beta1: 5, oneMinusBeta1: 6, beta2: 7, epsilon: 8 } as const;
export const ADAGRAD_HYPER = { innerEpsilon: 5, epsilon: 6 } as const;
export const RMSPROP_HYPER = { rho: 5, oneMinusRho: 6, momentum: 7, innerEpsilon: 8, epsilon: 9 } as const;
export const ADADELTA_HYPER = { rho: 5, oneMinusRho: 6, epsilon: 7 } as const;
export const LION_HYPER = { beta1: 5, oneMinusBeta1: 6, beta2: 7, oneMinusBeta2: 8 } as const;
/** Float32 numbers that the kernels behind COMMON_HYPER load, also where their rule has fewer: so long is `hyper`. */
export const HYPER_COUNT = 12;

/** What `categoryEncoding` writes. */
export const CATEGORY_MODE = { oneHot: 0, multiHot: 1, count: 2 } as const;
/** Positions of the uint32 words that `dropout` reads. One is reserved, and 0. */
export const DROPOUT_KEY = {
  seedLow: 0,
  seedHigh: 1,
  layer: 2,
  reserved: 3,
  stepLow: 4,
  stepHigh: 5,
  count: 6,
} as const;
/** Positions of the float32 numbers that `movingAverage` reads. */
export const MOVING_AVERAGE_HYPER = { scale: 0, momentum: 1 } as const;
