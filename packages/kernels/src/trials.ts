import type { KernelName, KernelTable } from './table.ts';
import { TRIAL, trialProduct } from './trial.ts';

/** One call of a kernel on the contents of a trial memory. */
export interface Trial {
  kernel: KernelName;
  call(kernels: KernelTable): void;
  /** CRC-32 of the trial memory that the reference leaves; `selfCheck.test.ts` computes it. */
  checksum: number;
  /** How many float64 sums it leaves at `d`; all else is float32. */
  sums?: number;
}

const { a, b, c, d, positive, labels } = TRIAL;

/** Every tile height (6, 4, 2, 1), whole and ragged panels, two blocks of k, accumulating, transposed. */
export const PRODUCT_TRIALS: readonly Trial[] = [
  { m: 6, n: 25, k: 258, checksum: 0xcc11be32 },
  { m: 11, n: 27, k: 9, checksum: 0xd16ac097 },
  { m: 3, n: 23, k: 5, transposed: true, checksum: 0xae4be820 },
  { m: 11, n: 17, k: 6, accumulate: true, transposed: true, checksum: 0xe3318f79 },
  { m: 3, n: 27, k: 7, accumulate: true, checksum: 0x3c844b70 },
].map(({ checksum, ...size }) => ({ kernel: 'gemm', checksum, call: (kernels) => trialProduct(kernels, size) }));

/** Sizes with a body and a tail of vectors. */
export const OTHER_TRIALS: readonly Trial[] = [
  { kernel: 'addBias', checksum: 0xc67ae5f2, call: (kernels) => kernels.addBias(c, a, 3, 15) },
  { kernel: 'relu', checksum: 0x897c4373, call: (kernels) => kernels.relu(c, a, 31) },
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
  { kernel: 'columnSum', checksum: 0x6a1664bc, call: (kernels) => kernels.columnSum(c, a, 5, 23, 1) },
  { kernel: 'add', checksum: 0xcbb4faac, call: (kernels) => kernels.add(c, a, 31) },
  { kernel: 'sumOfSquares', checksum: 0x485afee0, call: (kernels) => kernels.sumOfSquares(d, a, 31), sums: 1 },
  { kernel: 'sgd', checksum: 0x9271dfc1, call: (kernels) => kernels.sgd(c, d, a, positive, 31) },
  { kernel: 'adam', checksum: 0x1019ef4e, call: (kernels) => kernels.adam(c, d, positive + 256, a, positive, 31) },
];
