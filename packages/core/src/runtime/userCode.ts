import type { KernelTable } from '@lockstep/kernels/thread';
import type { DefinedLayer } from '../model/layerDefinition.ts';
import type { DefinedLoss } from '../model/lossDefinition.ts';
import type { Plan } from '../plan/plan.ts';
import { CustomLayerKernels } from './customLayerKernels.ts';
import { customLossKernel } from './customLossKernel.ts';

/** What a thread has of the code of users that a plan needs. */
export interface UserCode {
  /** In any order. */
  readonly layers: readonly DefinedLayer[];
  readonly loss: DefinedLoss | null;
}

/** The kernels, and with them the functions that users wrote, under the names that the plan's calls have. */
export function withUserCode(
  kernels: KernelTable,
  { customLayers, customLoss, memory: { end } }: Plan,
  { layers, loss }: UserCode,
  buffer: ArrayBufferLike,
): KernelTable {
  if (customLayers.length === 0 && customLoss === null) return kernels;
  // Up to the end of the plan: the memory may grow behind it, and is never moved.
  const memory = new Float32Array(buffer, 0, end / 4);
  const functions = customLayers.map((planned) => {
    const defined = layers.find(({ layer }) => layer === planned.layer);
    if (defined === undefined) throw new RangeError(`the plan's layer "${planned.layer}" is not there`);
    return new CustomLayerKernels(planned, defined.definition, memory).table();
  });
  if (customLoss !== null) {
    if (loss === null) throw new RangeError(`the plan's loss "${customLoss.name}" is not there`);
    functions.push({ [`${customLoss.name}/loss`]: customLossKernel(customLoss, loss.definition, memory) });
  }
  return Object.assign({ ...kernels }, ...functions) as KernelTable;
}
