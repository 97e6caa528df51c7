import type { RowMatrix } from '../ops/calls.ts';
import { dataColumnsOfDense } from '../plan/layerPlaces.ts';
import { FEATURE_SCALE, type Plan, STEP_STATE, TOTALS } from '../plan/plan.ts';
import { StepState } from './stepState.ts';

/** Rows that are looked at: enough to tell what numbers a table or a picture is made of. */
const MOST_ROWS = 256;

/**
 * Looks at the first batch of a run, once, for how large the features are that a dense layer takes as they are. The thread that
 * ends the step's first phase does it, while the batch is certain to lie in its slot; it may be done again.
 */
export class FeatureScale {
  readonly #inputs: readonly RowMatrix[];
  readonly #features: Float32Array;
  readonly #firstFeature: number;
  readonly #slotNumbers: number;
  readonly #scale: Float64Array;
  readonly #state: StepState;

  private constructor(plan: Plan, buffer: ArrayBufferLike, address: number) {
    const { slots } = plan;
    this.#inputs = dataColumnsOfDense(plan.layers);
    this.#features = new Float32Array(buffer, slots.address, (slots.count * slots.bytes) / 4);
    this.#firstFeature = slots.address + slots.features;
    this.#slotNumbers = slots.bytes / 4;
    this.#scale = new Float64Array(buffer, address, FEATURE_SCALE.count);
    this.#state = new StepState(plan, buffer);
  }

  /** null where no dense layer takes data. */
  static of(plan: Plan, buffer: ArrayBufferLike): FeatureScale | null {
    return plan.featureScale === null ? null : new FeatureScale(plan, buffer, plan.featureScale);
  }

  /** Of a training step; of all but the first it sees nothing. */
  note(sequence: number, slot: number, rows: number): void {
    const before = this.#state.before(sequence);
    if (before[STEP_STATE.train + TOTALS.rows] !== 0 || before[STEP_STATE.updates] !== 0) return;
    const features = this.#features;
    let largest = 0;
    let largestColumn = 0;
    for (const { address, columns, rowBytes } of this.#inputs) {
      const column = (address - this.#firstFeature) / 4;
      const first = slot * this.#slotNumbers + (address - features.byteOffset) / 4;
      for (let row = 0; row < rows && row < MOST_ROWS; row++) {
        const begin = first + (row * rowBytes) / 4;
        for (let i = 0; i < columns; i++) {
          const distance = Math.abs(features[begin + i]);
          if (distance <= largest) continue;
          largest = distance;
          largestColumn = column + i;
        }
      }
    }
    this.#scale[FEATURE_SCALE.value] = largest;
    this.#scale[FEATURE_SCALE.column] = largestColumn;
  }
}

/** What has been seen of the first batch; 0 before. */
export function largestFeature(
  { featureScale }: Plan,
  buffer: ArrayBufferLike,
): { readonly value: number; readonly column: number } {
  if (featureScale === null) return { value: 0, column: 0 };
  const scale = new Float64Array(buffer, featureScale, FEATURE_SCALE.count);
  return { value: scale[FEATURE_SCALE.value], column: scale[FEATURE_SCALE.column] };
}
