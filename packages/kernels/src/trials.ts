import type { KernelName, KernelTable } from './table.ts';
import { TRIAL, trialBiased, trialMasked, trialPrefetching, trialProduct } from './trial.ts';

/** One call of a kernel on the contents of a trial memory. */
export interface Trial {
  kernel: KernelName;
  call(kernels: KernelTable): void;
  /** CRC-32 of the trial memory that the reference leaves; `selfCheck.test.ts` computes it. */
  checksum: number;
  /** How many float64 sums it leaves at `d`; all else is float32. */
  sums?: number;
}

const { a, b, c, d, positive, labels, fromStart, fromFive } = TRIAL;

/**
 * Every tile height (6 to 1) with every finish, whole and ragged panels, two blocks of k, folds, transposed; few columns,
 * whose A is not packed; and so many that panels are prefetched.
 */
export const PRODUCT_TRIALS: readonly Trial[] = [
  { kernel: 'gemm', checksum: 0xcc11be32, call: (kernels) => trialProduct(kernels, { m: 6, n: 25, k: 258 }) },
  {
    kernel: 'gemm',
    checksum: 0xe3318f79,
    call: (kernels) => trialProduct(kernels, { m: 11, n: 17, k: 6, folds: 1, transposed: true }),
  },
  { kernel: 'gemm', checksum: 0x6b7ee7e6, call: (kernels) => trialProduct(kernels, { m: 7, n: 27, k: 7, folds: 2 }) },
  { kernel: 'gemm', checksum: 0xe3b10814, call: (kernels) => trialProduct(kernels, { m: 2, n: 20, k: 260, folds: 2 }) },
  { kernel: 'gemm', checksum: 0xdda393c1, call: (kernels) => trialProduct(kernels, { m: 1, n: 18, k: 9, folds: 1 }) },
  {
    kernel: 'gemmBias',
    checksum: 0xb20097d5,
    call: (kernels) => trialBiased(kernels, { m: 11, n: 27, k: 9, relu: true }),
  },
  {
    kernel: 'gemmBias',
    checksum: 0x39cb3790,
    call: (kernels) => trialBiased(kernels, { m: 7, n: 23, k: 258, relu: true }),
  },
  {
    kernel: 'gemmBias',
    checksum: 0x1a0f5060,
    call: (kernels) => trialBiased(kernels, { m: 3, n: 23, k: 5, relu: false, transposed: true }),
  },
  {
    kernel: 'gemmMasked',
    checksum: 0x0a8f453e,
    call: (kernels) => trialMasked(kernels, { m: 11, n: 27, k: 6, transposed: true }),
  },
  { kernel: 'gemmMasked', checksum: 0x4542ad2b, call: (kernels) => trialMasked(kernels, { m: 7, n: 17, k: 258 }) },
  {
    kernel: 'gemmMasked',
    checksum: 0xb2270061,
    call: (kernels) => trialMasked(kernels, { m: 3, n: 21, k: 5, everywhere: true }),
  },
  { kernel: 'gemm', checksum: 0x8ad23201, call: (kernels) => trialProduct(kernels, { m: 11, n: 10, k: 9 }) },
  { kernel: 'gemm', checksum: 0x3f6af689, call: (kernels) => trialProduct(kernels, { m: 7, n: 5, k: 258 }) },
  { kernel: 'gemm', checksum: 0x3e6862ee, call: (kernels) => trialProduct(kernels, { m: 2, n: 13, k: 6 }) },
  { kernel: 'gemm', checksum: 0xa76c9b0c, call: (kernels) => trialProduct(kernels, { m: 1, n: 3, k: 6 }) },
  { kernel: 'gemm', checksum: 0x2b629c9a, call: trialPrefetching },
  { kernel: 'gemmMasked', checksum: 0x4a283bd1, call: (kernels) => trialMasked(kernels, { m: 5, n: 24, k: 7 }) },
];

/** Sizes with a body and a tail of vectors; what is restartable starts, and goes on where something is done. */
export const OTHER_TRIALS: readonly Trial[] = [
  { kernel: 'reluGradient', checksum: 0xe42f34dc, call: (kernels) => kernels.reluGradient(c, a, b, 31) },
  { kernel: 'softmax', checksum: 0xae1ce164, call: (kernels) => kernels.softmax(c, a, 3, 11) },
  {
    kernel: 'softmaxCrossEntropy',
    checksum: 0xb2adba29,
    call: (kernels) => kernels.softmaxCrossEntropy(c, d, a, labels, positive, 4, 7),
    sums: 3,
  },
  {
    kernel: 'squaredError',
    checksum: 0x935216eb,
    call: (kernels) => kernels.squaredError(c, d, a, b, positive, 3, 11),
    sums: 3,
  },
  { kernel: 'columnSum', checksum: 0x1d0c1929, call: (kernels) => kernels.columnSum(c + 1024, a, 512, 5, 23, 2, 1024) },
  { kernel: 'sumOfSquares', checksum: 0x485afee0, call: (kernels) => kernels.sumOfSquares(d, a, 31), sums: 1 },
  { kernel: 'accumulate', checksum: 0x03801703, call: (kernels) => kernels.accumulate(c, a, 1, fromStart, 31) },
  { kernel: 'accumulate', checksum: 0xb8664ed7, call: (kernels) => kernels.accumulate(c, a, 1, fromFive, 36) },
  { kernel: 'accumulate', checksum: 0x88e2076e, call: (kernels) => kernels.accumulate(c, a, 0, fromFive, 36) },
  { kernel: 'sgd', checksum: 0x5a45326e, call: (kernels) => kernels.sgd(c, d, a, positive, fromStart, 31) },
  { kernel: 'sgd', checksum: 0xce280b03, call: (kernels) => kernels.sgd(c, 0, a, positive, fromStart, 31) },
  { kernel: 'sgd', checksum: 0xdb1a43c2, call: (kernels) => kernels.sgd(c, d, a, positive, fromFive, 36) },
  { kernel: 'sgd', checksum: 0xd5e2ac60, call: (kernels) => kernels.sgd(c, 0, a, positive, fromFive, 36) },
  {
    kernel: 'adam',
    checksum: 0xd82d02e1,
    call: (kernels) => kernels.adam(c, d, positive + 256, a, positive, fromStart, 31),
  },
  {
    kernel: 'adam',
    checksum: 0xa141b2a2,
    call: (kernels) => kernels.adam(c, d, positive + 256, a, positive, fromFive, 36),
  },
];
