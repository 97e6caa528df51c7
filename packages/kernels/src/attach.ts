import { moduleKernels } from './moduleKernels.ts';
import type { KernelSelection } from './selection.ts';
import type { SharedMemory } from './sharedMemory.ts';
import type { KernelTable } from './table.ts';

/** `instantiateKernels` for a thread that starts: the code of the reference is loaded only when it was selected. */
export async function attachKernels(
  { module, tile }: Pick<KernelSelection, 'module' | 'tile'>,
  memory: SharedMemory,
): Promise<KernelTable> {
  if (module !== null) return moduleKernels(module, tile, memory);
  const { createReferenceKernels } = await import('./reference/createReferenceKernels.ts');
  return createReferenceKernels(memory);
}
