import { MOVING_AVERAGE_HYPER } from '@lockstep/kernels';
import type { Plan } from '../plan/plan.ts';

/** Lets the average of a run's weights begin with those that are there. */
export function startAverage({ average }: Plan, buffer: ArrayBufferLike): void {
  if (average === null) return;
  const hyper = new Float32Array(buffer, average.hyper, 2);
  hyper[MOVING_AVERAGE_HYPER.scale] = 1;
  hyper[MOVING_AVERAGE_HYPER.momentum] = average.decay;
  for (const { address, weights, elements } of average.vectors) {
    new Float32Array(buffer, address, elements).set(new Float32Array(buffer, weights, elements));
  }
}

/** Puts the average in the place of the weights, when no step will follow. */
export function takeAverage({ average }: Plan, buffer: ArrayBufferLike): void {
  if (average === null) return;
  for (const { address, weights, elements } of average.vectors) {
    new Float32Array(buffer, weights, elements).set(new Float32Array(buffer, address, elements));
  }
}
