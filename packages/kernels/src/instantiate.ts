import { moduleKernels } from './moduleKernels.ts';
import { createReferenceKernels } from './reference/createReferenceKernels.ts';
import type { KernelSelection } from './selection.ts';
import type { SharedMemory } from './sharedMemory.ts';
import type { KernelTable } from './table.ts';

/** The selected kernels over `memory`, in any thread. `memory` must be shared and may be of any size. */
export function instantiateKernels(
  { module, tile }: Pick<KernelSelection, 'module' | 'tile'>,
  memory: SharedMemory,
): KernelTable {
  return module === null ? createReferenceKernels(memory) : moduleKernels(module, tile, memory);
}
