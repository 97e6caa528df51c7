import { floatBits } from './floatBits.ts';
import { CATEGORY_MODE, type KernelTable } from './table.ts';
import { TRIAL } from './trial.ts';
import type { Trial } from './trials.ts';

const { a, b, c, positive, wide, labels, fromStart, fromFive, zero, one, rows } = TRIAL;

/** Rows of 16 floats, of which the first 13 or 11 are used: whole vectors and a part of one. Results have places of their own. */
const [STRIDE, ROWS, COLUMNS, FEWER] = [64, 5, 13, 11];
const PLACE = 512;
const place = (index: number): number => c + index * PLACE;
const EPSILON = floatBits(2 ** -10);

function trialRows(kernels: KernelTable): void {
  kernels.copyRows(place(0), STRIDE, a, STRIDE, ROWS, COLUMNS, 0);
  kernels.copyRows(place(1), STRIDE, a, STRIDE, ROWS, COLUMNS, 1);
  kernels.affineRows(place(3), STRIDE, a, STRIDE, b, wide, ROWS, COLUMNS);
  kernels.scaleRows(place(4), STRIDE, a, STRIDE, b, ROWS, FEWER);
  kernels.columnSumRows(place(6), a, STRIDE, ROWS, FEWER, 2, PLACE);
  kernels.weightedSum(place(8), a, 37, FEWER, 2, PLACE);
}

/** With and without gamma and beta. */
function trialLayerNormalization(kernels: KernelTable): void {
  for (const [i, columns, gamma, beta] of [
    [0, COLUMNS, b, wide],
    [5, FEWER, 0, 0],
  ]) {
    const statistics = place(i);
    kernels.layerNormalization(place(i + 1), STRIDE, statistics, a, STRIDE, gamma, beta, ROWS, columns, EPSILON);
    kernels.layerNormalizationGradient(
      ...([place(i + 2), STRIDE, b, STRIDE, a, STRIDE, statistics, gamma, ROWS, columns] as const),
    );
    kernels.normalizedColumnSum(place(i + 4), b, STRIDE, a, STRIDE, statistics, ROWS, columns, 2, PLACE);
  }
}

function trialBatchNormalization(kernels: KernelTable): void {
  for (const [i, columns, gamma, beta] of [
    [0, COLUMNS, b, wide],
    [6, FEWER, 0, 0],
  ]) {
    const [mean, variance] = [place(i), place(i + 1)];
    kernels.batchStatistics(mean, variance, a, STRIDE, ROWS, columns);
    kernels.batchNormalization(
      ...([place(i + 2), STRIDE, a, STRIDE, mean, variance, gamma, beta, ROWS, columns, EPSILON] as const),
    );
    kernels.batchNormalizationGradient(
      ...([place(i + 3), STRIDE, b, STRIDE, a, STRIDE, mean, variance, gamma, ROWS, columns, EPSILON] as const),
    );
    kernels.batchNormalizedColumnSum(
      ...([place(i + 5), b, STRIDE, a, STRIDE, mean, variance, ROWS, columns, EPSILON, 2, PLACE] as const),
    );
  }
  kernels.movingAverage(place(12), a, positive, fromStart, 19);
  kernels.movingAverage(place(13), a, positive, fromFive, 24);
}

/** On indices 0 and 1, which `step` makes. */
function trialCategories(kernels: KernelTable): void {
  const [indices, stride] = [place(0), 24];
  kernels.step(indices, a, 24);
  kernels.embeddingGather(place(1), STRIDE, indices, stride, b, 4, 1, COLUMNS, 2);
  kernels.embeddingGradient(place(2), a, STRIDE, indices, stride, 4, 2, 5, 1, 1, 1, PLACE);
  for (const mode of Object.values(CATEGORY_MODE)) {
    kernels.categoryEncoding(place(4 + mode), STRIDE, indices, stride, 4, 3, 3, mode);
  }
}

function trialDropout(kernels: KernelTable): void {
  kernels.dropout(place(0), 2 * STRIDE, a, 2 * STRIDE, 3, 29, 7, labels, floatBits(0.3));
}

const GATHERS = [
  ...(['gatherUint8', 'gatherInt8', 'gatherUint16', 'gatherInt16', 'gatherUint32', 'gatherInt32'] as const),
  ...(['gatherUint64', 'gatherInt64', 'gatherFloat16', 'gatherFloat32', 'gatherFloat64'] as const),
];
/** Where four rows of float16 are numbers. */
const HALVES = a + 96;

/** With a term and a factor for all, and for each number; and copies, of rows apart and of joined ones. */
function trialGather(kernels: KernelTable): void {
  const [count, width, bytes] = [4, 7, 28];
  GATHERS.forEach((name, i) => {
    const source = name === 'gatherFloat16' ? HALVES : a;
    const target = (index: number): number => c + (2 * i + index) * count * bytes;
    kernels[name](target(0), bytes, source, 56, rows, count, width, b, b + 8, 0);
    kernels[name](target(1), bytes, source, 56, rows, count, width, b, b + 64, 1);
  });
  for (const [i, stride] of [32, bytes].entries()) {
    kernels.gatherFloat32(TRIAL.d + i * 256, stride, a, stride, rows, count, width, zero, one, 0);
  }
}

/** Kernels on rows that lie apart. */
export const ROW_TRIALS: readonly Trial[] = [
  {
    kernel: ['copyRows', 'affineRows', 'scaleRows', 'columnSumRows', 'weightedSum'],
    checksum: 0x116a09cd,
    call: trialRows,
  },
  {
    kernel: ['layerNormalization', 'layerNormalizationGradient', 'normalizedColumnSum'],
    checksum: 0xad08b434,
    call: trialLayerNormalization,
  },
  {
    kernel: [
      ...(['batchStatistics', 'batchNormalization', 'batchNormalizationGradient'] as const),
      ...(['batchNormalizedColumnSum', 'movingAverage'] as const),
    ],
    checksum: 0xeae24f4a,
    call: trialBatchNormalization,
  },
  {
    kernel: ['embeddingGather', 'embeddingGradient', 'categoryEncoding'],
    checksum: 0xa157def9,
    call: trialCategories,
  },
  { kernel: 'dropout', checksum: 0xd1801bdf, call: trialDropout },
  { kernel: GATHERS, checksum: 0x54110386, call: trialGather },
];
