import { layOutTallies } from '../metrics/tallies.ts';
import { elementsOf, type KernelCall, rowsOf } from '../ops/calls.ts';
import type { PlannedLayers } from './layers.ts';
import type { MemoryMapBuilder } from './memoryMap.ts';
import type { PlannedTallies, PlanRequest } from './plan.ts';
import { blocksOf } from './rowRanges.ts';

/** Memory and calls of what is counted for metrics; null, and nothing at all, where the loss counts enough. */
export function planTallies(
  { tallies: specs = [], batchSize, purpose }: PlanRequest,
  { output }: PlannedLayers,
  map: MemoryMapBuilder,
  stateBegin: number,
): PlannedTallies | null {
  if (specs.length === 0) return null;
  const { sums, placesOfRow, totals } = layOutTallies(specs);
  const activations = specs.flatMap((spec) =>
    spec.kind === 'errors' && spec.activation !== null ? spec.activation : [],
  );
  const activated =
    activations.length === 0
      ? output
      : { ...output, address: map.reserve('probabilities', batchSize * output.rowBytes) };
  const [y, x] = [rowsOf(activated), rowsOf(output)];
  return {
    specs,
    sums: map.reserve('sums of metrics', blocksOf(batchSize) * sums * 8),
    places: map.reserve('places of rows in metrics', batchSize * placesOfRow * 4),
    activated,
    calls: activations.map((kernel): KernelCall => {
      if (kernel === 'softmax') return { kernel, arguments: [y, x, { rows: 1 }, output.columns] };
      return { kernel, arguments: [y, x, elementsOf(output)] };
    }),
    totals,
    train: stateBegin,
    // Only a training needs the totals of two kinds of epochs.
    evaluate: stateBegin + (purpose === 'train' ? totals : 0),
  };
}
