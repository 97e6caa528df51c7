import { elementCount } from '../model/spec.ts';
import type { BatchViews, Dataset } from './dataset.ts';

/** A batch in memory of its own, with class indices where a dataset's labels can be some. */
export function newBatch({ featureShape, label }: Pick<Dataset, 'featureShape' | 'label'>, rows: number): BatchViews {
  const isIndex = label.integer && label.width === 1;
  return {
    features: new Float32Array(rows * elementCount(featureShape)),
    labelKind: isIndex ? 'classIndex' : 'values',
    classLabels: new Int32Array(isIndex ? rows : 0),
    valueLabels: new Float32Array(isIndex ? 0 : rows * label.width),
    sampleWeights: new Float32Array(rows),
  };
}
