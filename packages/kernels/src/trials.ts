import { floatBits } from './floatBits.ts';
import type { KernelName, KernelTable } from './table.ts';
import { TRIAL, trialBiased, trialMasked, trialPrefetching, trialProduct } from './trial.ts';

/** One call of a kernel on the contents of a trial memory, or of several that write to different places. */
export interface Trial {
  kernel: KernelName | readonly KernelName[];
  call(kernels: KernelTable): void;
  /** CRC-32 of the trial memory that the reference leaves; `selfCheck.test.ts` computes it. */
  checksum: number;
  /** How many float64 sums it leaves at `d`; all else is float32. */
  sums?: number;
}

const { a, b, c, d, positive, wide, labels, fromStart, fromFive } = TRIAL;

/**
 * Every tile height (6 to 1) with every finish, whole and ragged panels, two blocks of k, folds, transposed; few columns,
 * whose A is not packed; and so many that panels are prefetched.
 */
export const PRODUCT_TRIALS: readonly Trial[] = [
  { kernel: 'gemm', checksum: 0x43278762, call: (kernels) => trialProduct(kernels, { m: 6, n: 25, k: 258 }) },
  {
    kernel: 'gemm',
    checksum: 0x0bc48d62,
    call: (kernels) => trialProduct(kernels, { m: 11, n: 17, k: 6, folds: 1, transposed: true }),
  },
  { kernel: 'gemm', checksum: 0x838be5fd, call: (kernels) => trialProduct(kernels, { m: 7, n: 27, k: 7, folds: 2 }) },
  { kernel: 'gemm', checksum: 0x0b440a0f, call: (kernels) => trialProduct(kernels, { m: 2, n: 20, k: 260, folds: 2 }) },
  { kernel: 'gemm', checksum: 0x355691da, call: (kernels) => trialProduct(kernels, { m: 1, n: 18, k: 9, folds: 1 }) },
  {
    kernel: 'gemmBias',
    checksum: 0x5af595ce,
    call: (kernels) => trialBiased(kernels, { m: 11, n: 27, k: 9, relu: true }),
  },
  {
    kernel: 'gemmBias',
    checksum: 0x83efae57,
    call: (kernels) => trialBiased(kernels, { m: 7, n: 23, k: 258, relu: true }),
  },
  {
    kernel: 'gemmBias',
    checksum: 0xf2fa527b,
    call: (kernels) => trialBiased(kernels, { m: 3, n: 23, k: 5, relu: false, transposed: true }),
  },
  {
    kernel: 'gemmMasked',
    checksum: 0xe27a4725,
    call: (kernels) => trialMasked(kernels, { m: 11, n: 27, k: 6, transposed: true }),
  },
  { kernel: 'gemmMasked', checksum: 0xadb7af30, call: (kernels) => trialMasked(kernels, { m: 7, n: 17, k: 258 }) },
  {
    kernel: 'gemmMasked',
    checksum: 0x5ad2027a,
    call: (kernels) => trialMasked(kernels, { m: 3, n: 21, k: 5, everywhere: true }),
  },
  { kernel: 'gemm', checksum: 0x6227301a, call: (kernels) => trialProduct(kernels, { m: 11, n: 10, k: 9 }) },
  { kernel: 'gemm', checksum: 0xd79ff492, call: (kernels) => trialProduct(kernels, { m: 7, n: 5, k: 258 }) },
  { kernel: 'gemm', checksum: 0xd69d60f5, call: (kernels) => trialProduct(kernels, { m: 2, n: 13, k: 6 }) },
  { kernel: 'gemm', checksum: 0x4f999917, call: (kernels) => trialProduct(kernels, { m: 1, n: 3, k: 6 }) },
  { kernel: 'gemm', checksum: 0x6fdb3d1c, call: trialPrefetching },
  { kernel: 'gemmMasked', checksum: 0xa2dd39ca, call: (kernels) => trialMasked(kernels, { m: 5, n: 24, k: 7 }) },
];

const CURVES = [
  ...(['sigmoid', 'tanh', 'leakyRelu', 'elu', 'selu', 'gelu', 'geluTanh', 'silu', 'softplus'] as const),
  ...(['hardSigmoid', 'step'] as const),
];
const ACTIVATIONS = ['relu' as const, ...CURVES];
const GRADIENTS = CURVES.map((name) => `${name}Gradient` as const);
/** Elements of an activation: a body and a tail of vectors; and the float32 0.25, in bits. */
const ELEMENTS = 19;
const QUARTER = 0x3e800000;

/** The results of all activations one after the other. */
function trialActivations(kernels: KernelTable): void {
  ACTIVATIONS.forEach((name, i) => kernels[name](c + i * ELEMENTS * 4, wide, ELEMENTS, QUARTER));
}

/** Their gradients. */
function trialGradients(kernels: KernelTable): void {
  GRADIENTS.forEach((name, i) => kernels[name](c + i * ELEMENTS * 4, a, wide, ELEMENTS, QUARTER));
}

const ROW_LOSSES = ['softmaxCrossEntropy', 'softmaxCrossEntropyDense', 'crossEntropy', 'crossEntropyDense'] as const;
const LOSSES = [
  ...(['perceptron', 'squaredError', 'absoluteError', 'huber', 'logCosh'] as const),
  ...(['hinge', 'poisson', 'kullbackLeibler', 'sigmoidCrossEntropy', 'binaryCrossEntropy'] as const),
];

/** Of those with labels, and those with rows of targets. Probabilities are `positive`. */
function trialRowLosses(kernels: KernelTable): void {
  ROW_LOSSES.forEach((name, i) => {
    const targets = name.endsWith('Dense') ? b : labels;
    kernels[name](c + i * 128, d + i * 24, i < 2 ? wide : positive, targets, positive, 4, 7, QUARTER);
  });
}

function trialLosses(kernels: KernelTable): void {
  LOSSES.forEach((name, i) => {
    kernels[name](c + i * 96, d + i * 24, i < 5 ? wide : positive, a, positive, 2, 11, QUARTER);
  });
}

const OPTIMIZERS = ['sgdW', 'adamW', 'nadam', 'adamax', 'adagrad', 'rmsprop', 'adadelta', 'lion'] as const;

/**
 * Each on weights and a `progress` of its own, and all on the same vectors: with those that a rule can do without, from
 * the start; or without them, where five elements are done.
 */
function trialOptimizers(kernels: KernelTable, complete: boolean): void {
  const [squares, others] = [positive + 256, positive + 384];
  const [mean, velocity, maximum] = complete ? [d, d + 128, others] : [0, 0, 0];
  OPTIMIZERS.forEach((name, i) => {
    const weights = c + i * 128;
    // From here on the labels repeat every 28 bytes.
    const rest = [wide, positive, (complete ? fromStart : fromFive) + i * 28, complete ? 19 : 24] as const;
    if (name === 'sgdW') kernels.sgdW(weights, velocity, ...rest);
    else if (name === 'adamW') kernels.adamW(weights, d, squares, maximum, ...rest);
    else if (name === 'rmsprop') kernels.rmsprop(weights, squares, mean, velocity, ...rest);
    else if (name === 'adadelta') kernels.adadelta(weights, squares, others, ...rest);
    else if (name === 'adagrad') kernels.adagrad(weights, squares, ...rest);
    else if (name === 'lion') kernels.lion(weights, d, ...rest);
    else kernels[name](weights, d, squares, ...rest);
  });
}

/** Sizes with a body and a tail of vectors; what is restartable starts, and goes on where something is done. */
export const OTHER_TRIALS: readonly Trial[] = [
  { kernel: 'reluGradient', checksum: 0x0cda36c7, call: (kernels) => kernels.reluGradient(c, a, b, 31) },
  { kernel: ACTIVATIONS, checksum: 0xbef39e2e, call: trialActivations },
  { kernel: GRADIENTS, checksum: 0x52e89656, call: trialGradients },
  { kernel: 'softmaxGradient', checksum: 0xdbe61560, call: (kernels) => kernels.softmaxGradient(c, a, b, 3, 11) },
  { kernel: 'softmax', checksum: 0x46e9e37f, call: (kernels) => kernels.softmax(c, a, 3, 11) },
  {
    kernel: 'softmaxCrossEntropy',
    checksum: 0x5a58b832,
    call: (kernels) => kernels.softmaxCrossEntropy(c, d, a, labels, positive, 4, 7, 0),
    sums: 3,
  },
  { kernel: ROW_LOSSES, checksum: 0xe8bf5ec9, call: trialRowLosses, sums: 12 },
  { kernel: LOSSES, checksum: 0x9b8117af, call: trialLosses, sums: 30 },
  { kernel: 'columnSum', checksum: 0xf5f91b32, call: (kernels) => kernels.columnSum(c + 1024, a, 512, 5, 23, 2, 1024) },
  { kernel: 'sumOfSquares', checksum: 0xa0affcfb, call: (kernels) => kernels.sumOfSquares(d, a, 31), sums: 1 },
  {
    kernel: 'regularize',
    checksum: 0x18ff309d,
    call: (kernels) => kernels.regularize(d, c, wide, positive, 31, QUARTER, floatBits(0.1)),
    sums: 1,
  },
  { kernel: 'accumulate', checksum: 0xeb751518, call: (kernels) => kernels.accumulate(c, a, 1, fromStart, 31) },
  { kernel: 'accumulate', checksum: 0x50934ccc, call: (kernels) => kernels.accumulate(c, a, 1, fromFive, 36) },
  { kernel: 'accumulate', checksum: 0x60170575, call: (kernels) => kernels.accumulate(c, a, 0, fromFive, 36) },
  { kernel: 'sgd', checksum: 0xb2b03075, call: (kernels) => kernels.sgd(c, d, a, positive, fromStart, 31) },
  { kernel: 'sgd', checksum: 0x26dd0918, call: (kernels) => kernels.sgd(c, 0, a, positive, fromStart, 31) },
  { kernel: 'sgd', checksum: 0x33ef41d9, call: (kernels) => kernels.sgd(c, d, a, positive, fromFive, 36) },
  { kernel: 'sgd', checksum: 0x3d17ae7b, call: (kernels) => kernels.sgd(c, 0, a, positive, fromFive, 36) },
  {
    kernel: 'adam',
    checksum: 0x30d800fa,
    call: (kernels) => kernels.adam(c, d, positive + 256, a, positive, fromStart, 31),
  },
  {
    kernel: 'adam',
    checksum: 0x49b4b0b9,
    call: (kernels) => kernels.adam(c, d, positive + 256, a, positive, fromFive, 36),
  },
  { kernel: OPTIMIZERS, checksum: 0x64492e0c, call: (kernels) => trialOptimizers(kernels, true) },
  { kernel: OPTIMIZERS, checksum: 0x686a66ce, call: (kernels) => trialOptimizers(kernels, false) },
];
