import type { BatchViews } from './dataset.ts';

/**
 * Multiplies the weights of batch rows [begin, end) by those of their classes. `width`: label values of a row. Returns the
 * first row whose label is of no class, or -1: of a single value, 1 is class 1, and 0, or -1 for margins, class 0; of several
 * the class is the first of the largest.
 */
export function weighByClass(
  batch: BatchViews,
  width: number,
  classWeights: readonly number[],
  begin: number,
  end: number,
): number {
  const weights = batch.sampleWeights;
  for (let row = begin; row < end; row++) {
    const own =
      batch.labelKind === 'classIndex' ? batch.classLabels[row] : classOfValues(batch.valueLabels, row, width);
    if (own < 0) return row;
    weights[row] *= classWeights[own];
  }
  return -1;
}

function classOfValues(labels: Float32Array, row: number, width: number): number {
  if (width === 1) {
    const label = labels[row];
    if (label === 1) return 1;
    return label === 0 || label === -1 ? 0 : -1;
  }
  let largest = 0;
  for (let i = 1; i < width; i++) if (labels[row * width + i] > labels[row * width + largest]) largest = i;
  return largest;
}
