import type { SlotLayout } from '../plan/plan.ts';
import type { BatchViews } from '../data/dataset.ts';

/** What a slot holds: a batch, and which rows it is made of when threads are to gather their features. */
export interface SlotViews extends BatchViews {
  /** [batchSize] */
  readonly rowNumbers: Uint32Array;
}

/** Views on every slot of the ring, created once for a run. */
export function slotViews(buffer: ArrayBufferLike, layout: SlotLayout, batchSize: number): SlotViews[] {
  return Array.from({ length: layout.count }, (_, slot) => {
    const address = layout.address + slot * layout.bytes;
    const labels = address + layout.labels;
    const labelCount = batchSize * layout.labelWidth;
    return {
      features: new Float32Array(buffer, address + layout.features, batchSize * layout.featureWidth),
      labelKind: layout.labelKind,
      classLabels: new Int32Array(buffer, labels, layout.labelKind === 'classIndex' ? labelCount : 0),
      valueLabels: new Float32Array(buffer, labels, layout.labelKind === 'values' ? labelCount : 0),
      sampleWeights: new Float32Array(buffer, address + layout.sampleWeights, batchSize),
      rowNumbers: new Uint32Array(buffer, address + layout.rowNumbers, batchSize),
    };
  });
}
