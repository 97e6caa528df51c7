export * from './table.ts';
export { describeKernels } from './describe.ts';
export { instantiateKernels } from './instantiate.ts';
export { loadKernels } from './load.ts';
export { measurePeak } from './measure.ts';
export { createReferenceKernels } from './reference/createReferenceKernels.ts';
export type { KernelSelection, KernelTile } from './selection.ts';
export { MEMORY_LIMIT, PAGE_BYTES, createSharedMemory } from './sharedMemory.ts';
export type { CompiledModule, SharedMemory } from './sharedMemory.ts';
