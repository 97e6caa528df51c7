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
    penalty += regularizer.l1 * sizes + regularizer.l2 * squares;
  }
  return penalty;
}
