import type { KernelTable } from '../table.ts';
import type { SharedMemory } from '../sharedMemory.ts';
import { referenceActivations } from './activations.ts';
import { referenceCrossEntropies } from './crossEntropy.ts';
import { referenceElementwise } from './elementwise.ts';
import { referenceLosses } from './loss.ts';
import { MemoryViews } from './memoryViews.ts';
import { referenceMoreOptimizers } from './moreOptimizers.ts';
import { referenceOptimizers } from './optimizers.ts';
import { referenceProduct } from './product.ts';
import { referenceSoftmax } from './softmax.ts';

/**
 * Every kernel in plain TypeScript: the specification of the WebAssembly module, the oracle of its tests, and what runs
 * where the module cannot. The bits are those of the module on a machine with fused multiply-add.
 */
export function createReferenceKernels(memory: SharedMemory): KernelTable {
  const views = new MemoryViews(memory);
  return {
    ...referenceProduct(views),
    ...referenceElementwise(views),
    ...referenceActivations(views),
    ...referenceSoftmax(views),
    ...referenceLosses(views),
    ...referenceCrossEntropies(views),
    ...referenceOptimizers(views),
    ...referenceMoreOptimizers(views),
  };
}
