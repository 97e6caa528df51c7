import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { createSharedMemory, PAGE_BYTES, type SharedMemory } from '@lockstep/kernels';
import { fillNumbers } from '../harness/numbers.ts';

// Typed here, because TypeScript declares it only together with the browser's DOM.
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (
      module: object,
      imports: { env: { memory: SharedMemory; abort: () => never } },
    ) => { exports: object };
  };
};

/** C [m, n] = A · B with strides in bytes; packs B by itself. */
export type PrototypeProduct = (
  m: number,
  n: number,
  k: number,
  a: number,
  aRowStride: number,
  aColumnStride: number,
  b: number,
  bRowStride: number,
  bColumnStride: number,
  c: number,
  cRowStride: number,
) => void;

/**
 * Compiles an AssemblyScript file that exports `sgemm(m, n, k, a, rsa, csa, b, rsb, csb, c, ldc, beta, work)`, such as the
 * experiment that came before the product, with the flags and in the memory that ours runs with.
 */
export async function compilePrototype(
  source: string,
  places: { scratch: number; a: number; c: number; end: number },
): Promise<PrototypeProduct> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-prototype-'));
  try {
    const output = join(folder, 'prototype.wasm');
    const compiler = join(createRequire(import.meta.url).resolve('assemblyscript/package.json'), '../bin/asc.js');
    const options = '-O3 --noAssert --runtime stub --enable simd,relaxed-simd,threads --importMemory --sharedMemory';
    const limits = ['--initialMemory', '1', '--maximumMemory', '65536'];
    execFileSync(process.execPath, [compiler, source, ...options.split(' '), ...limits, '-o', output]);
    setFlagsFromString('--experimental-wasm-revectorize');
    const memory = createSharedMemory(places.end / PAGE_BYTES);
    fillNumbers(new Float32Array(memory.buffer, places.a, (places.c - places.a) / 4), 1);
    const imports = {
      env: {
        memory,
        abort: (): never => {
          throw new Error('the prototype aborted');
        },
      },
    };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(output)), imports);
    const { sgemm } = instance.exports as { sgemm: (...values: number[]) => void };
    return (m, n, k, a, rsa, csa, b, rsb, csb, c, ldc) =>
      sgemm(m, n, k, a, rsa, csa, b, rsb, csb, c, ldc, 0, places.scratch);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
