import type { KernelTable } from '../table.ts';
import type { SharedMemory } from '../sharedMemory.ts';
import { referenceActivations } from './activations.ts';
import { referenceBatchNormalization } from './batchNormalization.ts';
import { referenceCategories } from './categories.ts';
import { referenceCrossEntropies } from './crossEntropy.ts';
import { referenceDropout } from './dropout.ts';
import { referenceElementwise } from './elementwise.ts';
import { referenceGather } from './gather.ts';
import { referenceLayerNormalization } from './layerNormalization.ts';
import { referenceLosses } from './loss.ts';
import { MemoryViews } from './memoryViews.ts';
import { referenceMoreOptimizers } from './moreOptimizers.ts';
import { referenceOptimizers } from './optimizers.ts';
import { referenceProduct } from './product.ts';
import { referenceRows } from './rows.ts';
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
    ...referenceRows(views),
    ...referenceLayerNormalization(views),
    ...referenceBatchNormalization(views),
    ...referenceDropout(views),
    ...referenceCategories(views),
    ...referenceGather(views),
  };
}
