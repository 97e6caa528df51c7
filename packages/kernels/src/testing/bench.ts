import { instantiateKernels } from '../instantiate.ts';
import { loadKernels } from '../load.ts';
import { createReferenceKernels } from '../reference/createReferenceKernels.ts';
import { PAGE_BYTES, type SharedMemory, createSharedMemory } from '../sharedMemory.ts';
import { GEMM_SCRATCH_BYTES, type KernelTable } from '../table.ts';

/** A pseudo-random sequence in [-1, 1), the same in every run (Numerical Recipes' linear congruential generator). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  };
}

/** A memory with room for the operands of one test, and all implementations of the kernels over it. */
export class Bench {
  readonly memory: SharedMemory;
  readonly scratch = 0;
  readonly tables: { name: string; kernels: KernelTable }[];
  readonly reference: KernelTable;
  #next = GEMM_SCRATCH_BYTES;

  constructor(bytes: number = 4 * 1024 * 1024) {
    this.memory = createSharedMemory(Math.ceil(bytes / PAGE_BYTES));
    const selection = loadKernels();
    if (selection.kind !== 'wasm') throw new Error(`These tests need the module: ${selection.warnings.join(' ')}`);
    this.reference = createReferenceKernels(this.memory);
    this.tables = (['6x16', '6x8'] as const).map((tile) => ({
      name: tile,
      kernels: instantiateKernels({ module: selection.module, tile }, this.memory),
    }));
  }

  /** Frees everything, and fills the memory with numbers, so that what a kernel must not touch shows it. */
  reset(seed: number): void {
    this.#next = GEMM_SCRATCH_BYTES;
    const next = numbers(seed);
    const all = new Float32Array(this.memory.buffer);
    for (let i = GEMM_SCRATCH_BYTES / 4; i < GEMM_SCRATCH_BYTES / 4 + 65536; i++) all[i] = next();
  }

  /** The address of `elements` float32 (`padding` bytes from a 64-byte boundary, and with a gap after them). */
  allocate(elements: number, padding: number = 4): number {
    const address = Math.ceil(this.#next / 64) * 64 + padding;
    this.#next = address + elements * 4 + 60;
    if (this.#next > this.memory.buffer.byteLength) throw new Error('The bench is too small for this test.');
    return address;
  }

  /** The address of an int32 with this value. */
  word(value: number): number {
    const address = this.allocate(1);
    this.integers(address, 1)[0] = value;
    return address;
  }

  floats(address: number, elements: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, elements);
  }

  doubles(address: number, elements: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, elements);
  }

  integers(address: number, elements: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, elements);
  }

  /** Allocates and fills with numbers of many magnitudes, zeros of both signs among them. */
  random(elements: number, seed: number, scale: number = 1): number {
    const address = this.allocate(elements);
    const next = numbers(seed);
    const x = this.floats(address, elements);
    for (let i = 0; i < elements; i++) {
      const value = next() * scale * 2 ** (i % 7 === 0 ? -9 : 0);
      x[i] = i % 29 === 28 ? Math.sign(value) / Infinity : value;
    }
    return address;
  }

  /** Everything that is allocated or lies between and after, as one copy. */
  snapshot(): Uint8Array {
    return new Uint8Array(this.memory.buffer, GEMM_SCRATCH_BYTES, this.#next + 256 - GEMM_SCRATCH_BYTES).slice();
  }

  restore(snapshot: Uint8Array): void {
    new Uint8Array(this.memory.buffer).set(snapshot, GEMM_SCRATCH_BYTES);
  }

  /**
   * Makes the same call with every implementation, each on the same memory. Returns the names of those that left other
   * bytes than the reference anywhere; the memory is left as the reference left it.
   */
  different(call: (kernels: KernelTable) => void): string[] {
    const before = this.snapshot();
    const results = this.tables.map(({ name, kernels }) => {
      this.restore(before);
      call(kernels);
      return { name, bytes: this.snapshot() };
    });
    this.restore(before);
    call(this.reference);
    const expected = this.snapshot();
    return results.filter(({ bytes }) => Buffer.compare(bytes, expected) !== 0).map(({ name }) => name);
  }
}

/** Sizes around those of vectors, tiles and panels. */
export const ODD_SIZES: readonly number[] = [1, 2, 3, 5, 6, 7, 8, 15, 16, 17, 24, 31, 33, 40, 100];
