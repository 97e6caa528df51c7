import type { ModelState } from './state.ts';

/** What regularizers add to the loss with the weights as they are: sums in float64, parameter by parameter, in order. */
export function penaltyOf({ layout, arena }: ModelState): number {
  let penalty = 0;
  for (const { regularizer, trainable, address, elements } of layout.parameters) {
    if (regularizer === undefined || !trainable) continue;
    let sizes = 0;
    let squares = 0;
    for (const weight of new Float32Array(arena.memory.buffer, address, elements)) {
      sizes += Math.abs(weight);
      squares += weight * weight;
    }
    // As float32, in which the kernel of training has the factors.
    penalty += Math.fround(regularizer.l1) * sizes + Math.fround(regularizer.l2) * squares;
  }
  return penalty;
}
