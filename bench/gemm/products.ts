import { createSharedMemory, type KernelTable, PAGE_BYTES, PANEL_WIDTH, type SharedMemory } from '@lockstep/kernels';
import { fillNumbers } from '../harness/numbers.ts';
import type { OpenBlas } from './openblas.ts';
import type { PrototypeProduct } from './prototype.ts';
import type { Shape } from './shapes.ts';

const MIB = 1 << 20;
/**
 * Where the operands lie: 64-byte aligned as in a plan, and at different places of their pages, so that no two of them
 * compete for the same lines. OpenBLAS reads and writes the very same arrays.
 */
export const PLACES = {
  scratch: MIB,
  a: 16 * MIB,
  b: 48 * MIB + 1088,
  c: 80 * MIB + 2176,
  panels: 112 * MIB + 3264,
  end: 160 * MIB,
} as const;

export function createOperands(): SharedMemory {
  const memory = createSharedMemory(PLACES.end / PAGE_BYTES);
  fillNumbers(new Float32Array(memory.buffer, PLACES.a, (PLACES.c - PLACES.a) >> 2), 1);
  return memory;
}

/** The ways to compute one shape; all write C. Null where there is no such peer. */
export interface Products {
  pack(this: void): void;
  /** B packed beforehand. */
  packed(this: void): void;
  /** Packs B, then multiplies. */
  whole(this: void): void;
  readonly blas: (() => void) | null;
  readonly prototype: (() => void) | null;
}

export function productsOf(
  { m, n, k, transposed }: Shape,
  memory: SharedMemory,
  kernels: KernelTable,
  blas: OpenBlas | null,
  prototype: PrototypeProduct | null,
): Products {
  const a = transposed === 'A' ? { row: 4, column: m * 4 } : { row: k * 4, column: 4 };
  const b = transposed === 'B' ? { row: 4, column: k * 4 } : { row: n * 4, column: 4 };
  const stride = k * PANEL_WIDTH * 4;
  const pack = (): void => kernels.packPanels(PLACES.panels, stride, PLACES.b, b.row, b.column, k, n);
  const packed = (): void =>
    kernels.gemm(PLACES.c, n * 4, 0, 0, PLACES.a, a.row, a.column, PLACES.panels, stride, m, n, k, PLACES.scratch);
  const whole = (): void => {
    pack();
    packed();
  };
  const array = (place: number, length: number): Float32Array => new Float32Array(memory.buffer, place, length);
  const [x, y, z] = [array(PLACES.a, m * k), array(PLACES.b, k * n), array(PLACES.c, m * n)];
  return {
    pack,
    packed,
    whole,
    blas: blas && ((): void => blas.sgemm(m, n, k, x, transposed === 'A', y, transposed === 'B', z)),
    prototype:
      prototype &&
      ((): void => prototype(m, n, k, PLACES.a, a.row, a.column, PLACES.b, b.row, b.column, PLACES.c, n * 4)),
  };
}

/** Both compute the same product, but for the order of sums: the largest difference allowed is that of float32 sums of k terms. */
export function checkAgreement({ m, n, k }: Shape, memory: SharedMemory, products: Products): void {
  if (products.blas === null) return;
  const c = new Float32Array(memory.buffer, PLACES.c, m * n);
  products.whole();
  const ours = c.slice();
  c.fill(NaN);
  products.blas();
  const tolerance = 1e-6 * k;
  const wrong = ours.findIndex((value, index) => !(Math.abs(value - c[index]) <= tolerance));
  if (wrong >= 0) throw new Error(`element ${wrong} is ${ours[wrong]} for Lockstep and ${c[wrong]} for OpenBLAS`);
}
