/**
 * The part of `WebAssembly` that Lockstep uses, typed here: TypeScript declares it only together with the browser's DOM,
 * which a library for Node must not force on its users.
 */

/** A shared `WebAssembly.Memory`. It can be posted to any thread. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** Adds pages of 64 KiB; views on the old buffer stay valid, and `buffer` becomes a longer one. */
  grow(pages: number): number;
}

/** A compiled `WebAssembly.Module`. It can be posted to any thread. */
export interface CompiledModule {
  readonly [Symbol.toStringTag]: string;
}

interface WebAssemblyNamespace {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => CompiledModule;
  Instance: new (module: CompiledModule, imports: { env: { memory: SharedMemory } }) => { readonly exports: object };
  /** A trap, such as an access beyond the memory. */
  RuntimeError: new () => Error;
  validate(bytes: Uint8Array): boolean;
}

export const webAssembly: WebAssemblyNamespace = (globalThis as unknown as { WebAssembly: WebAssemblyNamespace })
  .WebAssembly;

export const PAGE_BYTES = 65_536;

/** Bytes that a 32-bit WebAssembly memory can address. */
export const MEMORY_LIMIT: number = 2 ** 32;

/** A memory of `pages` pages that may grow to 4 GiB; address space is reserved, memory is taken when it is touched. */
export function createSharedMemory(pages: number): SharedMemory {
  return new webAssembly.Memory({ initial: pages, maximum: MEMORY_LIMIT / PAGE_BYTES, shared: true });
}
