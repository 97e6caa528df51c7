import { GEMM_SCRATCH_BYTES, type KernelTable } from './table.ts';
import { type SharedMemory, PAGE_BYTES, createSharedMemory } from './sharedMemory.ts';

/** Addresses in the small memory in which kernels are tried: inputs of several kinds, then outputs, then scratch. */
export const TRIAL: TrialLayout = layout();

interface TrialLayout {
  /** float32 in [-1, 1). */
  a: number;
  b: number;
  /** float32 in [0, 1): second moments, weights of rows. */
  positive: number;
  /** float32 in [-8, 8). */
  wide: number;
  /** int32 in [0, 7). */
  labels: number;
  /** Two of the labels, as `progress`: 0, and 5 elements that are done. */
  fromStart: number;
  fromFive: number;
  panels: number;
  c: number;
  d: number;
  end: number;
  scratch: number;
  /** Behind all that trials write: the float64 0 and 1, and four numbers of rows, of which two follow one another. */
  zero: number;
  one: number;
  rows: number;
}

function layout(): TrialLayout {
  const kibibyte = 1024;
  return {
    a: 0,
    b: 8 * kibibyte,
    positive: 28 * kibibyte,
    wide: 29 * kibibyte,
    labels: 30 * kibibyte,
    fromStart: 30 * kibibyte + 24,
    fromFive: 30 * kibibyte,
    panels: 32 * kibibyte,
    c: 68 * kibibyte,
    d: 74 * kibibyte,
    end: 80 * kibibyte,
    scratch: 128 * kibibyte,
    zero: 128 * kibibyte + GEMM_SCRATCH_BYTES,
    one: 128 * kibibyte + GEMM_SCRATCH_BYTES + 8,
    rows: 128 * kibibyte + GEMM_SCRATCH_BYTES + 16,
  };
}

/** A memory for trials. */
export function createTrialMemory(): SharedMemory {
  const memory = createSharedMemory(Math.ceil((TRIAL.rows + 16) / PAGE_BYTES));
  new Float64Array(memory.buffer, TRIAL.zero, 2).set([0, 1]);
  new Uint32Array(memory.buffer, TRIAL.rows, 4).set([3, 4, 0xf0000001, 6]);
  return memory;
}

/** The contents of a trial memory up to `TRIAL.end` before each trial: the same numbers every time. */
export function trialPattern(): Uint8Array {
  const bytes = new Uint8Array(TRIAL.end);
  const floats = new Float32Array(bytes.buffer);
  const integers = new Int32Array(bytes.buffer);
  let state = 1;
  for (let i = 0; i < floats.length; i++) {
    // Numerical Recipes' quick generator; its upper bits are good enough.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    floats[i] = (state >>> 8) / 2 ** 23 - 1;
  }
  for (let i = TRIAL.positive / 4; i < TRIAL.wide / 4; i++) floats[i] = Math.abs(floats[i]);
  for (let i = TRIAL.wide / 4; i < TRIAL.labels / 4; i++) floats[i] *= 8;
  for (let i = TRIAL.labels / 4; i < TRIAL.panels / 4; i++) integers[i] = (i * 5) % 7;
  return bytes;
}

/** The sizes of a product, and which of A and B are stored the other way round: both, when `transposed`. */
export interface TrialSize {
  m: number;
  n: number;
  k: number;
  transposed?: boolean;
}

/** Packs B and multiplies, added to `folds` older sums: C [m, n] = A [m, k] · B [k, n]. */
export function trialProduct(kernels: KernelTable, size: TrialSize & { folds?: number }): void {
  const { m, n, k, folds = 0 } = size;
  const { aRowStride, aColumnStride, panelStride } = packOperand(kernels, size);
  // oxfmt-ignore
  kernels.gemm(TRIAL.c + Math.max(0, folds - 1) * SUM_BYTES, n * 4, folds, SUM_BYTES, TRIAL.a, aRowStride, aColumnStride,
    TRIAL.panels, panelStride, m, n, k, TRIAL.scratch);
}

/** The product with a bias, and not below 0. */
export function trialBiased(kernels: KernelTable, size: TrialSize & { relu: boolean }): void {
  const { m, n, k } = size;
  const { aRowStride, aColumnStride, panelStride } = packOperand(kernels, size);
  // oxfmt-ignore
  kernels.gemmBias(TRIAL.c, n * 4, TRIAL.a, aRowStride, aColumnStride, TRIAL.panels, panelStride, m, n, k,
    TRIAL.positive, size.relu ? 1 : 0, TRIAL.scratch);
}

/** The product where a mask is positive, in two places. */
export function trialMasked(kernels: KernelTable, size: TrialSize & { everywhere?: boolean }): void {
  const { m, n, k, everywhere = false } = size;
  const { aRowStride, aColumnStride, panelStride } = packOperand(kernels, size);
  // oxfmt-ignore
  kernels.gemmMasked(TRIAL.c, n * 4, TRIAL.d, m * 64, everywhere ? 0 : TRIAL.b, n * 4, TRIAL.a, aRowStride, aColumnStride,
    TRIAL.panels, panelStride, m, n, k, TRIAL.scratch);
}

/**
 * Six rows of so many columns that the product prefetches: with every finish, over overlapping panels. The results
 * lie between `end` and the kernels' scratch; their sums go to `c`.
 */
export function trialPrefetching(kernels: KernelTable): void {
  const [m, n, k] = [6, 2048, 256];
  const rowBytes = n * 4;
  // Panels that overlap: each begins a row after the last.
  const panelStride = 64;
  kernels.packPanels(TRIAL.panels, 0, TRIAL.b, 64, 4, k + n / 16 - 1, 16);
  const operands = [TRIAL.a, k * 4, 4, TRIAL.panels, panelStride, m, n, k] as const;
  const sum = (at: number): void => kernels.columnSum(TRIAL.c + at * 64, TRIAL.end, 0, (m * rowBytes) / 64, 16, 0, 0);
  kernels.gemmBias(TRIAL.end, rowBytes, ...operands, TRIAL.b, 1, TRIAL.scratch);
  sum(0);
  kernels.gemm(TRIAL.end, rowBytes, 1, 0, ...operands, TRIAL.scratch);
  sum(1);
  kernels.gemmMasked(TRIAL.end, rowBytes, TRIAL.d, 0, TRIAL.a, 0, ...operands, TRIAL.scratch);
  sum(2);
}

/** From one older sum to the next: room for the largest trial. */
const SUM_BYTES = 2048;

function packOperand(
  kernels: KernelTable,
  { m, n, k, transposed = false }: TrialSize,
): { aRowStride: number; aColumnStride: number; panelStride: number } {
  const [aRowStride, aColumnStride] = transposed ? [4, m * 4] : [k * 4, 4];
  const [bRowStride, bColumnStride] = transposed ? [4, k * 4] : [n * 4, 4];
  const panelStride = k * 64;
  kernels.packPanels(TRIAL.panels, panelStride, TRIAL.b, bRowStride, bColumnStride, k, n);
  return { aRowStride, aColumnStride, panelStride };
}
