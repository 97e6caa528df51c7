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
  /** `iterations` of 192 operations: nothing but fused multiply-adds. `data` is 512 bytes. */
  peak16(data: number, iterations: number): void;
  /** The same with 96 operations, for 128-bit registers. */
  peak8(data: number, iterations: number): void;
  /** y [n] = exp(x [n]), float32. */
  exponential(y: number, x: number, n: number): void;
  /** y [n] = function number `which` of x [n], float32: exp, expm1, sigmoid, tanh, log, log1p, erf. */
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
  const wide = tile === '6x16';
  return {
    packPanels: exports.packPanels,
    gemm: wide ? exports.gemm16 : exports.gemm8,
    gemmBias: wide ? exports.gemmBias16 : exports.gemmBias8,
    gemmMasked: wide ? exports.gemmMasked16 : exports.gemmMasked8,
    reluGradient: exports.reluGradient,
    softmax: exports.softmax,
    softmaxCrossEntropy: exports.softmaxCrossEntropy,
    squaredError: exports.squaredError,
    columnSum: exports.columnSum,
    sumOfSquares: exports.sumOfSquares,
    accumulate: exports.accumulate,
    sgd: exports.sgd,
    adam: exports.adam,
  };
}

/** All exports of a module over `memory`. */
export function instantiateModule(module: CompiledModule, memory: SharedMemory): ModuleExports {
  return new webAssembly.Instance(module, { env: { memory } }).exports as unknown as ModuleExports;
}
