import type { FeatureRun } from '../data/dataset.ts';
import { type PlannedRun, type PlannedWindows, type WindowsRequest } from '../plan/windows.ts';

/** Puts what features are normalized by where the plan's kernels find it. Before the first step. */
export function writeRunNumbers(plan: PlannedWindows, request: WindowsRequest, buffer: ArrayBufferLike): void {
  writeRuns(plan.train, request.train, buffer);
  writeRuns(plan.evaluation, request.evaluation, buffer);
}

function writeRuns(
  planned: readonly PlannedRun[] | null,
  runs: readonly FeatureRun[] | null,
  buffer: ArrayBufferLike,
): void {
  for (const [index, run] of (runs ?? []).entries()) {
    const { subtract, factor, perItem, width } = planned![index];
    const items = perItem ? width : 1;
    write(run.subtract, new Float64Array(buffer, subtract, items));
    write(run.factor, new Float64Array(buffer, factor, items));
  }
}

function write(values: number | readonly number[], into: Float64Array): void {
  if (typeof values === 'number') into.fill(values);
  else into.set(values);
}
