import type { CompiledModule } from './sharedMemory.ts';

/** Which kernels a process runs, and why: plain data that may be posted to any thread. */
export interface KernelSelection {
  kind: 'wasm' | 'reference';
  /** The compiled module; threads that it is posted to share its code. Null for the reference. */
  module: CompiledModule | null;
  /** Register tile of the matrix product. */
  tile: KernelTile;
  /** Whether the module was compiled with V8's fusion of 128-bit operations into 256-bit ones. */
  revectorized: boolean;
  /** Whether a multiply-add rounds once. If not, results differ in the last bits from those of other machines. */
  fusedMultiplyAdd: boolean;
  /** Speed of each right tile on a small product, one thread, in 10⁹ operations a second. */
  gflops: Partial<Record<KernelTile, number>>;
  /** What it took to load: compiling, checking and timing. */
  loadMilliseconds: number;
  /** What went wrong on the way and what to do about it, a sentence or two each; empty when all is well. */
  warnings: string[];
}

/** Rows × columns of C that are computed in registers; `scalar` is the reference. */
export type KernelTile = '6x16' | '6x8' | 'scalar';
