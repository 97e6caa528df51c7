import type { AnyLossDefinition } from '../model/lossDefinition.ts';
import { LOSS_SUMS } from '../ops/lossSums.ts';
import type { PlannedCustomLoss } from '../plan/plan.ts';
import { type Custom, customFailed, gaveNoNumbers, returnedNoNumber } from './customErrors.ts';
import { areFinite, giveRow, takeRow } from './rowArrays.ts';

/**
 * A user's loss as a kernel: the gradient of the weighted sum, and the three sums of a block of rows in float64, row by row in
 * their order. Arguments as those of losses, with strides, and whether the gradient is wanted.
 */
export function customLossKernel(
  planned: PlannedCustomLoss,
  { loss, gradient }: AnyLossDefinition,
  memory: Float32Array,
): (...values: number[]) => void {
  const { options } = planned;
  const custom = customLoss(planned);
  const sums64 = new Float64Array(memory.buffer, 0, Math.floor(memory.length / 2));
  const output = new Float64Array(planned.outputs);
  const label = new Float64Array(planned.labelWidth);
  const outputGradient = new Float64Array(planned.outputs);
  const lossRow = { options, output, label };
  const gradientRow = { options, output, label, outputGradient };

  /** NaN is the loss's mistake, unless it was given what is not finite. */
  const blame = (error: () => Error): void => {
    if (areFinite(output) && areFinite(label)) throw error();
  };

  // oxfmt-ignore
  return (to, toStride, sums, from, fromStride, labels, weights, rows, start, wantsGradient) => {
    let total = 0;
    let totalWeight = 0;
    let row = 0;
    let member = 'loss';
    try {
      for (; row < rows; row++) {
        takeRow(output, memory, from + row * fromStride);
        takeRow(label, memory, labels + row * label.length * 4);
        const weight = memory[(weights + row * 4) >>> 2];
        member = 'loss';
        const value = loss(lossRow);
        if (typeof value !== 'number' || Number.isNaN(value)) {
          blame(() => returnedNoNumber({ custom, member, row: start + row }, value));
        }
        total += weight * value;
        totalWeight += weight;
        if (wantsGradient === 0) continue;
        member = 'gradient';
        outputGradient.fill(NaN);
        gradient(gradientRow);
        if (!giveRow(outputGradient, memory, to + row * toStride, weight)) {
          const index = outputGradient.findIndex(Number.isNaN);
          blame(() => gaveNoNumbers({ custom, member, row: start + row }, 'outputGradient', index));
        }
      }
    } catch (cause) {
      throw customFailed({ custom, member, row: start + row }, cause);
    }
    const at = sums >>> 3;
    sums64[at + LOSS_SUMS.loss] = total;
    sums64[at + LOSS_SUMS.weight] = totalWeight;
    sums64[at + LOSS_SUMS.correct] = 0;
  };
}

export function customLoss({ name, module }: PlannedCustomLoss): Custom {
  return { kind: 'loss', name, definedAs: name, module };
}
