import type { KernelTile } from './selection.ts';
import type { KernelTable } from './table.ts';
import { type SharedMemory, type CompiledModule, webAssembly } from './sharedMemory.ts';

/** What the module exports: the table, with the products for each tile, and loops and functions to measure and test. */
export interface ModuleExports extends Omit<KernelTable, 'gemm' | 'gemmBias' | 'gemmMasked'> {
  gemm16: KernelTable['gemm'];
  gemm8: KernelTable['gemm'];
  gemmBias16: KernelTable['gemmBias'];
  gemmBias8: KernelTable['gemmBias'];
  gemmMasked16: KernelTable['gemmMasked'];
  gemmMasked8: KernelTable['gemmMasked'];
  /** The memory that it was given. */
  memory: SharedMemory;
  /** `iterations` of 192 operations: nothing but fused multiply-adds. `data` is 512 bytes. */
  peak16(data: number, iterations: number): void;
  /** The same with 96 operations, for 128-bit registers. */
  peak8(data: number, iterations: number): void;
  /** y [n] = exp(x [n]), float32. */
  exponential(y: number, x: number, n: number): void;
  /** y [n] = function number `which` of x [n], float32: 0 exp, 1 expm1, 2 log, 3 log1p, 4 erf. */
  evaluate(which: number, y: number, x: number, n: number): void;
  /** y [n] = log(x [n]), float64. */
  logarithm(y: number, x: number, n: number): void;
}

/**
 * The kernels of a module over `memory`, with one of its tiles. The functions are the module's own exports: a call
 * allocates nothing. `memory` must be shared and may be of any size.
 */
export function moduleKernels(module: CompiledModule, tile: KernelTile, memory: SharedMemory): KernelTable {
  const exports = instantiateModule(module, memory);
  const { gemm16, gemm8, gemmBias16, gemmBias8, gemmMasked16, gemmMasked8, memory: _imported, ...others } = exports;
  const wide = tile === '6x16';
  return {
    // With what only checks call: it does no harm in the table.
    ...others,
    gemm: wide ? gemm16 : gemm8,
    gemmBias: wide ? gemmBias16 : gemmBias8,
    gemmMasked: wide ? gemmMasked16 : gemmMasked8,
  };
}

/** All exports of a module over `memory`. */
export function instantiateModule(module: CompiledModule, memory: SharedMemory): ModuleExports {
  return new webAssembly.Instance(module, { env: { memory } }).exports as unknown as ModuleExports;
}
