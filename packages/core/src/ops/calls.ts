import type { KernelName } from '@lockstep/kernels';

/**
 * A kernel call as data. Every argument is a sum of constants times variables, so one call serves all rows, batch
 * slots, thread and level of the summation tree, and binding it is a few integer operations.
 */
export interface KernelCall {
  readonly kernel: KernelName | CustomKernelName;
  readonly arguments: readonly Argument[];
}

/**
 * A function that a user wrote, by the layer's name in the model or the loss's own: see ops/custom.ts. No kernel's name has a
 * slash.
 */
export type CustomKernelName = `${string}/${CustomFunction}`;
export type CustomFunction = 'forward' | 'backward' | `gradient/${string}` | 'loss';

/** A constant part (`one`) and coefficients by variable; a plain number is short for `{ one: number }`. */
export type Argument = number | Readonly<Partial<Record<'one' | Variable, number>>>;

/**
 * start, rows: the rows of the batch that the call is for; shard: index of their shard, where they are one; rowBlock: index of
 * a single block of rows; slot: index of the batch slot; scratch: address of the thread's own scratch; target: address that a
 * shard's parameter gradient goes to; folds, foldStride: how many older sums it is added to, and how far apart they lie (see
 * `gemm` in the table of kernels); keep: 1 when a batch's gradients are added to those of the batches before it, else 0.
 */
export const VARIABLES = [
  'start',
  'rows',
  'shard',
  'rowBlock',
  'slot',
  'scratch',
  'target',
  'folds',
  'foldStride',
  'keep',
] as const;
export type Variable = (typeof VARIABLES)[number];
export const VARIABLE_COUNT: number = VARIABLES.length;

/** A matrix [batch rows, columns] of float32 in the arena; `slotBytes` is 0 unless it lives in a batch slot. */
export interface RowMatrix {
  readonly address: number;
  readonly columns: number;
  /** From one row to the next. */
  readonly rowBytes: number;
  readonly slotBytes: number;
}

/**
 * Bytes of a row of inner activations: whole cache lines, and not a multiple of 1 KiB, because the rows that a product reads
 * together would then fall into a few sets of the first-level cache.
 */
export function paddedRowBytes(columns: number): number {
  const bytes = Math.ceil(columns / 16) * 64;
  return bytes % 1024 === 0 ? bytes + 64 : bytes;
}

/** Address of the first row of a matrix that the call is for, `offset` bytes into the row. */
export function rowsOf(matrix: RowMatrix, offset = 0): Argument {
  return { one: matrix.address + offset, start: matrix.rowBytes, slot: matrix.slotBytes };
}

/** A float as an argument: the int32 of its float32 bits. */
export function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0];
}

/** Elements that the call's rows take up in a matrix, from the first of the first row on. */
export function elementsOf(matrix: RowMatrix): Argument {
  return { rows: matrix.rowBytes / 4 };
}
