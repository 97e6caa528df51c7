import { instantiateKernels, type KernelTable } from '@lockstep/kernels';
import type { DefinedLayer } from '../model/layerDefinition.ts';
import { withCustomLayers } from './customKernels.ts';
import type { RunDescription } from './tasks.ts';

/** What a plan's calls run on the calling thread: kernels, and the functions of the layers that users wrote. */
export function functionsOf(
  { plan, kernels, memory }: Pick<RunDescription, 'plan' | 'kernels' | 'memory'>,
  layers: readonly DefinedLayer[],
): KernelTable {
  return withCustomLayers(instantiateKernels(kernels, memory), plan, layers, memory.buffer);
}
