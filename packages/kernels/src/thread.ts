/**
 * `@lockstep/kernels/thread`: what a thread needs to run kernels that were chosen on the main thread. Every worker imports
 * it when a run starts, so it leaves out compiling, checking and timing, and loads the reference only when it was chosen.
 */
export * from './table.ts';
export { attachKernels } from './attach.ts';
export type { KernelSelection, KernelTile } from './selection.ts';
export { MEMORY_LIMIT, PAGE_BYTES, createSharedMemory } from './sharedMemory.ts';
export type { CompiledModule, SharedMemory } from './sharedMemory.ts';
